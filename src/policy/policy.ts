/** A compiled policy: immutable, indexed by tool. */

import type { Category, CategoryAssignment } from "./category/category.ts";
import type { Action, Pin } from "./document/document.ts";
import type { JsonObject } from "../json/json.ts";
import type { Limit } from "./limit.ts";
import type { ArgumentAmbiguity } from "./argument-ambiguity.ts";
import type { Mode } from "./mode.ts";
import type { Rule } from "./rule.ts";

/** The amount that one call adds to a limit, or why it is unknown. */
export type Amount = number | ArgumentAmbiguity | "precision" | "missing";

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
  readonly rules: readonly Rule[];
  readonly limits: readonly CompiledLimit[];
}

export interface Policy {
  /** Digest of the policy file; empty without a policy. */
  readonly digest: string;
  readonly default: "allow" | "deny";
  readonly mode: Mode;
  readonly isStrict: boolean;
  /** Names that the policy mentions, with the hide list and without `*`. */
  readonly toolNames: readonly string[];
  /** Pointers of all actions, rules and limits. */
  readonly rules: readonly string[];
  readonly limits: readonly Limit[];
  /** The author's messages by rule pointer. */
  readonly onDeny: ReadonlyMap<string, string>;
  /** Whether the tool has an entry of its own. */
  readonly isListed: (tool: string) => boolean;
  /** The category that the policy assigns to the tool. */
  readonly categoryOf: (tool: string) => Category | undefined;
  /** Whether the tool is removed from tools/list: hidden in enforce mode. */
  readonly isHidden: (tool: string, category: Category | CategoryAssignment) => boolean;
  /** The mode and reason with which the tool is hidden; undefined when it is not. */
  readonly hiding: (tool: string, category: Category) => Hiding | undefined;
  /** The pin of the tool; undefined when there is none. */
  readonly pinOf: (tool: string) => Pin | undefined;
  /** Rule pointer of that pin: the tool's, else the document's. */
  readonly pinPointerOf: (tool: string) => string;
  /** The tool's own entry, else its category's. */
  readonly entryOf: (tool: string, category: Category) => PolicyEntry | undefined;
  readonly everyTool: PolicyEntry;
  /** Entries by method; `*` is for methods that no protocol revision has. */
  readonly methods: ReadonlyMap<string, PolicyEntry>;
}

export interface Hiding {
  readonly mode: Mode;
  readonly reason?: string;
}

/** The pointer of an entry's action: `/tools/create_charge/action`. */
export function actionPointer(entry: PolicyEntry): string {
  return `${entry.pointer}/action`;
}
