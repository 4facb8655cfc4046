/** `tollgate install FILE`: the self-contained executable puts a copy of itself somewhere, from an image that has no shell to do so. */

import { chmod, copyFile, rename, rm } from "node:fs/promises";
import { isSea } from "node:sea";
import { BAD_USAGE, DONE, fail, type PolicyWorld, say, WRONG } from "./policy/command.ts";

export const INSTALL_HELP = `Usage: tollgate install FILE

Copies this executable to FILE, for a container that brings no Node: an init container runs it into a shared volume.

Exit codes: 0 done, 1 it cannot be written, 64 bad usage.
`;

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
  const [file, ...others] = argv;
  if (file === undefined || others.length > 0)
    return refuse(world, "must be called as tollgate install FILE");
  if (executable === undefined)
    return refuse(world, "only the self-contained executable can: make it with npm run build:executable");
  return copyWhole(executable, file, world);
}

/** Whoever starts it sees the whole file or none. */
async function copyWhole(from: string, to: string, world: PolicyWorld): Promise<number> {
  const part = `${to}.part`;
  try {
    await copyFile(from, part);
    await chmod(part, 0o755);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const because = error instanceof Error ? error.message : String(error);
    return fail(world, [`${to}: cannot be written: ${because}`], WRONG);
  }
  say(world, [`installed ${to}`]);
  return DONE;
}

function refuse({ stderr }: PolicyWorld, problem: string): number {
  stderr.write(`tollgate install: ${problem}\n`);
  return BAD_USAGE;
}
