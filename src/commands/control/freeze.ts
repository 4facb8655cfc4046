/** `tollgate freeze` and `tollgate unfreeze`: the kill switch, for everything, one agent, one tool, or both. */

import { BAD_USAGE, DONE, readArguments, say } from "../cli/command.ts";
import { ADMIN_FLAGS, askAdmin, askedBy, type ControlWorld, failed } from "./admin-client.ts";

export const FREEZE_HELP = `Usage: tollgate freeze [--agent NAME] [--tool NAME] [flags]
       tollgate unfreeze [--agent NAME] [--tool NAME] [flags]

Stops calls at once: all of them, one agent's, one tool's, or one agent's of one tool. Agents are told so.

  --agent NAME     only this agent's calls
  --tool NAME      only calls of this tool
  --minutes N      until then (until it is lifted)
  --reason TEXT    why; the agent reads it, and the audit log keeps it
  --by NAME        who does it, for the audit log (the name of this user)
  --admin URL      the sidecar's admin listener (http://127.0.0.1:9464)

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
  world: ControlWorld,
): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuse(world, action, read.problem);
  const { admin, by, help, minutes, ...rest } = read.values;
  if (help === true) {
    world.stdout.write(FREEZE_HELP);
    return DONE;
  }
  const [extra] = read.positionals;
  if (extra !== undefined)
    return refuse(world, action, `unexpected \`${extra}\`; name it with --agent or --tool`);
  if (minutes !== undefined && action === "unfreeze")
    return refuse(world, action, "--minutes: is for freeze");
  if (minutes !== undefined && !(Number(minutes) > 0))
    return refuse(world, action, `--minutes: must be a number above 0, got "${minutes}"`);
  const body = { ...rest, by: askedBy(by), ...(minutes !== undefined && { minutes: Number(minutes) }) };
  const answer = await askAdmin({ admin, method: "POST", path: `/${action}`, body }, world);
  if (!answer.ok) return failed(world, answer);
  const what = describe(rest);
  say(world, [action === "freeze" ? `frozen: ${what}` : `no longer frozen: ${what}`]);
  return DONE;
}

function describe({ agent, tool }: { agent?: string | undefined; tool?: string | undefined }): string {
  if (agent === undefined && tool === undefined) return "every call";
  const whose = agent === undefined ? "every agent's calls" : `${agent}'s calls`;
  return tool === undefined ? whose : `${whose} of ${tool}`;
}

function refuse({ stderr }: ControlWorld, action: string, problem: string): number {
  stderr.write(`tollgate ${action}: ${problem}\ntollgate ${action}: see tollgate ${action} --help\n`);
  return BAD_USAGE;
}
