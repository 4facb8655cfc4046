/** Findings about a policy that loads, each with its place in the document. */

import type { CategoryEntry, PolicyDocument, RuleSet, ToolEntry } from "../document/document.ts";
import { DocumentPath } from "../schema/document-path.ts";
import type { RuleEntry } from "../document/rule-entry.ts";

/** `error`: a part of the policy has no effect or a wrong one. `warning`: the author probably meant something else. */
export type Severity = "error" | "warning";

export const FINDING_CODES = [
  "schema",
  "unknown-tool",
  "unmatched-pattern",
  "ambiguous-pattern",
  "uncovered-tool",
  "unknown-argument",
  "wrong-type",
  "impossible-value",
  "avoidable",
  "coerced",
  "unbounded-amount",
  "unusable-schema",
  "never-matches",
  "never-admits",
  "no-effect",
  "shadowed",
  "counter-not-shared",
  "unused-category",
  "path-climbs",
  "one-item",
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** Path in the normal form of the document: `tools.create_charge.deny_if[0]`. */
  readonly path: string;
  readonly message: string;
}

export type AnyEntry = RuleSet & Pick<ToolEntry & CategoryEntry, "action" | "hide">;

/** An entry of `tools` or `categories`, or `all_tools`, with its place. */
export interface PlacedEntry {
  readonly kind: "tool" | "category" | "every";
  /** Name of the tool or the category; empty for `all_tools`. */
  readonly name: string;
  readonly place: DocumentPath;
  readonly entry: AnyEntry;
}

export interface PlacedRule {
  readonly kind: "require" | "deny_if";
  readonly place: DocumentPath;
  readonly rule: RuleEntry;
}

/** Returns the path of the document itself. */
export function documentRoot(): DocumentPath {
  return DocumentPath.root([]);
}

/** Lists every entry of the document that may have rules. */
export function placedEntries(document: PolicyDocument): PlacedEntry[] {
  const root = documentRoot();
  const tools = Array.from(document.tools ?? [], ([name, entry]) => {
    return { kind: "tool" as const, name, place: root.at("tools").at(name), entry };
  });
  const categories = Array.from(document.categories ?? [], ([name, entry]) => {
    return { kind: "category" as const, name, place: root.at("categories").at(name), entry };
  });
  const { all_tools: entry } = document;
  const every =
    entry === undefined ? [] : [{ kind: "every" as const, name: "", place: root.at("all_tools"), entry }];
  return [...tools, ...categories, ...every];
}

/** Lists the rules of one entry in the order of evaluation. */
export function placedRules({ place, entry }: PlacedEntry): PlacedRule[] {
  const rulesOf = (kind: PlacedRule["kind"]): PlacedRule[] =>
    (entry[kind] ?? []).map((rule, index) => ({ kind, rule, place: place.at(kind).at(index) }));
  const [require, denyIf] = [rulesOf("require"), rulesOf("deny_if")];
  return entry.first === "deny_if" ? [...denyIf, ...require] : [...require, ...denyIf];
}
