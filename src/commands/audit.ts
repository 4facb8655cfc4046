/** `tollgate audit <command>`: answers from the audit log. */

import { BAD_USAGE, DONE } from "./cli/command.ts";
import { type AuditWorld, QUERY_HELP, runQuery } from "./audit/query.ts";

export const AUDIT_HELP = `Usage: tollgate audit COMMAND

  query     which agents called what, how often, what was denied and why

  tollgate audit query --help   the flags and the exit codes
`;

/** Returns the exit code. */
export async function runAudit(argv: readonly string[], world: AuditWorld): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return print(world, AUDIT_HELP);
  if (name === "query") {
    const isHelp = rest.includes("--help") || rest.includes("-h");
    return isHelp ? print(world, QUERY_HELP) : runQuery(rest, world);
  }
  const problem = name === undefined ? "a command is required: query" : `unknown command \`${name}\``;
  world.stderr.write(`tollgate audit: ${problem}\ntollgate audit: see tollgate audit --help\n`);
  return BAD_USAGE;
}

function print(world: AuditWorld, text: string): number {
  world.stdout.write(text);
  return DONE;
}
