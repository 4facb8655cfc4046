/** The programs of the zoo in other languages, and its packages. Each part is made at its first use. */

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { goProgram, javaClassPath, npmPackages, pythonWith, rustProgram } from "../toolchains/languages.ts";
import type { Command } from "./programs.ts";

const HERE = import.meta.dirname;

/** The functions that make the parts and return where they are. */
const PARTS = {
  "python-sdk-v1": () => pythonWith(join(HERE, "python/requirements-sdk-v1.txt")),
  "python-fastmcp": () => pythonWith(join(HERE, "python/requirements-fastmcp.txt")),
  go: () => goProgram(join(HERE, "go")),
  rust: () => rustProgram(join(HERE, "rust"), "zoo"),
  java: () => javaClassPath(join(HERE, "java")),
  npm: () => npmPackages(join(HERE, "npm")),
};

export type Part = keyof typeof PARTS;

const inTheMaking = new Map<Part, Promise<void>>();

/** Makes the part in a thread of its own, since each waits for programs. @throws Error that says what to install. */
export function partMade(part: Part): Promise<void> {
  const known = inTheMaking.get(part);
  if (known !== undefined) return known;
  const made = new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL("make-part.ts", import.meta.url), { workerData: part });
    worker.once("error", reject).once("exit", () => resolve());
  });
  inTheMaking.set(part, made);
  return made;
}

export function makePart(part: Part): string {
  return PARTS[part]();
}

/** A program of `python`. */
export function pythonCommand(part: Part, program: string, ...args: readonly string[]): Command {
  return { words: [makePart(part), join(HERE, "python", program), ...args] };
}

export function goCommand(...args: readonly string[]): Command {
  return { words: [makePart("go"), ...args] };
}

export function rustCommand(...args: readonly string[]): Command {
  return { words: [makePart("rust"), ...args] };
}

export function javaCommand(...args: readonly string[]): Command {
  // A program of the zoo lives for seconds: it starts sooner without the second compiler.
  const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", makePart("java")];
  return { words: [...java, "zoo.Main", ...args] };
}

/** A program of `typescript`. */
export function nodeCommand(program: string): Command {
  return { words: [process.execPath, join(HERE, "typescript", program)] };
}

/** A program of `typescript` that uses the packages of `npm`. */
export function packagesCommand(program: string): Command {
  return { ...nodeCommand(program), environment: { ZOO_PACKAGES: makePart("npm") } };
}
