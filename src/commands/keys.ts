/** `tollgate keys create NAME`: a new API key, shown once, with the line of the key file that admits it. */

import type { Writable } from "node:stream";
import { createKey, parseKeyFile } from "../config/files/key-file.ts";

const DONE = 0;
const BAD_USAGE = 64;

const KEYS_HELP = `Usage: tollgate keys create NAME

Prints a new API key for the agent NAME, and the line for the file of identity.api-keys that admits it.
The key is shown once: Tollgate keeps only its digest. Take the line out of the file to take the key back.

Exit codes: 0 done, 64 bad usage.
`;

interface KeysWorld {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Returns the exit code. */
export function runKeys(argv: readonly string[], { stdout, stderr }: KeysWorld): number {
  const [command, name, ...others] = argv;
  if (argv.includes("--help") || argv.includes("-h")) {
    stdout.write(KEYS_HELP);
    return DONE;
  }
  if (command !== "create" || name === undefined || others.length > 0) {
    stderr.write("tollgate keys: must be called as tollgate keys create NAME\n");
    return BAD_USAGE;
  }
  const { key, line } = createKey(name);
  const checked = parseKeyFile("NAME", Buffer.from(line));
  if (!checked.ok) {
    for (const problem of checked.problems) stderr.write(`tollgate keys: ${problem}\n`);
    return BAD_USAGE;
  }
  stdout.write(`key   ${key}\nline  ${line}\n`);
  return DONE;
}
