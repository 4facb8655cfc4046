/** A compiled policy: immutable, indexed by tool. */

import type { Category, CategoryAssignment } from "./category/category.ts";
import type { CategoryOfArguments } from "./category/category-by.ts";
import type { Action } from "./document/document.ts";
import type { Pin } from "./document/pin.ts";
import type { Call } from "./decision.ts";
import type { JsonObject } from "../json/json.ts";
import type { Limit } from "./limit.ts";
import type { Listing } from "./listing.ts";
import type { ArgumentAmbiguity } from "./argument-ambiguity.ts";
import type { ArgumentCheck } from "./arguments/argument-check.ts";
import type { Mode } from "./mode.ts";
import type { Rule } from "./rule.ts";

/** The amount that one call adds to a limit, or why it is unknown. */
export type Amount = number | ArgumentAmbiguity | "precision" | "encoding" | "missing";

export interface CompiledLimit {
  readonly limit: Limit;
  readonly amountOf: (args: JsonObject, inputSchema?: JsonObject) => Amount;
}

/** The compiled rules and limits of one tool, category or method, or of every tool. */
export interface PolicyEntry {
  readonly pointer: string;
  readonly action: Action;
  readonly reason?: string;
  readonly mode: Mode;
  /** How arguments are held against the tool's inputSchema; absent when the entry does not say. */
  readonly argumentCheck?: ArgumentCheck;
  readonly rules: readonly Rule[];
  readonly limits: readonly CompiledLimit[];
}

export interface Policy {
  /** Digest of the policy file; empty without a policy. */
  readonly digest: string;
  readonly default: "allow" | "deny";
  readonly mode: Mode;
  readonly isStrict: boolean;
  /** How arguments are checked where no entry says; absent when the document does not say either. */
  readonly argumentCheck?: ArgumentCheck | undefined;
  /** Names of single tools that the policy mentions, under `tools` or `hide`; without patterns. */
  readonly toolNames: readonly string[];
  /** Pointers of all actions, rules and limits. */
  readonly rules: readonly string[];
  readonly limits: readonly Limit[];
  /** The author's messages by rule pointer. */
  readonly onDeny: ReadonlyMap<string, string>;
  /** The rules for one tool: its own entry, or that of the most specific pattern that matches its name. */
  readonly forTool: (tool: string) => ToolRules;
  /** Whether a name that the server does not list could be taken for a tool that the policy or the server names. */
  readonly isLookAlike: (tool: string, listing: Listing | undefined) => boolean;
  /** The category that the policy assigns to the tool. */
  readonly categoryOf: (tool: string) => Category | undefined;
  /** Whether the tool is removed from tools/list: hidden in enforce mode. */
  readonly isHidden: (tool: string, category: Category | CategoryAssignment) => boolean;
  readonly everyTool: PolicyEntry;
  /** Rules about the caller alone that deny every call of it. */
  readonly callerRules: readonly Rule[];
  /** Entries by method; `*` is for methods that no protocol revision has. */
  readonly methods: ReadonlyMap<string, PolicyEntry>;
}

/** The rules for one tool. */
export interface ToolRules {
  /** The name or pattern of its entry under `tools`; undefined when it has none. */
  readonly key: string | undefined;
  /** All names and patterns under `tools` that match the name of a tool, most specific first. */
  readonly matching: (tool: string) => readonly string[];
  /** Equally specific patterns that match its name, when there is no more specific one; such a tool is denied. */
  readonly tied: readonly string[];
  /** The category that the policy assigns to the tool. */
  readonly category: Category | undefined;
  /** The category of a call by its arguments; absent when the entry has no `category_by`. */
  readonly categoryBy?: CategoryBy | undefined;
  /** Its pin, else the document's; undefined when there is none. */
  readonly pin: Pin | undefined;
  /** Rule pointer of that pin. */
  readonly pinPointer: string;
  /** The entries that apply, in the order of evaluation: its own, its category's unless `inherit` is false, `all_tools`. */
  readonly entriesFor: (category: Category) => readonly PolicyEntry[];
  /** The mode and reason with which the tool is hidden; undefined when it is not. */
  readonly hidingFor: (category: Category) => Hiding | undefined;
}

