/** Rule pointers: the name of a rule in every message, metric and record, made from what the rule says. */

import type { CheckedLimit, RuleEntry } from "./document/rule-entry.ts";
import type { Condition } from "./condition.ts";

/** `/tools/create_charge`: segments after RFC 6901, so that no name can pose as another. */
export function rulePointer(...segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The tool that a rule pointer is about; undefined for `/all_tools/...`, categories and methods. */
export function toolOfPointer(pointer: string): string | undefined {
  const name = /^\/tools\/([^/]*)/.exec(pointer)?.[1];
  return name?.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Conditions that a pointer spells out before it only counts them. */
const MAX_NAMED_CONDITIONS = 3;

/** `args.amount-gt`; several joined by `+`, at most three and then how many more; `always` without any. */
export function ruleName(rule: RuleEntry): string {
  const { conditions } = rule;
  if (conditions.length === 0) return "always";
  const names = conditions.slice(0, MAX_NAMED_CONDITIONS).map(conditionName);
  const more =
    conditions.length > MAX_NAMED_CONDITIONS ? [`${conditions.length - MAX_NAMED_CONDITIONS}-more`] : [];
  return [...names, ...more].join("+");
}

function conditionName({ path, of, operator }: Condition): string {
  return of === "value" ? `${path}-${operator}` : `${path}-${of}-${operator}`;
}

/** `calls-per-minute`, `spend-per-60s`; a counter that is called `calls_per_minute` already keeps its name. */
export function limitName(limit: CheckedLimit): string {
  const per = `per-${windowName(limit)}`;
  return limit.counter.replaceAll("_", "-").endsWith(per) ? limit.counter : `${limit.counter}-${per}`;
}

/** `minute`, or `60s`. */
export function windowName({ window }: CheckedLimit): string {
  return typeof window === "number" ? `${window}s` : window;
}

/** The names, each told from the ones before it: the second `x` is `x-2`. */
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
