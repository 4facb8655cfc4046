/** Libraries in other languages, installed and built once into node_modules/.cache/zoo, at the pinned versions. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const HERE = import.meta.dirname;
export const CACHE = resolve(HERE, "../../node_modules/.cache/zoo");
/** Written last, so that an interrupted installation is done again. */
const COMPLETE = "complete";

/** The interpreter of an environment with the packages of `requirements-NAME.txt`. @throws Error that says what to install. */
export function pythonWith(name: string): string {
  return join(pythonEnvironment(name), "bin/python");
}

function pythonEnvironment(name: string): string {
  const requirements = join(HERE, "python", `requirements-${name}.txt`);
  return madeOnce(`python-${name}`, [requirements], (folder) => {
    const advice = "install python3 (3.11 or later) with its venv module: npm run setup:system";
    run("python3", ["-m", "venv", folder], { advice });
    // Security: pip refuses a package whose hash is not the listed one, and builds none from source.
    const pip = ["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", requirements];
    run(join(folder, "bin/python"), [...pip, "--quiet", "--disable-pip-version-check"], {
      advice: "PyPI must be reachable",
    });
  });
}

/** The program of `go`. @throws Error that says what to install. */
export function goProgram(): string {
  const sources = join(HERE, "go");
  const home = madeOnce("go", filesIn(sources), (folder) => {
    const advice = `the modules of go.mod must be reachable, or install Go ${OLDEST_GO.join(".")} or later`;
    run(goCommand(), ["build", "-trimpath", "-o", join(folder, "zoo"), "."], { advice, cwd: sources });
  });
  return join(home, "zoo");
}

/** The command line of the programs of `java`. @throws Error that says what to install. */
export function javaWords(): readonly string[] {
  const sources = join(HERE, "java");
  const home = madeOnce("java", filesIn(sources), (folder) => {
    const advice =
      "install a JDK (17 or later) and Maven: npm run setup:system -- zoo; Maven Central must be reachable";
    const target = [`-Dzoo.target=${folder}`, `-DoutputDirectory=${join(folder, "lib")}`];
    run("mvn", ["-q", "-B", "compile", "dependency:copy-dependencies", ...target], { advice, cwd: sources });
  });
  // A program of the zoo lives for seconds: it starts sooner without the second compiler.
  return [
    "java",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-cp",
    `${home}/classes:${home}/lib/*`,
    "zoo.Main",
  ];
}

/** The version that go.mod requires; the golang package of Debian's stable release may be older. */
const OLDEST_GO = [1, 25] as const;

/** The machine's own Go where it is new enough, else one from PyPI. */
function goCommand(): string {
  const { stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  const version = /go(\d+)\.(\d+)/.exec(stdout ?? "");
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  const isNewEnough = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return isNewEnough ? "go" : join(pythonEnvironment("go"), "bin/go");
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Makes a folder of the cache where it is missing. It is made again when one of the files has changed. */
function madeOnce(name: string, files: readonly string[], make: (folder: string) => void): string {
  const folder = join(CACHE, `${name}-${digestOf(files)}`);
  if (existsSync(join(folder, COMPLETE))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`zoo: installs ${name}`);
  make(folder);
  writeFileSync(join(folder, COMPLETE), "");
  return folder;
}

interface RunOptions {
  /** Tells the reader how to fix a failure. */
  readonly advice: string;
  readonly cwd?: string;
}

function run(program: string, args: readonly string[], { advice, cwd }: RunOptions): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return;
  const said = error?.message ?? `${stdout}${stderr}`.trim().slice(-2000);
  throw new Error(`${program} ${args.slice(0, 3).join(" ")}: ${said}; ${advice}`);
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
