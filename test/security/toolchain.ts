/** The parts in other languages, made once into node_modules/.cache: the Python environment and the Go program. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Toolchain {
  /** The interpreter of an environment that has the pinned packages. */
  readonly python: string;
  /** The built program of `servers/go`. */
  readonly goProgram: string;
}

const SERVERS = resolve(import.meta.dirname, "servers");
const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/security");
/** Debian's own golang package of its stable release may be older than this. */
const OLDEST_GO = [1, 25] as const;

/** @throws Error that says what to install. */
export function prepareToolchain(): Toolchain {
  mkdirSync(CACHE, { recursive: true });
  return { python: preparePython(), goProgram: prepareGo() };
}

function preparePython(): string {
  const requirements = join(SERVERS, "python/requirements.txt");
  const home = join(CACHE, `python-${digestOf([requirements])}`);
  const python = join(home, "bin/python");
  if (existsSync(home)) return python;
  const making = `${home}.making`;
  rmSync(making, { recursive: true, force: true });
  const advice = "install python3 (3.10 or later) with its venv module, such as Debian's python3-venv";
  run("python3", ["-m", "venv", making], advice);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  run(join(making, "bin/python"), pip, "the packages of servers/python/requirements.txt must be reachable");
  renameSync(making, home);
  return python;
}

function prepareGo(): string {
  const folder = join(SERVERS, "go");
  const sources = readdirSync(folder).map((file) => join(folder, file));
  const program = join(CACHE, `go-${digestOf(sources.toSorted())}`);
  if (existsSync(program)) return program;
  const advice = `install Go ${OLDEST_GO.join(".")} or later and put it on PATH`;
  const version = /go(\d+)\.(\d+)/.exec(run("go", ["version"], advice));
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    throw new Error(`go: found ${major}.${minor}; ${advice}`);
  }
  run("go", ["build", "-trimpath", "-o", program, "."], "the modules of go.mod must be reachable", folder);
  return program;
}

function run(program: string, args: readonly string[], advice: string, cwd?: string): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim()}; ${advice}`);
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
