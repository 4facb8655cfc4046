/** Compares the rules and the limits of two entries. */

import { canonicalText } from "../../../json/canonical-text.ts";
import { compareNumbers } from "../../../json/compare-numbers.ts";
import { type Json, JsonNumber } from "../../../json/json.ts";
import type { Condition } from "../../../policy/condition.ts";
import type { RuleSet } from "../../../policy/document/document.ts";
import { limitsOfEntry } from "../../../policy/document/own-limits.ts";
import type { CheckedLimit, RuleEntry } from "../../../policy/document/rule-entry.ts";
import type { Mode } from "../../../policy/mode.ts";
import { limitName } from "../../../policy/pointer.ts";
import { type Found, ranked, stricterOrLooser } from "./difference.ts";

/** An entry with the settings of its document that apply to it. */
export interface EntrySide {
  readonly entry: RuleSet;
  readonly mode: Mode;
  readonly isStrict: boolean;
}

export const MODE_RANK: readonly Mode[] = ["shadow", "enforce"];

export function compareRules(before: EntrySide, after: EntrySide): Found[] {
  return [...compareKind("require", before, after), ...compareKind("deny_if", before, after)];
}

type RuleKind = "require" | "deny_if";

function compareKind(kind: RuleKind, before: EntrySide, after: EntrySide): Found[] {
  const { pairs, removed, added } = matched(before.entry[kind] ?? [], after.entry[kind] ?? [], ruleKey);
  const found = pairs.flatMap(([one, other]) => compareRule(kind, [one, before], [other, after]));
  for (const rule of removed) {
    const successor = added.find((other) => shapeOf(other) === shapeOf(rule));
    if (successor === undefined) found.push({ kind: "looser", text: `${ruleText(kind, rule)}: removed` });
    else {
      added.splice(added.indexOf(successor), 1);
      found.push(
        ...compareOperands(kind, rule, successor),
        ...compareRule(kind, [rule, before], [successor, after]),
      );
    }
  }
  for (const rule of added) {
    const isShadow = (rule.mode ?? after.mode) === "shadow";
    found.push({
      kind: "stricter",
      text: `${ruleText(kind, rule)}: added${isShadow ? ", in shadow mode" : ""}`,
    });
  }
  return found;
}

function compareRule(
  kind: RuleKind,
  [before, one]: readonly [RuleEntry, EntrySide],
  [after, other]: readonly [RuleEntry, EntrySide],
): Found[] {
  const text = ruleText(kind, after);
  const modes = [before.mode, after.mode].map((mode, index) => mode ?? (index === 0 ? one.mode : other.mode));
  const isOwnMode = before.mode !== undefined || after.mode !== undefined;
  const strict = [before.strict ?? one.isStrict, after.strict ?? other.isStrict];
  const isOwnStrict = before.strict !== undefined || after.strict !== undefined;
  return [
    ...ranked(`${text}: effect`, [before.effect ?? "deny", after.effect ?? "deny"], ["approve", "deny"]),
    ...(isOwnMode ? ranked(`${text}: mode`, [modes[0] ?? "enforce", modes[1] ?? "enforce"], MODE_RANK) : []),
    ...(isOwnStrict
      ? ranked(`${text}: strict`, [`${strict[0] === true}`, `${strict[1] === true}`], ["false", "true"])
      : []),
    ...noteOf(`${text}: its message`, before.on_deny, after.on_deny),
  ];
}

/** A change of a text that is shown and decides nothing. */
export function noteOf(name: string, before: string | undefined, after: string | undefined): Found[] {
  return before === after ? [] : [{ kind: "note", text: `${name} changed` }];
}

function ruleText(kind: RuleKind, { conditions }: RuleEntry): string {
  const texts = conditions.map(({ text, isOptional }) => (isOptional ? `${text} if present` : text));
  return `${kind} ${texts.length === 0 ? "always" : texts.join(" and ")}`;
}

/** All that decides in a rule but its mode, effect and strictness. */
function ruleKey({ conditions }: RuleEntry): string {
  return JSON.stringify(
    conditions.map((condition) => [conditionShape(condition), canonicalText(condition.value)]),
  );
}

/** The same for two rules that differ in their operands alone. */
function shapeOf({ conditions }: RuleEntry): string {
  return JSON.stringify(conditions.map(conditionShape));
}

function conditionShape({ path, operator, of, items, isOptional, zone }: Condition): readonly unknown[] {
  return [path, operator, of, items ?? "", isOptional, zone?.name ?? ""];
}

