/** Compiles the rules and limits of one entry, with their pointers, modes and increments. */

import { isWellFormedJson } from "../../json/well-formed.ts";
import type { Mode } from "../mode.ts";
import type { RuleSet } from "./document.ts";
import { isHeldByDouble } from "../../json/compare-numbers.ts";
import { type Json, JsonNumber } from "../../json/json.ts";
import { inZone } from "../time/in-zone.ts";
import { type Algorithm, type Limit, localUnitOf, type Scope, windowOf } from "../limit.ts";
import { type TimeZone, UTC } from "../time/time-zone.ts";
import { measure } from "../measure.ts";
import { argumentAmbiguity, mayBeParsed } from "../argument-ambiguity.ts";
import { resolveArgument, WRONG_CONTAINER } from "../../json/path.ts";
import { uniqueNames, limitName, ruleName, windowName } from "../pointer.ts";
import type { Amount, CompiledLimit } from "../policy.ts";
import type { Rule } from "../rule.ts";
import type { CooldownEntry } from "./cooldown.ts";
import { failureLimit } from "./own-limits.ts";
import type { CheckedLimit, RuleEntry } from "./rule-entry.ts";

/** The values that all rules of one entry share. */
export interface RuleContext {
  /** Pointer of the entry: `/tools/create_charge`. */
  readonly pointer: string;
  readonly mode: Mode;
  /** `shadow` when the operator shadows the whole document, whatever a rule sets. */
  readonly forced?: Mode | undefined;
  readonly isStrict: boolean;
  /** The zone of the document; absent: UTC. */
  readonly zone: TimeZone | undefined;
}

/** Compiles `require` and `deny_if` in the order of the document. */
export function compileRules(rules: RuleSet, place: RuleContext): Rule[] {
  const require = compileList("require", rules.require ?? [], place);
  const denyIf = compileList("deny_if", rules.deny_if ?? [], place);
  return rules.first === "deny_if" ? [...denyIf, ...require] : [...require, ...denyIf];
}

function compileList(kind: Rule["kind"], entries: readonly RuleEntry[], place: RuleContext): Rule[] {
  const names = uniqueNames(entries.map(ruleName));
  return entries.map((entry, index) => ({
    kind,
    pointer: `${place.pointer}/${kind}/${names[index]}`,
    conditions: entry.conditions.map((condition) => inZone(condition, place.zone ?? UTC)),
    effect: entry.effect ?? "deny",
    mode: place.forced ?? entry.mode ?? place.mode,
    isStrict: entry.strict ?? place.isStrict,
    ...(entry.on_deny !== undefined && { message: entry.on_deny }),
  }));
}

/** Compiles limits: their ids, pointers, windows and amounts. */
export function compileLimits(entries: readonly CheckedLimit[], place: RuleContext): CompiledLimit[] {
  const names = uniqueNames(entries.map(limitName));
  const ids = uniqueNames(entries.map((entry) => limitId(entry, place.pointer, place)));
  return entries.map((entry, index) => {
    const rule = `${place.pointer}/limits/${names[index]}`;
    const id = entry.shared === true ? limitId(entry, "shared", place) : `${ids[index]}`;
    return { limit: compileLimit(entry, place, { rule, id }), amountOf: amountOf(entry) };
  });
}

/** The counter's id does not depend on `max`, messages and mode, so that editing them does not reset the counter. */
function limitId(entry: CheckedLimit, home: string, place: RuleContext): string {
  const zone = localUnitOf(entry.window, algorithmOf(entry)) && zoneOf(entry, place)?.name;
  const parts = [home, entry.counter, windowName(entry), scopeOf(entry), algorithmOf(entry)];
  return JSON.stringify(zone === undefined ? parts : [...parts, zone]);
}

/** UTC by name is the same as no zone. */
function zoneOf({ timezone }: CheckedLimit, { zone }: RuleContext): TimeZone | undefined {
  const found = timezone ?? zone;
  return found?.name === UTC.name ? undefined : found;
}

function scopeOf({ scope = "grant" }: CheckedLimit): Scope {
  return scope === "grant" ? "agent" : scope;
}

function algorithmOf({ algorithm = "aligned" }: CheckedLimit): Algorithm {
  return algorithm;
}

function compileLimit(entry: CheckedLimit, place: RuleContext, names: Pick<Limit, "id" | "rule">): Limit {
  return {
    ...names,
    counter: entry.counter,
    window: windowOf(entry.window, algorithmOf(entry), zoneOf(entry, place)),
    max: entry.max,
    scope: scopeOf(entry),
    algorithm: algorithmOf(entry),
    measures: measuresOf(entry),
    mode: place.forced ?? entry.mode ?? place.mode,
    ...(entry.on_deny !== undefined && { message: entry.on_deny }),
    ...(entry.answer && { answer: entry.answer }),
    ...(entry.on_error === "refund" && { isRefundedOnError: true }),
    ...(entry.cooldown && { opener: openerOf(entry.cooldown, place, names) }),
  };
}

/** The limit that counts the failures of a pause. */
function openerOf(
  cooldown: CooldownEntry,
  place: RuleContext,
  { id, rule }: Pick<Limit, "id" | "rule">,
): Limit {
  const entry = failureLimit(cooldown);
  return compileLimit(entry, place, { id: JSON.stringify([id, entry.window]), rule });
}

function measuresOf({ window, increment, segments, answer, cooldown }: CheckedLimit): Limit["measures"] {
  if (cooldown !== undefined) return "pause";
  if (answer !== undefined) return "amounts";
  if (window === "concurrent") return "in_flight";
  return increment === undefined && segments === undefined ? "calls" : "amounts";
}

function amountOf({
  increment = 1,
  segments,
  of = "value",
  answer,
}: CheckedLimit): CompiledLimit["amountOf"] {
  if (answer !== undefined) return () => 0;
  if (segments === undefined) return () => increment;
  return (args, inputSchema) => {
    const ambiguity = argumentAmbiguity(args, segments, inputSchema);
    if (ambiguity !== undefined) return ambiguity;
    const found = resolveArgument(args, segments);
    if (found === undefined) return "missing";
    if (found === WRONG_CONTAINER) return "type";
    if (!isWellFormedJson(found)) return "encoding";
    if (of !== "value" && mayBeParsed(found, segments, inputSchema)) return "type";
    return amountIn(measure(found, of));
  };
}

function amountIn(measured: Json | undefined): Amount {
  if (!(measured instanceof JsonNumber)) return "type";
  if (!isHeldByDouble(measured)) return "precision";
  const amount = Number(measured.token);
  // Security: a negative amount would refill the counter.
  return amount >= 0 ? amount : "type";
}
