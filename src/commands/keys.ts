/** `tollgate keys create NAME`: a new API key, shown once, with the line of the key file that admits it. */

import { asksForHelp, type CommandIo, EXIT_OK, refuseUsage, writeHelp } from "./cli/command.ts";
import { createKey, parseKeyFile } from "../config/files/key-file.ts";

const COMMAND = "tollgate keys";

export const KEYS_HELP = `Usage: tollgate keys create NAME

Prints a new API key for the agent NAME, and the line for the file of identity.api-keys that admits it.
The key is shown once: Tollgate keeps only its digest. Remove the line from the file to revoke the key.

Examples: tollgate keys create nightly-batch
          tollgate keys create "release bot"
Exit codes: 0 done, 64 bad usage.
`;

/** Returns the exit code. */
export function runKeys(argv: readonly string[], io: CommandIo): number {
  const [command, name, ...others] = argv;
  if (asksForHelp(argv)) return writeHelp(io, KEYS_HELP);
  if (command !== "create" || name === undefined || others.length > 0)
    return refuseUsage(io, COMMAND, ["must be called as tollgate keys create NAME"]);
  const { key, line } = createKey(name);
  const checked = parseKeyFile("NAME", Buffer.from(line));
  if (!checked.ok) return refuseUsage(io, COMMAND, checked.problems);
  io.stdout.write(`key   ${key}\nline  ${line}\n`);
  return EXIT_OK;
}
