/** Builds `dist-executable/tollgate`: the program and the Node that it runs on in one file, for machines and images without Node. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { licences } from "./executable/licences.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "dist-executable");
const EXECUTABLE = join(FOLDER, "tollgate");
const MIB = 1024 * 1024;

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
const main = join(FOLDER, "tollgate.mjs");
const { packages } = await bundle(main);
const node = join(FOLDER, "node");
copyFileSync(process.execPath, node);
say(`${sizeOf(main)} program with ${packages.length} packages`);
say(`${sizeOf(node)} Node ${process.version}`);
if (strip(node)) say(`${sizeOf(node)} without its symbols`);
buildExecutable();
writeFileSync(join(FOLDER, "LICENSES.txt"), licences(packages));
for (const part of [main, node, join(FOLDER, "sea.json")]) rmSync(part);
say(`${sizeOf(EXECUTABLE)} dist-executable/tollgate`);

/** Symbols are for debuggers: a quarter of its size. Binutils are not everywhere, and not needed. */
function strip(file: string): boolean {
  const { status, error } = spawnSync("strip", [file], { stdio: "inherit" });
  if (error !== undefined) say("strip is not installed: the executable keeps Node's symbols, 30 MiB of them");
  return status === 0;
}

function buildExecutable(): void {
  const config = {
    main,
    mainFormat: "module",
    executable: node,
    output: EXECUTABLE,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  };
  const file = join(FOLDER, "sea.json");
  writeFileSync(file, JSON.stringify(config));
  const { status } = spawnSync(process.execPath, ["--build-sea", file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`node --build-sea ${file}: ended with ${status}`);
}

function sizeOf(file: string): string {
  return `${(statSync(file).size / MIB).toFixed(1).padStart(6)} MiB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
