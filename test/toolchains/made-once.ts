/** Programs and environments of tests in other languages, made at their first use and kept in node_modules/.cache/toolchains. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/toolchains");
/** Written last, so that what was interrupted is made again. */
const COMPLETE = "complete";

/** Makes a folder of the cache where it is missing. It is made again when the content of one of the files has changed. */
export function madeOnce(name: string, files: readonly string[], make: (folder: string) => void): string {
  // A Python environment contains its own path, so that a folder cannot be made elsewhere and moved here.
  const folder = join(CACHE, `${name}-${digestOf(files)}`);
  if (existsSync(join(folder, COMPLETE))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`makes ${name}`);
  make(folder);
  writeFileSync(join(folder, COMPLETE), "");
  return folder;
}

/** The files in a folder, save what a build may have left in `target`. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(folder, "target/")))
    .toSorted();
}

interface RunOptions {
  /** Tells the reader how to fix a failure. */
  readonly advice: string;
  readonly cwd?: string;
}

/** Runs a program to its end. @throws Error with what it wrote, and the advice, when it fails. */
export function run(program: string, args: readonly string[], { advice, cwd }: RunOptions): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return;
  // Maven writes its errors to stdout.
  const said = error?.message ?? `${stdout}${stderr}`.trim().slice(-2000);
  throw new Error(`${program} ${args.slice(0, 3).join(" ")}: ${said}; ${advice}`);
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
