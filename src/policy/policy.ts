/** A policy as it is judged by: immutable, indexed by tool. */

import type { Category, CategoryAssignment } from "./category/category.ts";
import type { Action, Pin } from "./document/document.ts";
import type { JsonObject } from "../json/json.ts";
import type { Limit } from "./limit.ts";
import type { ArgumentAmbiguity } from "./argument-ambiguity.ts";
import type { Mode } from "./mode.ts";
import type { Rule } from "./rule.ts";

/** What one call adds to a limit, or why that cannot be told. */
export type Amount = number | ArgumentAmbiguity | "missing";

export interface CompiledLimit {
  readonly limit: Limit;
  readonly amountOf: (args: JsonObject, inputSchema?: JsonObject) => Amount;
}

/** What holds for one tool, one category, one method, or every tool. */
export interface PolicyEntry {
  readonly pointer: string;
  readonly action: Action;
  readonly reason?: string;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly limits: readonly CompiledLimit[];
}

export interface Policy {
  /** Of the bytes that it was read from; empty without a policy. */
  readonly digest: string;
  readonly default: "allow" | "deny";
  readonly mode: Mode;
  readonly isStrict: boolean;
  /** Names that the policy mentions, the hide list included, `*` not. */
  readonly toolNames: readonly string[];
  /** Pointers of all rules. */
  readonly rules: readonly string[];
  readonly limits: readonly Limit[];
  /** The author's own words, by rule pointer. */
  readonly onDeny: ReadonlyMap<string, string>;
  /** Whether the tool has an entry of its own. */
  readonly isListed: (tool: string) => boolean;
  /** The policy's own word for the tool. */
  readonly categoryOf: (tool: string) => Category | undefined;
  /** Whether the tool is cut out of tools/list: what is hidden in earnest, not in shadow. */
  readonly isHidden: (tool: string, category: Category | CategoryAssignment) => boolean;
  /** How the tool is hidden, if it is. */
  readonly hiding: (tool: string, category: Category) => Hiding | undefined;
  /** What a changed definition of the tool does; undefined when nothing is pinned. */
  readonly pinOf: (tool: string) => Pin | undefined;
  /** Rule pointer of that pin: the tool's own, else the one of all tools. */
  readonly pinPointerOf: (tool: string) => string;
  /** The tool's own entry, else that of its category. */
  readonly entryOf: (tool: string, category: Category) => PolicyEntry | undefined;
  readonly everyTool: PolicyEntry;
  /** By method; `*` for methods that no revision of the protocol knows. */
  readonly methods: ReadonlyMap<string, PolicyEntry>;
}

export interface Hiding {
  readonly mode: Mode;
  readonly reason?: string;
}

/** `/tools/create_charge/action`. */
export function actionPointer(entry: PolicyEntry): string {
  return `${entry.pointer}/action`;
}
