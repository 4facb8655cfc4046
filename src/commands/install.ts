/** `tollgate install FILE`: the self-contained executable puts a copy of itself somewhere, from an image that has no shell to do so. */

import { existsSync } from "node:fs";
import { chmod, copyFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSea } from "node:sea";
import { BAD_USAGE, DONE, fail, type PolicyWorld, say, WRONG } from "./cli/command.ts";

export const INSTALL_HELP = `Usage: tollgate install FOLDER

Copies this executable, and the library beside it, into FOLDER as FOLDER/tollgate, for a container that brings no Node:
an init container does so into a volume that both see.

Exit codes: 0 done, 1 it cannot be written, 64 bad usage.
`;

/** Slim images lack it; the executable looks for it beside itself. */
const LIBRARY = "libatomic.so.1";

/** Returns the exit code; `executable` is absent when the program runs on a Node of its own. */
export async function runInstall(
  argv: readonly string[],
  world: PolicyWorld,
  executable = isSea() ? process.execPath : undefined,
): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    world.stdout.write(INSTALL_HELP);
    return DONE;
  }
  const [folder, ...others] = argv;
  if (folder === undefined || others.length > 0)
    return refuse(world, "must be called as tollgate install FOLDER");
  if (executable === undefined)
    return refuse(world, "only the self-contained executable can: make it with npm run build:executable");
  try {
    const library = join(dirname(executable), LIBRARY);
    if (existsSync(library)) await copyWhole(library, join(folder, LIBRARY));
    await copyWhole(executable, join(folder, "tollgate"));
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return fail(world, [`${folder}: cannot be written: ${because}`], WRONG);
  }
  say(world, [`installed ${join(folder, "tollgate")}`]);
  return DONE;
}

/** Whoever starts it sees the whole file or none. */
async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  try {
    await copyFile(from, part);
    await chmod(part, 0o755);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function refuse({ stderr }: PolicyWorld, problem: string): number {
  stderr.write(`tollgate install: ${problem}\n`);
  return BAD_USAGE;
}
