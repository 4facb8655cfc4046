/** Finds conditions that a path with `..` walks around, and conditions on one item where a list was meant. */

import type { ArgumentPath } from "../../json/path.ts";
import type { Condition } from "../condition.ts";
import { isPresence } from "../operator.ts";
import type { PolicyDocument } from "../document/document.ts";
import { type Finding, type PlacedEntry, type PlacedRule, placedEntries, placedRules } from "./finding.ts";

/** Returns the findings of every entry. */
export function pathFindings(document: PolicyDocument): Finding[] {
  return placedEntries(document).flatMap((entry) => {
    const rules = placedRules(entry);
    return [...rules.flatMap((placed) => ruleFindings(placed, rules)), ...amountFindings(entry, rules)];
  });
}

function ruleFindings(placed: PlacedRule, rules: readonly PlacedRule[]): Finding[] {
  return placed.rule.conditions.flatMap((condition, index) => {
    if (condition.callerPath !== undefined) return [];
    const path = placed.place.at("conditions").at(index).path();
    return [
      ...climbFinding(condition, { placed, path, rules }),
      ...itemFinding(condition, { placed, path, rules }),
    ];
  });
}

interface Context {
  readonly placed: PlacedRule;
  readonly path: string;
  readonly rules: readonly PlacedRule[];
}

/** Finds a requirement that a path in a folder meets although `..` leads out of it, and a denial that such a path avoids. */
function climbFinding(condition: Condition, { placed, path, rules }: Context): Finding[] {
  const isRequired = placed.kind === "require";
  const isAround = (each: string): boolean =>
    condition.test(each) === isRequired && !isDeniedElsewhere(each, condition, rules);
  const samples = foldersOf(condition).flatMap((folder) =>
    ENDS.filter((end) => condition.test(`${folder}/${end}`) === true).flatMap((end) =>
      isRequired ? leaving(folder, end) : entering(folder, end),
    ),
  );
  const around = samples.find(isAround);
  if (around === undefined) return [];
  const effect = isRequired
    ? "holds for a path that `..` leads out of the folder"
    : "does not hold for a path that `..` leads into the folder";
  const message = `\`${condition.text}\` ${effect}, such as ${JSON.stringify(around)}: use \`path_within\``;
  return [{ severity: "warning", code: "path-climbs", path, message }];
}

/** Names that a pattern of paths may end with. */
const ENDS = ["a", "a.txt", "a.md", "a.csv", "a.json", "a.log", "a.yaml", "a.py"];
const UP = "../../../../../../../..";

function leaving(folder: string, end: string): string[] {
  return [`${folder}/${UP}/etc/${end}`, `${folder}/a/${UP}/etc/${end}`];
}

function entering(folder: string, end: string): string[] {
  return [`/a/..${folder}/${end}`, `${folder.replace(/\/(?=[^/]*$)/, "/a/../")}/${end}`];
}

/** The absolute folders that the operand of the condition names; none for conditions on other things. */
function foldersOf({ operator, of, value }: Condition): string[] {
  const isTested = operator === "regex" || operator === "starts_with" || operator === "matches";
  if (!isTested || of !== "value" || typeof value !== "string" || value.includes("://")) return [];
  const text = operator === "regex" ? withoutSyntax(value) : value;
  return Array.from(text.matchAll(/(?<![\w.*-])(?:\/[\w@.-]*[\w@-])+/g), ([folder]) => folder);
}

/** A regular expression without its classes and without backslashes before punctuation. */
function withoutSyntax(pattern: string): string {
  return pattern.replaceAll(/\[[^\]]*\]/g, "*").replaceAll(/\\([^\w\s])/g, "$1");
}

/** Whether another condition on the same argument denies the path. */
function isDeniedElsewhere(path: string, { segments }: Condition, rules: readonly PlacedRule[]): boolean {
  const wanted = JSON.stringify(segments.map(String));
  return rules.some(({ kind, rule }) => {
    if (rule.mode === "shadow" || rule.effect === "approve") return false;
    if (kind === "deny_if" && rule.conditions.length > 1) return false;
    return rule.conditions.some((each) => {
      const isSame = each.of === "value" && JSON.stringify(each.segments.map(String)) === wanted;
      return isSame && each.test(path) !== (kind === "require");
    });
  });
}

/** Finds a condition on an item by its number: the other items of the list pass untested. */
function itemFinding(condition: Condition, { placed, path, rules }: Context): Finding[] {
  const { segments, operator } = condition;
  // Whether a list has a first item is a question about the list.
  const isAboutList = isPresence(operator) && typeof segments.at(-1) === "number";
  const isItem = segments.some((segment) => typeof segment === "number");
  if (!isItem || isAboutList || isLengthTested(segments, rules)) return [];
  const every = condition.path.replaceAll(/\[\d+\]/g, "[*]");
  const quantifier = placed.kind === "require" ? "every" : "some";
  const message = `\`${condition.path}\` is one item, and the others of the list are not tested: write \`${every}\` with "items": "${quantifier}", or test the list's length too`;
  return [{ severity: "warning", code: "one-item", path, message }];
}

function amountFindings({ entry, place }: PlacedEntry, rules: readonly PlacedRule[]): Finding[] {
  return (entry.limits ?? []).flatMap(({ segments, increment_from: from = "" }, index): Finding[] => {
    const isItem = segments?.some((segment) => typeof segment === "number") === true;
    if (!isItem || isLengthTested(segments, rules)) return [];
    const path = place.at("limits").at(index).at("increment_from").path();
    const message = `\`${from}\` is one item, and the others of the list are not counted: test the list's length too`;
    return [{ severity: "warning", code: "one-item", path, message }];
  });
}

/** Whether a condition tests the length of the list that the path takes an item of. */
function isLengthTested(segments: ArgumentPath, rules: readonly PlacedRule[]): boolean {
  const index = segments.findIndex((segment) => typeof segment === "number");
  const list = JSON.stringify(segments.slice(0, index).map(String));
  return rules.some(({ rule }) =>
    rule.conditions.some(
      (each) => each.of === "length" && JSON.stringify(each.segments.map(String)) === list,
    ),
  );
}
