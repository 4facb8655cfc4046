/** Writes waiting calls for a terminal: equal calls once, with the callers, the values and the ids to decide. */

import * as z from "zod";
import { pluralize } from "../cli/command.ts";

const APPROVAL = z.object({
  id: z.string(),
  state: z.string(),
  stale: z.string().exactOptional(),
  agent: z.string(),
  user: z.string().exactOptional(),
  claimed_client: z.string().exactOptional(),
  source: z.string().exactOptional(),
  tool: z.string(),
  call: z.string().exactOptional(),
  rule: z.string(),
  calls: z.number(),
  expires_at: z.string(),
  args: z.object({ bytes: z.number(), keys: z.array(z.string()) }),
  values: z
    .object({
      values: z.array(z.object({ path: z.string(), text: z.string(), length: z.number().exactOptional() })),
      more: z.number(),
    })
    .exactOptional(),
  given: z.array(z.object({ by: z.string() })).exactOptional(),
});

export const APPROVALS_RESPONSE = z.object({ approvals: z.array(APPROVAL) });
export const APPROVE_RESPONSE = z.object({ missing_approvers: z.number().exactOptional() });
export const REJECT_RESPONSE = z.object({ rejected: z.array(z.string()) });

export type ListedApproval = z.infer<typeof APPROVAL>;

/** A summary where several calls wait, then each kind of call, in the order in which the first of each came. */
export function listLines(approvals: readonly ListedApproval[]): readonly string[] {
  const waiting = approvals.filter(({ state }) => state === "requested");
  const kinds = new Map<string, ListedApproval[]>();
  for (const approval of approvals) {
    const key = JSON.stringify([approval.tool, approval.call ?? approval.id, stateWord(approval)]);
    kinds.set(key, [...(kinds.get(key) ?? []), approval]);
  }
  const lines = [...kinds.values()].flatMap(kindLines);
  if (waiting.length < 2) return lines;
  const agents = new Set(waiting.map(({ agent }) => agent)).size;
  return [`${pluralize(waiting.length, "call")} of ${pluralize(agents, "agent")} wait`, ...lines];
}

/** Callers of equal calls that are listed; the others are a number. */
const MAX_CALLERS = 10;

function kindLines([first, ...others]: readonly ListedApproval[]): readonly string[] {
  if (first === undefined) return [];
  const { args, rule, calls, expires_at, given = [] } = first;
  const rest = others.length - MAX_CALLERS;
  return [
    `${first.id}  ${stateWord(first)}  ${callerText(first)} -> ${first.tool}`,
    `  arguments: ${args.keys.join(", ") || "none"} (${pluralize(args.bytes, "byte")})`,
    ...valueLines(first),
    ...(first.source === undefined || first.source === "none" ? [] : [`  agent proven by: ${first.source}`]),
    ...(given.length === 0 ? [] : [`  approved so far by: ${given.map(({ by }) => by).join(", ")}`]),
    `  rule: ${rule}; called ${pluralize(calls, "time")}; expires ${expires_at}`,
    ...(first.stale === undefined ? [] : [`  ${STALE[first.stale] ?? first.stale}`]),
    ...(others.length === 0 ? [] : [`  the same call of ${pluralize(others.length, "other caller")}:`]),
    ...others.slice(0, MAX_CALLERS).map((one) => `    ${one.id}  ${callerText(one)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ];
}

const STALE: Readonly<Record<string, string>> = {
  policy_changed: "stale: the policy has changed since; the agent must call again",
  frozen: "frozen: an approval would let nothing pass; lift the freeze first",
};

function stateWord({ state, stale }: ListedApproval): string {
  if (state !== "requested") return state;
  return stale === undefined ? "waits" : "stale";
}

function callerText({ agent, user, claimed_client: claimed }: ListedApproval): string {
  const unproven = claimed === undefined ? agent : `${agent} (claims to be ${claimed}, unproven)`;
  return user === undefined ? unproven : `${agent} for ${user}`;
}

function valueLines({ values }: ListedApproval): readonly string[] {
  if (values === undefined) return [];
  const shown = values.values.map(({ path, text, length }) =>
    length === undefined ? `    ${path}: ${text}` : `    ${path}: ${text} (cut, ${length} characters in all)`,
  );
  return values.more === 0
    ? shown
    : [...shown, `    and ${pluralize(values.more, "further value")}, not shown`];
}
