/** Groups waiting calls: equal calls are one card, and the cards that a person should see first come first. */

import type { ApprovalEntry } from "../src/admin/api.ts";

export interface ApprovalGroup {
  readonly key: string;
  readonly tool: string;
  /** At least one; those that can be approved first, then the ones that end first. */
  readonly calls: readonly ApprovalEntry[];
  readonly agents: readonly string[];
  /** No call of the group can be approved. */
  readonly isStale: boolean;
}

/** Categories whose calls do the most harm, first. */
const ORDER = ["destructive", "financial", "execute", "write", "unknown", "read"];

/** `categoryOf` is undefined for a tool that the server has not listed. */
export function groupApprovals(
  waiting: readonly ApprovalEntry[],
  categoryOf: (tool: string) => string | undefined,
): readonly ApprovalGroup[] {
  const byKey = new Map<string, ApprovalEntry[]>();
  for (const approval of waiting) {
    const key = JSON.stringify([approval.tool, approval.call ?? approval.id]);
    byKey.set(key, [...(byKey.get(key) ?? []), approval]);
  }
  const groups = Array.from(byKey, ([key, calls]) => groupOf(key, calls));
  const rank = ({ tool }: ApprovalGroup): number => {
    const at = ORDER.indexOf(categoryOf(tool) ?? "unknown");
    return at < 0 ? ORDER.indexOf("unknown") : at;
  };
  return groups.toSorted(
    (one, other) =>
      Number(one.isStale) - Number(other.isStale) ||
      rank(one) - rank(other) ||
      other.calls.length - one.calls.length ||
      endOf(one) - endOf(other),
  );
}

function groupOf(key: string, given: readonly ApprovalEntry[]): ApprovalGroup {
  const calls = given.toSorted(
    (one, other) =>
      Number(one.stale !== undefined) - Number(other.stale !== undefined) ||
      Date.parse(one.expires_at) - Date.parse(other.expires_at),
  );
  return {
    key,
    tool: calls[0]?.tool ?? "",
    calls,
    agents: [...new Set(calls.map(({ agent }) => agent))],
    isStale: calls.every(({ stale }) => stale !== undefined),
  };
}

function endOf({ calls }: ApprovalGroup): number {
  return Math.min(...calls.map(({ expires_at }) => Date.parse(expires_at)));
}

/** Whether the text is found in the tool, the caller or a value of the call; letter case is ignored. */
export function matchesText(
  { tool, agent, user, claimed_client: claimed, values, id }: ApprovalEntry,
  text: string,
): boolean {
  const shown = (values?.values ?? []).flatMap(({ path, text: value }) => [path, value]);
  const searched = [tool, agent, user ?? "", claimed ?? "", id, ...shown];
  return searched.some((each) => each.toLowerCase().includes(text.toLowerCase()));
}

export interface Tally {
  readonly name: string;
  readonly calls: number;
}

/** How often each value occurs, the most frequent first. */
export function tally(names: readonly string[]): readonly Tally[] {
  const calls = new Map<string, number>();
  for (const name of names) calls.set(name, (calls.get(name) ?? 0) + 1);
  return Array.from(calls, ([name, number]) => ({ name, calls: number })).toSorted(
    (one, other) => other.calls - one.calls || (one.name < other.name ? -1 : 1),
  );
}
