/** `tollgate install FOLDER`: copies the self-contained executable, for images without a shell. */

import { existsSync } from "node:fs";
import { chmod, copyFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSea } from "node:sea";
import {
  asksForHelp,
  type CommandIo,
  EXIT_OK,
  failWith,
  refuseUsage,
  writeHelp,
  writeLines,
} from "./cli/command.ts";

export const INSTALL_HELP = `Usage: tollgate install FOLDER

Copies this executable, and the library beside it, to FOLDER/tollgate. An init container does so into a shared volume,
for a container that has no Node.

Examples: tollgate install /shared
          tollgate install /opt/tools && /opt/tools/tollgate --version
Exit codes: 0 done, 1 FOLDER cannot be written, 64 bad usage.
`;

const COMMAND = "tollgate install";

/** Missing in slim images; the executable also loads it from its own folder. */
const LIBRARY = "libatomic.so.1";

/** Returns the exit code. `executable` is absent when Node runs the program from its sources or its bundle. */
export async function runInstall(
  argv: readonly string[],
  io: CommandIo,
  executable = isSea() ? process.execPath : undefined,
): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, INSTALL_HELP);
  const [folder, ...others] = argv;
  if (folder === undefined || others.length > 0)
    return refuseUsage(io, COMMAND, ["must be called as tollgate install FOLDER"]);
  if (executable === undefined)
    return refuseUsage(io, COMMAND, [
      "only the self-contained executable can: make it with npm run build:executable",
    ]);
  try {
    const library = join(dirname(executable), LIBRARY);
    if (existsSync(library)) await copyAtomically(library, join(folder, LIBRARY));
    await copyAtomically(executable, join(folder, "tollgate"));
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return failWith(io, [`${folder}: cannot be written: ${because}`]);
  }
  writeLines(io, [`installed ${join(folder, "tollgate")}`]);
  return EXIT_OK;
}

/** Copies by way of a temporary file, so that no process starts half a file. */
async function copyAtomically(from: string, to: string): Promise<void> {
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