/** `category_by` of a tool's entry, compiled. */
export interface CategoryBy {
  readonly pointer: string;
  readonly mode: Mode;
  /** The argument in messages: `args.action`. */
  readonly path: string;
  readonly categories: ReadonlySet<Category>;
  readonly ofArguments: CategoryOfArguments;
}

/** How the arguments of one tool are checked, and the place of the document that says so. */
export interface ArgumentsRule {
  readonly check: ArgumentCheck;
  readonly pointer: string;
  readonly mode: Mode;
  /** The document says nothing: a tool whose schema is not known yet is no finding then. */
  readonly isImplied: boolean;
}

/** Finds the first of the entries that says how arguments are checked; else the document decides. */
export function argumentsRule(policy: Policy, entries: readonly PolicyEntry[]): ArgumentsRule {
  for (const { argumentCheck: check, pointer, mode } of entries) {
    if (check !== undefined) return { check, pointer: `${pointer}/arguments`, mode, isImplied: false };
  }
  const { mode } = entries.find((entry) => entry !== policy.everyTool) ?? policy;
  const { argumentCheck } = policy;
  return {
    check: argumentCheck ?? "observe",
    pointer: "/arguments",
    mode,
    isImplied: argumentCheck === undefined,
  };
}

/** The policy without checks of arguments, for calls to tools whose schema is not at hand. */
export function withoutArgumentChecks<P extends Policy>(policy: P): P {
  return {
    ...policy,
    argumentCheck: "off",
    forTool: (tool: string) => {
      const rules = policy.forTool(tool);
      return {
        ...rules,
        entriesFor: (category: Category) => rules.entriesFor(category).map(unchecked),
      };
    },
  };
}

// `all_tools` says nothing about arguments, and stays the same object.
function unchecked(entry: PolicyEntry): PolicyEntry {
  return entry.argumentCheck === undefined ? entry : { ...entry, argumentCheck: "off" };
}

/** A category, or why the argument that says it cannot be evaluated; the category is that of the tool then. */
export interface CallCategory {
  readonly category: Category;
  readonly cause?: ArgumentAmbiguity | "encoding" | "missing" | undefined;
}

/** The category of one call: by its argument where the entry says so, else that of the policy, else the assigned one. */
export function categoryOfCall(
  { category, categoryBy }: Pick<ToolRules, "category" | "categoryBy">,
  call: Pick<Call, "args" | "inputSchema" | "category">,
): CallCategory {
  const ofTool = category ?? call.category.category;
  if (categoryBy === undefined) return { category: ofTool };
  const found = categoryBy.ofArguments(call.args, call.inputSchema);
  if (found.cause === undefined) return found;
  return found.cause === "unmatched" ? { category: ofTool } : { category: ofTool, cause: found.cause };
}

/** The assignment of a call's category for metrics and records: that of its tool, unless an argument says another one. */
export function assignmentOfCall(
  policy: Policy | undefined,
  call: Pick<Call, "tool" | "args" | "inputSchema" | "category">,
): CategoryAssignment {
  const rules = policy?.forTool(call.tool);
  if (rules?.categoryBy === undefined) return call.category;
  const { category } = categoryOfCall(rules, call);
  if (category === call.category.category) return call.category;
  return {
    category,
    source: "policy",
    confidence: 1,
    reason: `the policy says so, by ${rules.categoryBy.path}`,
  };
}

export interface Hiding {
  readonly mode: Mode;
  readonly reason?: string;
}

/** The pointer of an entry's action: `/tools/create_charge/action`. */
export function actionPointer(entry: PolicyEntry): string {
  return `${entry.pointer}/action`;
}
