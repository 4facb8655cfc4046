/** The parts in other languages: Python environments, and programs of Go, Rust and Java. */

import { join } from "node:path";
import { goProgram, javaClassPath, pythonWith, rustProgram } from "../toolchains/languages.ts";

/** Each part is made when it is first asked for. */
export interface Toolchain {
  /** The interpreter of an environment that has the official Python SDK. */
  readonly python: string;
  /** The interpreter of an environment that has FastMCP. */
  readonly fastmcp: string;
  /** The built program of `servers/go`. */
  readonly goProgram: string;
  /** The built program of `servers/rust`. */
  readonly rustProgram: string;
  /** The class path of `servers/java`. */
  readonly javaClasses: string;
}

const SERVERS = join(import.meta.dirname, "servers");

/** @throws Error that says what to install, from the part that cannot be made. */
export function prepareToolchain(): Toolchain {
  return {
    get python() {
      return pythonWith(join(SERVERS, "python/requirements.txt"));
    },
    get fastmcp() {
      return pythonWith(join(SERVERS, "python/requirements-fastmcp.txt"));
    },
    get goProgram() {
      return goProgram(join(SERVERS, "go"));
    },
    get rustProgram() {
      return rustProgram(join(SERVERS, "rust"), "executing");
    },
    get javaClasses() {
      return javaClassPath(join(SERVERS, "java"));
    },
  };
}
