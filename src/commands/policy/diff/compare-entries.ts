/** Compares two entries of the same tool, category or method. */

import type { Action, PolicyDocument, RuleSet, ToolEntry } from "../../../policy/document/document.ts";
import { canonicalText } from "../../../json/canonical-text.ts";
import { isJsonObject, type Json } from "../../../json/json.ts";
import { compareLimits, compareRules, type EntrySide, MODE_RANK, noteOf } from "./compare-lists.ts";
import { type Found, ranked } from "./difference.ts";

/** The keys of every kind of entry that are compared. */
export interface AnyEntry extends RuleSet {
  readonly action?: Action;
  readonly reason?: string;
  readonly hide?: boolean;
  readonly inherit?: boolean;
  readonly arguments?: ToolEntry["arguments"] | undefined;
}

const ACTION_RANK: readonly Action[] = ["allow", "approve", "deny", "hide"];

export function sideOf(document: PolicyDocument, entry: AnyEntry): EntrySide {
  return {
    entry,
    mode: entry.mode ?? document.mode ?? "enforce",
    isStrict: document.strict === true,
  };
}

/** An entry, the document that it stands in, and its JSON. */
export interface PlacedEntry {
  readonly document: PolicyDocument;
  readonly entry: AnyEntry;
  readonly json: Json | undefined;
}

export function compareEntries(before: PlacedEntry, after: PlacedEntry): Found[] {
  const [one, other] = [sideOf(before.document, before.entry), sideOf(after.document, after.entry)];
  const isOwnMode = before.entry.mode !== undefined || after.entry.mode !== undefined;
  return [
    ...compareActions(actionOf(before.entry), actionOf(after.entry)),
    ...(isOwnMode ? ranked("mode", [one.mode, other.mode], MODE_RANK) : []),
    ...compareRules(one, other),
    ...compareLimits(one, other),
    ...compareArguments(before.entry, after.entry),
    ...compareInheritance(before.entry, after.entry),
    ...OPAQUE_KEYS.flatMap((key) => compareOpaque(key, before.json, after.json)),
    ...noteOf("its message", before.entry.reason, after.entry.reason),
  ];
}

function actionOf({ action = "allow", hide }: AnyEntry): Action {
  return hide === true ? "hide" : action;
}

function isDenying(action: Action): boolean {
  return action === "deny" || action === "hide";
}

function compareActions(before: Action, after: Action): Found[] {
  if (before !== after && isDenying(before) && isDenying(after))
    return [{ kind: "note", text: `action: ${before} -> ${after}: denied all the same` }];
  return ranked("action", [before, after], ACTION_RANK);
}

/** Only `validate` denies. An entry without the key follows the entry or document around it. */
function compareArguments({ arguments: before }: AnyEntry, { arguments: after }: AnyEntry): Found[] {
  if (before === after) return [];
  const text = `arguments: ${before ?? "as around it"} -> ${after ?? "as around it"}`;
  if (after === "validate") return [{ kind: "stricter", text }];
  if (before === "validate" && after !== undefined) return [{ kind: "looser", text }];
  return [{ kind: "changed", text }];
}

function compareInheritance(
  { inherit: before = true }: AnyEntry,
  { inherit: after = true }: AnyEntry,
): Found[] {
  return ranked("inherit", [`${before}`, `${after}`], ["false", "true"]);
}

/** Keys whose change can make calls pass or not. */
const OPAQUE_KEYS = ["category", "category_by", "pin"] as const;

function compareOpaque(key: string, before: Json | undefined, after: Json | undefined): Found[] {
  const [one, other] = [memberText(before, key), memberText(after, key)];
  return one === other ? [] : [{ kind: "changed", text: `${key}: ${one} -> ${other}` }];
}

function memberText(json: Json | undefined, key: string): string {
  const value = isJsonObject(json) ? json.get(key) : undefined;
  if (value === undefined) return "none";
  return typeof value === "string" ? value : canonicalText(value);
}