function compareOperands(kind: RuleKind, before: RuleEntry, after: RuleEntry): Found[] {
  const [one, ...others] = before.conditions;
  const [other] = after.conditions;
  const narrows =
    one && other && others.length === 0 ? narrowing(one.operator, one.value, other.value) : undefined;
  const text = `${ruleText(kind, before)} -> ${after.conditions.map((condition) => condition.text).join(" and ")}`;
  if (narrows === undefined) return [{ kind: "changed", text }];
  // Fewer arguments meet the condition: `require` is stricter, `deny_if` looser.
  return [{ kind: stricterOrLooser(narrows === (kind === "require")), text }];
}

/** Whether the second operand lets fewer values meet the operator; undefined where that is not plain. */
function narrowing(operator: string, before: Json, after: Json): boolean | undefined {
  if (before instanceof JsonNumber && after instanceof JsonNumber) {
    const isLower = compareNumbers(after, before) < 0;
    if (operator === "lt" || operator === "lte") return isLower;
    if (operator === "gt" || operator === "gte") return !isLower;
  }
  return undefined;
}

export function compareLimits(before: EntrySide, after: EntrySide): Found[] {
  const { pairs, removed, added } = matched(
    limitsOfEntry(before.entry),
    limitsOfEntry(after.entry),
    limitKey,
  );
  return [
    ...pairs.flatMap(([one, other]) => compareLimit([one, before], [other, after])),
    ...removed.map((limit): Found => ({ kind: "looser", text: `${limitText(limit)}: removed` })),
    ...added.map((limit): Found => ({
      kind: "stricter",
      text: `${limitText(limit)}, ${mostOf(limit)}: added`,
    })),
  ];
}

function compareLimit(
  [before, one]: readonly [CheckedLimit, EntrySide],
  [after, other]: readonly [CheckedLimit, EntrySide],
): Found[] {
  const text = limitText(after);
  const isOwnMode = before.mode !== undefined || after.mode !== undefined;
  return [
    ...(before.max === after.max
      ? []
      : [
          {
            kind: stricterOrLooser(after.max < before.max),
            text: `${text}: at most ${before.max} -> ${after.max}`,
          },
        ]),
    ...(isOwnMode
      ? ranked(`${text}: mode`, [before.mode ?? one.mode, after.mode ?? other.mode], MODE_RANK)
      : []),
    ...noteOf(`${text}: its message`, before.on_deny, after.on_deny),
  ];
}

function limitText(limit: CheckedLimit): string {
  if (limit.cooldown !== undefined) return "pause after failures";
  const { scope = "grant" } = limit;
  const whose =
    scope === "server"
      ? "for all calls together"
      : `for each ${scope === "grant" ? "agent" : scope.replace("+", " and ")}`;
  return `limit ${limitName(limit)} ${whose}`;
}

function mostOf({ max, cooldown }: CheckedLimit): string {
  return cooldown === undefined
    ? `at most ${max}`
    : `${cooldown.failures} failures for ${cooldown.seconds} s`;
}

/** All that decides in a limit but its `max` and its mode. */
function limitKey(limit: CheckedLimit): string {
  const {
    counter,
    window,
    scope = "grant",
    algorithm = "aligned",
    increment = 1,
    increment_from: from,
  } = limit;
  const { of = "value", shared = false, on_error: onError, timezone, cooldown } = limit;
  const pause = cooldown && [cooldown.failures, cooldown.seconds, cooldown.within ?? cooldown.seconds];
  return JSON.stringify([
    [counter, window, scope === "agent" ? "grant" : scope, algorithm, timezone?.name],
    [from === undefined ? increment : from, of, shared, onError, pause],
  ]);
}

interface Matched<Item> {
  readonly pairs: readonly (readonly [Item, Item])[];
  readonly removed: Item[];
  readonly added: Item[];
}

/** Pairs items with equal keys, each once. */
function matched<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string,
): Matched<Item> {
  const added = [...after];
  const removed: Item[] = [];
  const pairs: (readonly [Item, Item])[] = [];
  for (const item of before) {
    const index = added.findIndex((other) => keyOf(other) === keyOf(item));
    const [other] = index < 0 ? [] : added.splice(index, 1);
    if (other === undefined) removed.push(item);
    else pairs.push([item, other]);
  }
  return { pairs, removed, added };
}
