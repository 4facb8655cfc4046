/** `tollgate audit <command>`: queries over the audit log, and the check of its chain. */

import { asksForHelp, refuseUsage, unknownCommandProblem, writeHelp } from "./cli/command.ts";
import { runVerify, VERIFY_HELP } from "./audit/verify.ts";
import { type AuditCommandIo, QUERY_HELP, runQuery } from "./audit/query.ts";

export const AUDIT_COMMANDS = [
  { name: "query", help: QUERY_HELP, run: runQuery },
  { name: "verify", help: VERIFY_HELP, run: runVerify },
] as const;

export const AUDIT_HELP = `Usage: tollgate audit COMMAND

  query     which agents called what, how often, what was denied and why
  verify    whether a log with a chain of digests is whole

  tollgate audit query --help   the flags and the exit codes
`;

/** Returns the exit code. */
export async function runAudit(argv: readonly string[], io: AuditCommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return writeHelp(io, AUDIT_HELP);
  const command = AUDIT_COMMANDS.find((known) => known.name === name);
  if (command !== undefined) return asksForHelp(rest) ? writeHelp(io, command.help) : command.run(rest, io);
  const names = AUDIT_COMMANDS.map((known) => known.name);
  const problem =
    name === undefined ? "a command is required: query or verify" : unknownCommandProblem(name, names);
  return refuseUsage(io, "tollgate audit", [problem]);
}
