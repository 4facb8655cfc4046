/** The servers of the zoo, in the order of the page. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EVERYTHING_PLAN, type Step, ZOO_PLAN } from "./plan.ts";
import type { Command } from "./programs.ts";
import { goProgram, javaWords, pythonWith } from "./toolchains.ts";

export interface ZooServer {
  readonly name: string;
  /** The library and its version, as pinned. */
  readonly library: string;
  readonly plan: readonly Step[];
  readonly stdio: () => Command;
  readonly http: (port: number) => Command;
  /** Absent where the library no longer offers HTTP+SSE. */
  readonly sse?: (port: number) => Command;
}

const HERE = import.meta.dirname;
const EVERYTHING = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);

export const SERVERS: readonly ZooServer[] = [
  {
    name: "server-everything",
    library: "@modelcontextprotocol/server-everything 2026.8.31",
    plan: EVERYTHING_PLAN,
    stdio: () => everything("stdio"),
    http: (port) => everything("streamableHttp", port),
    sse: (port) => everything("sse", port),
  },
  {
    name: "fastmcp",
    library: "fastmcp 4.2.3",
    plan: ZOO_PLAN,
    stdio: () => fastmcp("stdio"),
    http: (port) => fastmcp("http", String(port)),
    sse: (port) => fastmcp("sse", String(port)),
  },
  {
    name: "Go SDK",
    library: "github.com/modelcontextprotocol/go-sdk v1.8.0",
    plan: ZOO_PLAN,
    stdio: () => ({ words: [goProgram(), "server", "stdio"] }),
    http: (port) => ({ words: [goProgram(), "server", "http", String(port)] }),
    sse: (port) => ({ words: [goProgram(), "server", "sse", String(port)] }),
  },
  {
    name: "Java SDK",
    library: "io.modelcontextprotocol.sdk:mcp 2.1.0",
    plan: ZOO_PLAN,
    stdio: () => ({ words: [...javaWords(), "server", "stdio"] }),
    http: (port) => ({ words: [...javaWords(), "server", "http", String(port)] }),
    sse: (port) => ({ words: [...javaWords(), "server", "sse", String(port)] }),
  },
];

function everything(transport: string, port?: number): Command {
  const words = [process.execPath, EVERYTHING, transport];
  return port === undefined ? { words } : { words, environment: { PORT: String(port) } };
}

function fastmcp(...args: readonly string[]): Command {
  return { words: [pythonWith("fastmcp"), join(HERE, "python/server.py"), ...args] };
}
