/** `tollgate audit <command>`: queries over the audit log, and the check of its chain. */

import { asksForHelp, refuseUsage, unknownCommandProblem, writeHelp } from "./cli/command.ts";
import { runVerify, VERIFY_HELP } from "./audit/verify.ts";
import { type AuditCommandIo, QUERY_HELP, runQuery } from "./audit/query.ts";

export const AUDIT_HELP = `Usage: tollgate audit COMMAND

  query     which agents called what, how often, what was denied and why
  verify    whether a log with a chain of digests is whole

  tollgate audit query --help   the flags and the exit codes
`;

/** Returns the exit code. */
export async function runAudit(argv: readonly string[], io: AuditCommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return writeHelp(io, AUDIT_HELP);
  if (name === "query") return asksForHelp(rest) ? writeHelp(io, QUERY_HELP) : runQuery(rest, io);
  if (name === "verify") return asksForHelp(rest) ? writeHelp(io, VERIFY_HELP) : runVerify(rest, io);
  const problem =
    name === undefined
      ? "a command is required: query or verify"
      : unknownCommandProblem(name, ["query", "verify"]);
  return refuseUsage(io, "tollgate audit", [problem]);
}
