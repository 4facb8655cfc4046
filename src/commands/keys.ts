/** `tollgate keys create NAME`: a new API key, shown once, with the line of the key file that admits it. */

import {
  asksForHelp,
  type CommandIo,
  EXIT_OK,
  FORMAT_FLAG,
  formatProblem,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
} from "./cli/command.ts";
import { createKey, parseKeyFile } from "../config/files/key-file.ts";

const COMMAND = "tollgate keys";

export const KEYS_HELP = `Usage: tollgate keys create NAME [--format text|json]

Prints a new API key for the agent NAME, and the line for the file of identity.api-keys that admits it.
The key is shown once: Tollgate keeps only its digest. Remove the line from the file to revoke the key.

  --format text|json  (text)

Examples: tollgate keys create nightly-batch
          tollgate keys create "release bot"
Exit codes: 0 done, 64 bad usage.
`;

const FLAGS = { format: FORMAT_FLAG } as const;

/** Returns the exit code. */
export function runKeys(argv: readonly string[], io: CommandIo): number {
  if (asksForHelp(argv)) return writeHelp(io, KEYS_HELP);
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { format } = read.values;
  const [command, name, ...others] = read.positionals;
  if (command !== "create" || name === undefined || others.length > 0)
    return refuseUsage(io, COMMAND, ["must be called as tollgate keys create NAME"]);
  const problems = formatProblem(format);
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const { key, line } = createKey(name);
  const checked = parseKeyFile("NAME", Buffer.from(line));
  if (!checked.ok) return refuseUsage(io, COMMAND, checked.problems);
  if (format === "json") writeJson(io, { agent: name, key, line });
  else io.stdout.write(`key   ${key}\nline  ${line}\n`);
  return EXIT_OK;
}
