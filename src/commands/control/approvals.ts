/** `tollgate approvals list|approve ID|reject ID`: what waits for a person, and what the person says. */

import * as z from "zod";
import {
  BAD_USAGE,
  count,
  DONE,
  FORMAT,
  formatProblem,
  readArguments,
  say,
  sayJson,
} from "../cli/command.ts";
import { ADMIN_FLAGS, askAdmin, askedBy, type ControlWorld, failed } from "./admin-client.ts";

export const APPROVALS_HELP = `Usage: tollgate approvals list [flags]
       tollgate approvals approve ID [flags]
       tollgate approvals reject ID [flags]

Calls that a policy lets pass only with a person's approval wait here. An approval is for exactly one call: this
agent, this tool, these arguments, under this policy; it expires, and the agent makes the call again to use it.

  --admin URL           the sidecar's admin listener (http://127.0.0.1:9464)
  --by NAME             who decides, for the audit log (the name of this user)
  --reason TEXT         why, for the audit log
  --format text|json    of list (text)

The admin token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Exit codes: 0 done, 1 refused, 64 bad usage, 69 no sidecar answers.
`;

const ANSWER = z.object({
  approvals: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      agent: z.string(),
      tool: z.string(),
      rule: z.string(),
      calls: z.number(),
      expires_at: z.string(),
      args: z.object({ bytes: z.number(), keys: z.array(z.string()) }),
    }),
  ),
});

/** Returns the exit code. */
export async function runApprovals(argv: readonly string[], world: ControlWorld): Promise<number> {
  const read = readArguments(argv, { ...ADMIN_FLAGS, format: FORMAT });
  if (!read.ok) return refuse(world, read.problem);
  const { values, positionals } = read;
  const [action, id, ...others] = positionals;
  if (values.help === true) {
    world.stdout.write(APPROVALS_HELP);
    return DONE;
  }
  const [problem] = formatProblem(values.format);
  if (problem !== undefined) return refuse(world, problem);
  if (action === "list" && id === undefined) return list(values, world);
  if ((action === "approve" || action === "reject") && id !== undefined && others.length === 0)
    return settle({ ...values, action, id }, world);
  return refuse(world, "must be called as list, approve ID or reject ID");
}

async function list(
  { admin, format }: { admin: string; format: string },
  world: ControlWorld,
): Promise<number> {
  const answer = await askAdmin({ admin, method: "GET", path: "/approvals" }, world);
  if (!answer.ok) return failed(world, answer);
  const { approvals } = ANSWER.parse(answer.value);
  if (format === "json") sayJson(world, approvals);
  else if (approvals.length === 0) say(world, ["no call waits for approval"]);
  else say(world, approvals.flatMap(describe));
  return DONE;
}

function describe(approval: z.infer<typeof ANSWER>["approvals"][number]): string[] {
  const { id, state, agent, tool, rule, calls, args } = approval;
  return [
    `${id}  ${state === "requested" ? "waits" : state}  ${agent} -> ${tool}`,
    `  arguments: ${args.keys.join(", ") || "none"} (${count(args.bytes, "byte")})`,
    `  rule: ${rule}; called ${count(calls, "time")}; expires ${approval.expires_at}`,
  ];
}

interface Settling {
  readonly admin: string;
  readonly action: "approve" | "reject";
  readonly id: string;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

async function settle({ admin, action, id, by, reason }: Settling, world: ControlWorld): Promise<number> {
  const body = { by: askedBy(by), ...(reason !== undefined && { reason }) };
  const path = `/approvals/${encodeURIComponent(id)}/${action}`;
  const answer = await askAdmin({ admin, method: "POST", path, body }, world);
  if (!answer.ok) return failed(world, answer);
  say(world, [action === "approve" ? `approved: the next such call passes, once` : "rejected"]);
  return DONE;
}

function refuse({ stderr }: ControlWorld, problem: string): number {
  stderr.write(`tollgate approvals: ${problem}\ntollgate approvals: see tollgate approvals --help\n`);
  return BAD_USAGE;
}
