/** Builds `dist-executable/tollgate`: the program and its Node in one file, for machines and images without Node. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleModule } from "./bundle.ts";
import { renderLicences } from "./executable/licences.ts";

const ROOT = join(import.meta.dirname, "..");
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "dist-executable") },
    /** The binary of a Node of this version for another platform; absent: the Node that runs. */
    node: { type: "string" },
  },
});
const FOLDER = resolve(values.out);
const EXECUTABLE = join(FOLDER, "tollgate");
const isOwnPlatform = values.node === undefined;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const main = join(FOLDER, "tollgate.mjs");
const { packages } = await bundleModule(main);
const node = join(FOLDER, "node");
copyFileSync(values.node ?? process.execPath, node);
print(`${sizeOf(main)} program with ${packages.length} packages`);
print(`${sizeOf(node)} Node ${process.version}`);
const isLinux = process.platform === "linux";
if (isLinux) strip();
buildExecutable();
if (isLinux && isOwnPlatform) copyLibrary();
writeFileSync(join(FOLDER, "LICENSES.txt"), renderLicences(packages));
for (const part of [main, node, join(FOLDER, "sea.json")]) rmSync(part);
print(`${sizeOf(EXECUTABLE)} ${relative(process.cwd(), EXECUTABLE)}`);

/** Removes the symbols; a binary of another platform keeps them where no tool for it is installed. */
function strip(): void {
  if (isOwnPlatform) run("strip", [node], "binutils");
  else if (spawnSync("llvm-strip", [node]).status !== 0) return;
  print(`${sizeOf(node)} without its symbols, which are for debuggers`);
}

/** Copies the one library that slim images lack; the executable looks for it in its own folder. */
function copyLibrary(): void {
  const [, library] = /libatomic\.so\.1 => (\S+)/.exec(run("ldd", [EXECUTABLE], "libc-bin")) ?? [];
  if (library === undefined) return;
  copyFileSync(library, join(FOLDER, "libatomic.so.1"));
  // Runs last: embedding the program breaks an ELF file that patchelf has changed.
  run("patchelf", ["--set-rpath", "$ORIGIN", EXECUTABLE], "patchelf");
}

/** Returns the output of a program. @throws when it fails or is missing; the message names `debianPackage` */
function run(program: string, args: readonly string[], debianPackage: string): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined)
    throw new Error(`${program} is missing: run npm run setup:system (Debian: ${debianPackage})`);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ended with ${status}: ${stderr}`);
  return stdout;
}

function buildExecutable(): void {
  const config = {
    main,
    mainFormat: "module",
    executable: node,
    output: EXECUTABLE,
    disableExperimentalSEAWarning: true,
    // Code that is compiled for one platform is refused by the next.
    useCodeCache: isOwnPlatform,
  };
  const file = join(FOLDER, "sea.json");
  writeFileSync(file, JSON.stringify(config));
  run(process.execPath, ["--build-sea", file], "nodejs");
}

function sizeOf(file: string): string {
  return `${(statSync(file).size / MIB).toFixed(1).padStart(6)} MiB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
