/** The Python environment of the stdio suites: real servers and the official client, by hash, made once into node_modules/.cache. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const CACHE = resolve(import.meta.dirname, "../../../node_modules/.cache/stdio");

const HOME = join(CACHE, `python-${digestOf(REQUIREMENTS)}`);
/** Written last, so that an interrupted installation is done again. */
const COMPLETE = join(HOME, "complete");

/** The path of `python` or of a server. @throws Error that says how to make the environment. */
export function pythonProgram(name: string): string {
  if (existsSync(COMPLETE)) return join(HOME, "bin", name);
  throw new Error(`${name}: is not installed; run node scripts/install-stdio-servers.ts`);
}

/** Makes the environment where it is missing, and returns its folder. @throws Error that says what to install. */
export function installPython(): string {
  if (existsSync(COMPLETE)) return HOME;
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  run(
    "python3",
    ["-m", "venv", HOME],
    "run npm run setup:system (Debian: python3-venv); Python must be 3.11 or later",
  );
  // Security: pip refuses a package whose hash is not the listed one, and builds none from source.
  const pip = ["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS];
  run(join(HOME, "bin/python"), [...pip, "--quiet", "--disable-pip-version-check"], "PyPI must be reachable");
  writeFileSync(COMPLETE, "");
  return HOME;
}

function run(program: string, args: readonly string[], advice: string): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return;
  const said = error?.message ?? `${stdout}${stderr}`.trim();
  throw new Error(`${program} ${args.slice(0, 3).join(" ")}: ${said}; ${advice}`);
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
}
