/** Rule pointers: the name of a rule in messages, metrics and records, made from the rule's content. */

import type { CheckedLimit, RuleEntry } from "./document/rule-entry.ts";
import type { Condition } from "./condition.ts";

/** Joins segments to a pointer such as `/tools/create_charge`, escaped by RFC 6901, so that different names have different pointers. */
export function rulePointer(...segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Returns the tool of a rule pointer; undefined for `/all_tools/...`, categories and methods. */
export function toolOfPointer(pointer: string): string | undefined {
  const name = /^\/tools\/([^/]*)/.exec(pointer)?.[1];
  return name?.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Conditions that a pointer names; the others are counted. */
const MAX_NAMED_CONDITIONS = 3;

/** Names a rule by its conditions: `args.amount-gt`, three of them joined by `+`, then `2-more`; `always` without conditions. */
export function ruleName(rule: RuleEntry): string {
  const { conditions } = rule;
  if (conditions.length === 0) return "always";
  const names = conditions.slice(0, MAX_NAMED_CONDITIONS).map(conditionName);
  const more =
    conditions.length > MAX_NAMED_CONDITIONS ? [`${conditions.length - MAX_NAMED_CONDITIONS}-more`] : [];
  return [...names, ...more].join("+");
}

function conditionName({ path, of, items, operator }: Condition): string {
  return [path, ...(of === "value" ? [] : [of]), ...(items === undefined ? [] : [items]), operator].join("-");
}

/** Names a limit: `calls-per-minute`, `spend-per-60s`. A counter named `calls_per_minute` keeps its name, and so does one of calls in flight. */
export function limitName(limit: CheckedLimit): string {
  if (limit.window === "concurrent" || limit.cooldown !== undefined) return limit.counter;
  const per = `per-${windowName(limit)}`;
  return limit.counter.replaceAll("_", "-").endsWith(per) ? limit.counter : `${limit.counter}-${per}`;
}

/** Names a window: `minute`, `60s`. */
export function windowName({ window }: CheckedLimit): string {
  return typeof window === "number" ? `${window}s` : window;
}

/** Makes names unique: the second `x` becomes `x-2`. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  if (names.length < 2) return names;
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let number = 2; taken.has(distinct); number += 1) distinct = `${name}-${number}`;
    taken.add(distinct);
    return distinct;
  });
}
