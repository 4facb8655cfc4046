/** `tollgate freeze` and `tollgate unfreeze`: the kill switch, for everything, one agent, one tool, or both. */

import { EXIT_OK, readArguments, refuseUsage, writeHelp, writeLines } from "../cli/command.ts";
import {
  ADMIN_FLAGS,
  requestAdmin,
  operatorName,
  type ControlCommandIo,
  reportAdminFailure,
} from "./admin-client.ts";

export const FREEZE_HELP = `Usage: tollgate freeze [--agent NAME] [--tool NAME] [flags]
       tollgate unfreeze [--agent NAME] [--tool NAME] [flags]

Stops calls at once: all of them, one agent's, one tool's, or one agent's of one tool. The denial tells the agent.

  --agent NAME       only this agent's calls
  --tool NAME        only calls of this tool
  --minutes N        for so many minutes (until tollgate unfreeze)
  --reason TEXT      why; the agent reads it, and the audit log keeps it
  --by NAME          your name for the audit log (the user name)
  --admin HOST:PORT  the sidecar's admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE    the authority of its certificate; --admin-cert and --admin-key: your own

The admin token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Exit codes: 0 done, 1 refused, 64 bad usage, 69 no sidecar answers.
`;

const FLAGS = {
  ...ADMIN_FLAGS,
  agent: { type: "string" },
  tool: { type: "string" },
  minutes: { type: "string" },
} as const;

/** Returns the exit code. */
export async function runFreeze(
  action: "freeze" | "unfreeze",
  argv: readonly string[],
  io: ControlCommandIo,
): Promise<number> {
  const refuse = (problem: string): number => refuseUsage(io, `tollgate ${action}`, [problem]);
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuse(read.problem);
  const { by, help, minutes, agent, tool, reason, ...flags } = read.values;
  const rest = { agent, tool, reason };
  if (help === true) return writeHelp(io, FREEZE_HELP);
  const [extra] = read.positionals;
  if (extra !== undefined) return refuse(`unexpected \`${extra}\`; name it with --agent or --tool`);
  if (minutes !== undefined && action === "unfreeze") return refuse("--minutes: is for freeze");
  if (minutes !== undefined && !(Number(minutes) > 0))
    return refuse(`--minutes: must be a number above 0, got "${minutes}"`);
  const body = { ...rest, by: operatorName(by), ...(minutes !== undefined && { minutes: Number(minutes) }) };
  const response = await requestAdmin({ flags, method: "POST", path: `/${action}`, body }, io);
  if (!response.ok) return reportAdminFailure(io, response);
  const calls = frozenCalls(rest);
  writeLines(io, [action === "freeze" ? `frozen: ${calls}` : `no longer frozen: ${calls}`]);
  return EXIT_OK;
}

function frozenCalls({ agent, tool }: { agent?: string | undefined; tool?: string | undefined }): string {
  if (agent === undefined && tool === undefined) return "every call";
  const whose = agent === undefined ? "every agent's calls" : `${agent}'s calls`;
  return tool === undefined ? whose : `${whose} of ${tool}`;
}
