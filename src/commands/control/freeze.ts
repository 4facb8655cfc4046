/** `tollgate freeze` and `tollgate unfreeze`: the kill switch, for everything, one agent, one tool, or both. */

import * as z from "zod";
import {
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import { didYouMean, inBackticks } from "../../policy/schema/did-you-mean.ts";
import type { AdminAddressFlags } from "./admin-address.ts";
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
  --unseen           freeze an agent without calls in the last hour at this sidecar, or a tool that is not listed
  --minutes N        for so many minutes (until tollgate unfreeze)
  --reason TEXT      why; the agent reads it, and the audit log keeps it
  --by NAME          your name for the audit log (the user name)
  --admin HOST:PORT  the sidecar's admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE    the authority of its certificate; --admin-cert and --admin-key: your own
  --format text|json of what was done (text)

The admin token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Examples: tollgate freeze --agent nightly --minutes 30 --reason "runaway loop"
          tollgate unfreeze --agent nightly
Exit codes: 0 done, 1 refused, 64 bad usage, 69 no sidecar answers.
`;

const FLAGS = {
  ...ADMIN_FLAGS,
  agent: { type: "string" },
  tool: { type: "string" },
  minutes: { type: "string" },
  unseen: { type: "boolean", default: false },
  format: FORMAT_FLAG,
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
  const { by, help, minutes, agent, tool, reason, unseen, format, ...flags } = read.values;
  const rest = { agent, tool, reason };
  if (help === true) return writeHelp(io, FREEZE_HELP);
  const [extra] = read.positionals;
  if (extra !== undefined) return refuse(`unexpected \`${extra}\`; name it with --agent or --tool`);
  const [badFormat] = formatProblem(format);
  if (badFormat !== undefined) return refuse(badFormat);
  if (minutes !== undefined && action === "unfreeze") return refuse("--minutes: is for freeze");
  if (minutes !== undefined && !(Number(minutes) > 0))
    return refuse(`--minutes: must be a number above 0, got "${minutes}"`);
  const unknown = action === "freeze" && !unseen ? await unknownTarget(rest, flags, io) : undefined;
  if (unknown !== undefined)
    return failWith(io, [`${unknown}; nothing was frozen, add --unseen to freeze it all the same`]);
  const body = { ...rest, by: operatorName(by), ...(minutes !== undefined && { minutes: Number(minutes) }) };
  const response = await requestAdmin({ flags, method: "POST", path: `/${action}`, body }, io);
  if (!response.ok) return reportAdminFailure(io, response);
  const { warning } = WARNED.safeParse(response.value).data ?? {};
  if (warning !== undefined) failWith(io, [warning]);
  if (format === "json") writeJson(io, response.value);
  else writeLines(io, [`${DONE[action]}: ${frozenCalls(rest)}`, ...stillFrozen(response.value)]);
  return EXIT_OK;
}

const DONE = { freeze: "frozen", unfreeze: "no longer frozen" } as const;

/** The sidecar did it, and something about it is wrong: it was not written to the file of freezes. */
const WARNED = z.object({ warning: z.string() });

interface Target {
  readonly agent: string | undefined;
  readonly tool: string | undefined;
}

/** The problem with an agent or a tool that the sidecar does not know; undefined too where it does not say what it knows. */
async function unknownTarget(
  { agent, tool }: Target,
  flags: AdminAddressFlags,
  io: ControlCommandIo,
): Promise<string | undefined> {
  if (agent === undefined && tool === undefined) return undefined;
  const read = async (path: string): Promise<unknown> => {
    const response = await requestAdmin({ flags, method: "GET", path }, io);
    return response.ok ? response.value : undefined;
  };
  const activity = namesIn(await read("/activity"), "pairs", "agent");
  const tools = namesIn(await read("/tools"), "tools", "name");
  return (
    unknownProblem("--agent", agent, activity, "has made no call in the last hour") ??
    unknownProblem("--tool", tool, tools, "is no tool of the server")
  );
}

function unknownProblem(
  flag: string,
  name: string | undefined,
  known: ReadonlySet<string> | undefined,
  why: string,
): string | undefined {
  // A sidecar that has just started knows none, and past its bound it counts further agents together.
  const isUntold = known === undefined || known.size === 0 || known.has(OTHERS);
  if (name === undefined || isUntold || known.has(name)) return undefined;
  return `${flag}: \`${name}\` ${why}${didYouMean(name, known, inBackticks)}`;
}

const OTHERS = "_other";

/** The names under one key of the items of a list in a response; undefined where it has another form. */
function namesIn(response: unknown, list: string, key: string): ReadonlySet<string> | undefined {
  const items: unknown = Object(response)[list];
  if (!Array.isArray(items)) return undefined;
  const names = items.map((item: unknown): unknown => Object(item)[key]);
  return new Set(names.filter((name) => typeof name === "string"));
}

const UNFROZEN = z.object({
  still_frozen: z.array(z.object({ agent: z.string().nullable(), tool: z.string().nullable() })),
});

/** The freezes that still stop calls of the same target, after one was lifted. */
function stillFrozen(value: unknown): readonly string[] {
  const still = UNFROZEN.safeParse(value).data?.still_frozen ?? [];
  return still.map(
    ({ agent, tool }) =>
      `still frozen: ${frozenCalls({ agent: agent ?? undefined, tool: tool ?? undefined })}`,
  );
}

function frozenCalls({ agent, tool }: { agent?: string | undefined; tool?: string | undefined }): string {
  if (agent === undefined && tool === undefined) return "every call";
  const whose = agent === undefined ? "every agent's calls" : `${agent}'s calls`;
  return tool === undefined ? whose : `${whose} of ${tool}`;
}
