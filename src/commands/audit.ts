/** `tollgate audit <command>`: queries over the audit log. */

import { asksForHelp, refuseUsage, writeHelp } from "./cli/command.ts";
import { type AuditCommandIo, QUERY_HELP, runQuery } from "./audit/query.ts";

export const AUDIT_HELP = `Usage: tollgate audit COMMAND

  query     which agents called what, how often, what was denied and why

  tollgate audit query --help   the flags and the exit codes
`;

/** Returns the exit code. */
export async function runAudit(argv: readonly string[], io: AuditCommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return writeHelp(io, AUDIT_HELP);
  if (name === "query") return asksForHelp(rest) ? writeHelp(io, QUERY_HELP) : runQuery(rest, io);
  const problem = name === undefined ? "a command is required: query" : `unknown command \`${name}\``;
  return refuseUsage(io, "tollgate audit", [problem]);
}
