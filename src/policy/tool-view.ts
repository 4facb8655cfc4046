/** The tools that one caller may see under a policy: without the hidden ones, and without those that no call of its own may use. */

import type { Category, CategoryAssignment } from "./category/category.ts";
import type { Caller } from "./caller.ts";
import type { Policy, PolicyEntry } from "./policy.ts";
import { evaluateRule, type Rule } from "./rule.ts";

/** Equal views of one policy are the same object, so that a list can be cached for each. */
export interface ToolView {
  readonly policy: Policy;
  /** Whether other callers may see other tools under this policy. */
  readonly isPersonal: boolean;
  readonly isHidden: (tool: string, assignment: CategoryAssignment) => boolean;
}

/** Views of one policy that are kept; the oldest is made again. */
const MAX_VIEWS = 64;
const viewsOf = new WeakMap<Policy, Map<string, ToolView>>();

/** Undefined without a policy, which shows no tool. */
export function toolView(policy: Policy | undefined, caller: Caller): ToolView | undefined {
  if (policy === undefined) return undefined;
  const denying = new Set(policy.callerRules.filter((rule) => isDeniedBy(rule, caller)));
  const key = policy.callerRules.map((rule) => (denying.has(rule) ? "1" : "0")).join("");
  const views = viewsOf.get(policy) ?? new Map<string, ToolView>();
  viewsOf.set(policy, views);
  const known = views.get(key);
  if (known !== undefined) return known;
  const view = newView(policy, denying);
  views.set(key, view);
  const [oldest] = views.keys();
  if (views.size > MAX_VIEWS && oldest !== undefined) views.delete(oldest);
  return view;
}

function newView(policy: Policy, denying: ReadonlySet<Rule>): ToolView {
  const isDenied = (tool: string, category: Category): boolean =>
    policy
      .forTool(tool)
      .entriesFor(category)
      .some(({ rules }) => rules.some((rule) => denying.has(rule)));
  return {
    policy,
    isPersonal: policy.callerRules.length > 0,
    isHidden: (tool, { category }) =>
      policy.isHidden(tool, category) ||
      (denying.size > 0 && isDenied(tool, policy.categoryOf(tool) ?? category)),
  };
}

/** Rules that deny a caller whatever it calls a tool with: enforced, and about the caller alone. */
export function callerRulesOf(entries: readonly PolicyEntry[]): readonly Rule[] {
  return entries
    .flatMap(({ rules }) => rules)
    .filter(
      ({ conditions, effect, mode }) =>
        mode === "enforce" &&
        effect === "deny" &&
        conditions.length > 0 &&
        // A list is kept longer than an hour may last, so that the time of the call changes no list.
        conditions.every(({ callerPath }) => callerPath !== undefined && callerPath[0] !== "now"),
    );
}

function isDeniedBy(rule: Rule, caller: Caller): boolean {
  return evaluateRule(rule, { ...caller, args: new Map() }, []) !== undefined;
}
