/** Environments and programs of Python, Go, Rust, Java and npm at pinned versions. Each function throws an Error that says what to install. */

import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { CACHE, filesIn, madeOnce, run } from "./made-once.ts";

/** For a build that names no version of its own. */
const OLDEST_GO = [1, 26];
/** By the crates that the Cargo.lock files list. */
const OLDEST_RUST = "1.88";

/** The interpreter of an environment with the packages of that file. */
export function pythonWith(requirements: string): string {
  return join(pythonEnvironment(requirements), "bin/python");
}

function pythonEnvironment(requirements: string): string {
  const name = basename(requirements, ".txt").replace(/^requirements/, "python");
  return madeOnce(name, [requirements], (folder) => {
    const advice = "install python3 (3.11 or later) with its venv module: npm run setup:system";
    run("python3", ["-m", "venv", folder], { advice });
    // Security: pip builds no package from source, and refuses one whose hash is not among those of a file that lists hashes.
    const pip = ["-m", "pip", "install", "--only-binary", ":all:", "-r", requirements];
    run(join(folder, "bin/python"), [...pip, "--quiet", "--disable-pip-version-check"], {
      advice: "PyPI must be reachable",
    });
  });
}

/** The program of a Go module, or of one of the packages that its go.mod requires; `flags` are further ones of `go build`. */
export function goProgram(sources: string, from = ".", flags: readonly string[] = []): string {
  const folder = madeOnce("go", filesIn(sources), (made) => {
    const advice = "the modules of go.mod must be reachable, or install Go of the version in go.mod or later";
    const go = goCommand(oldestGoFor(join(sources, "go.mod")));
    const args = ["build", "-trimpath", ...flags, "-o", join(made, "program"), from];
    run(go, args, { advice, cwd: sources });
  });
  return join(folder, "program");
}

/** The machine's own Go where it is new enough, else one from PyPI: the golang package of Debian's stable release may be older. */
export function goCommand([major, minor]: readonly number[] = OLDEST_GO): string {
  const { stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  const [ownMajor, ownMinor] =
    /go(\d+)\.(\d+)/
      .exec(stdout ?? "")
      ?.slice(1)
      .map(Number) ?? [];
  const isNewEnough = ownMajor === major && (ownMinor ?? 0) >= (minor ?? 0);
  return isNewEnough
    ? "go"
    : join(pythonEnvironment(join(import.meta.dirname, "requirements-go.txt")), "bin/go");
}

function oldestGoFor(goMod: string): readonly number[] | undefined {
  return /^go (\d+)\.(\d+)/m.exec(readFileSync(goMod, "utf8"))?.slice(1).map(Number);
}

/** The program of a crate. A build from nothing takes some minutes; crates that were built for another program are used again. */
export function rustProgram(sources: string, binary: string): string {
  const folder = madeOnce(`rust-${binary}`, filesIn(sources), (made) => {
    const advice = `the crates of Cargo.lock must be reachable, by Rust ${OLDEST_RUST} or later, such as rustup installs`;
    const target = join(CACHE, "rust-target");
    run("cargo", ["build", "--release", "--locked", "--target-dir", target], { advice, cwd: sources });
    copyFileSync(join(target, "release", binary), join(made, "program"));
  });
  return join(folder, "program");
}

/** The class path of a Maven project whose pom.xml builds into `build.target` and copies its dependencies there. */
export function javaClassPath(sources: string): string {
  const folder = madeOnce("java", filesIn(sources), (made) => {
    const advice =
      "install Maven and a JDK of Java 17 or later: npm run setup:system -- zoo; Maven Central must be reachable";
    run("mvn", ["--quiet", "--batch-mode", `-Dbuild.target=${made}`, "compile"], { advice, cwd: sources });
  });
  return [join(folder, "classes"), join(folder, "dependency/*")].join(delimiter);
}

/** A folder with the packages of package-lock.json in `node_modules`. */
export function npmPackages(manifests: string): string {
  const files = ["package.json", "package-lock.json"].map((file) => join(manifests, file));
  return madeOnce("npm", files, (folder) => {
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
    // Security: no package runs a script of its own.
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      advice: "the npm registry must be reachable",
      cwd: folder,
    });
  });
}
