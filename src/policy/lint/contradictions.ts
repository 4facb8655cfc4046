/** Finds conditions that contradict each other or themselves, and limits that admit no call. */

import type { Condition } from "../condition.ts";
import { isPresence } from "../operator.ts";
import type { PolicyDocument } from "../document/document.ts";
import { type Finding, placedEntries, type PlacedEntry, placedRules } from "./finding.ts";
import { isJsonArray, type Json, JsonNumber } from "../../json/json.ts";
import { measure } from "../measure.ts";
import { compareNumbers } from "../../json/compare-numbers.ts";
import type { CheckedLimit, RuleEntry } from "../document/rule-entry.ts";

/** Finds every rule that no call can meet or that has no effect, and every limit that admits no call. */
export function contradictionFindings(document: PolicyDocument): Finding[] {
  return placedEntries(document).flatMap((entry) => [
    ...placedRules(entry).flatMap(({ kind, place, rule }): Finding[] => {
      if (kind === "require" && rule.conditions.length === 0) {
        const message = "has no conditions, so it always holds and requires nothing";
        return [{ severity: "warning", code: "no-effect", path: place.path(), message }];
      }
      const why = contradictionIn(rule);
      if (why === undefined) return [];
      const effect = kind === "require" ? "no call can meet the rule" : "the rule never denies";
      const message = `can never match, since ${why}: ${effect}`;
      return [{ severity: "error", code: "never-matches", path: place.path(), message }];
    }),
    ...limitFindings(entry),
  ]);
}

/** Returns why the conditions cannot hold together; undefined when they can. */
function contradictionIn({ conditions }: RuleEntry): string | undefined {
  const alone = conditions.find(isEmptyChoice);
  if (alone !== undefined) return `\`${alone.text}\` never holds`;
  for (const [index, one] of conditions.entries()) {
    const other = conditions.slice(index + 1).find((each) => isSamePath(one, each) && isConflict(one, each));
    if (other !== undefined) return `\`${one.text}\` and \`${other.text}\` exclude each other`;
  }
  return undefined;
}

/** Whether no value fulfils the condition: `in []`, or a length below zero. */
function isEmptyChoice({ operator, of, value }: Condition): boolean {
  if (operator === "in" && isJsonArray(value)) return value.length === 0;
  if (of === "value" || !(value instanceof JsonNumber)) return false;
  const bound = Number(value.token);
  if (operator === "lt") return bound <= 0;
  if (operator === "lte") return bound < 0;
  return operator === "eq" && (bound < 0 || !Number.isInteger(bound));
}

function isSamePath(one: Condition, other: Condition): boolean {
  const isOfCaller = one.callerPath !== undefined;
  if (isOfCaller !== (other.callerPath !== undefined)) return false;
  return (
    JSON.stringify([one.segments, one.zone?.name]) === JSON.stringify([other.segments, other.zone?.name])
  );
}

function isConflict(one: Condition, other: Condition): boolean {
  if (isPresence(one.operator) || isPresence(other.operator)) return wantsGiven(one) !== wantsGiven(other);
  return excludesValues(one, other) || excludesValues(other, one) || isEmptyRange(one, other);
}

/** Whether the condition needs the argument; every operator but `exists` and `not_exists` does. */
function wantsGiven({ operator, value }: Condition): boolean {
  if (!isPresence(operator)) return true;
  return (operator === "exists") === (value === true);
}

/** Whether `one` lists all values that it admits, and `other` admits none of them. */
function excludesValues(one: Condition, other: Condition): boolean {
  const admitted = admittedBy(one);
  return (
    admitted !== undefined && admitted.length > 0 && !admitted.some((value) => admits(other, one, value))
  );
}

function admittedBy({ operator, value }: Condition): readonly Json[] | undefined {
  if (operator === "eq") return [value];
  return operator === "in" && isJsonArray(value) ? value : undefined;
}

function admits(condition: Condition, from: Condition, value: Json): boolean {
  if (condition.of === from.of) return condition.test(value) === true;
  // A length determines nothing else; a value determines its length.
  const measured = from.of === "value" ? measure(value, condition.of) : undefined;
  return measured === undefined ? from.of !== "value" : condition.test(measured) === true;
}

function isEmptyRange(one: Condition, other: Condition): boolean {
  const [low, high] = isLower(one) ? [one, other] : [other, one];
  const isRange = one.of === other.of && isLower(low) && isUpper(high);
  if (!isRange || !(low.value instanceof JsonNumber) || !(high.value instanceof JsonNumber)) return false;
  const order = compareNumbers(low.value, high.value);
  return order > 0 || (order === 0 && !(low.operator === "gte" && high.operator === "lte"));
}

function isLower({ operator }: Condition): boolean {
  return operator === "gt" || operator === "gte";
}

function isUpper({ operator }: Condition): boolean {
  return operator === "lt" || operator === "lte";
}

function limitFindings({ entry, place }: PlacedEntry): Finding[] {
  return (entry.limits ?? []).flatMap((limit, index): Finding[] => {
    const why = refusal(limit);
    const path = place.at("limits").at(index).at("max").path();
    return why === undefined ? [] : [{ severity: "warning", code: "never-admits", path, message: why }];
  });
}

function refusal({ max, increment, segments, answer }: CheckedLimit): string | undefined {
  const ofCall = increment ?? (segments === undefined ? 1 : 0);
  const least = answer === undefined ? ofCall : Number.MIN_VALUE;
  if (max >= least) return undefined;
  if (increment !== undefined)
    return `is less than "increment": no call fits; raise it, or say "action": "deny"`;
  return 'admits no call; raise it, or say "action": "deny"';
}
