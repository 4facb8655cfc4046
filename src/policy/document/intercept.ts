/** Translates Intercept's rules of a tool to `require`, `deny_if`, `limits` and `action`. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import { limitOfText } from "./short-rate.ts";
import {
  anyJson,
  array,
  object,
  optional,
  reportUnexpected,
  required,
  string,
  oneOf,
} from "../schema/schema.ts";

interface State {
  readonly counter: string;
  readonly window: string;
  readonly increment?: Json;
  readonly increment_from?: string;
}

interface Rule {
  readonly name?: string;
  readonly description?: string;
  readonly action?: "evaluate" | "deny";
  readonly conditions?: readonly Json[];
  readonly rate_limit?: Json;
  readonly state?: State;
  readonly on_deny?: string;
}

const RULE = object<Rule>({
  name: optional(string()),
  description: optional(string()),
  action: optional(oneOf("evaluate", "deny")),
  conditions: optional(array(anyJson())),
  rate_limit: optional(anyJson()),
  state: optional(
    object<State>({
      counter: required(string(1)),
      window: required(string(1)),
      increment: optional(anyJson()),
      increment_from: optional(string(1)),
    }),
  ),
  on_deny: optional(string()),
});

/** A rule and its place in the document. */
interface Placed {
  readonly rule: Rule;
  readonly place: DocumentPath;
}

/** Translates an entry's `rules`: each condition becomes a `require`, each counter a limit of the whole server. */
export function translateRules(tool: string, rules: Json, place: DocumentPath): JsonObject {
  const placed = readRules(rules, place);
  const denial = placed.find(({ rule }) => rule.action === "deny");
  const scope = tool === "*" ? "_global" : tool;
  const require = placed.flatMap((each) => argumentRule(each));
  const limits = placed.flatMap((each) => [...rateLimits(each), ...stateLimits(each, placed, scope)]);
  return new Map<string, Json>([
    ...(denial === undefined ? [] : tool === "*" ? denyEverything(denial) : denyTool(denial)),
    ...listUnder("require", require),
    ...listUnder("limits", limits),
  ]);
}

function listUnder(key: string, items: readonly Json[]): [string, Json][] {
  return items.length === 0 ? [] : [[key, items]];
}

function readRules(rules: Json, place: DocumentPath): Placed[] {
  if (!isJsonArray(rules)) {
    reportUnexpected(place, "a list", rules);
    return [];
  }
  return rules.flatMap((json, index) => {
    const rule = RULE.read(json, place.at(index));
    return rule === undefined || !isConsistent(rule, place.at(index))
      ? []
      : [{ rule, place: place.at(index) }];
  });
}

function isConsistent(rule: Rule, place: DocumentPath): boolean {
  const hasConditions = (rule.conditions?.length ?? 0) > 0;
  const others = hasConditions || rule.state !== undefined;
  if (rule.action === "deny" && (others || rule.rate_limit !== undefined)) {
    place.report('must have no conditions, state or rate_limit with action "deny"');
  } else if (rule.rate_limit !== undefined && others) {
    place.report("must have either rate_limit, or conditions and state");
  } else if (rule.action !== "deny" && rule.rate_limit === undefined && !hasConditions) {
    place.report('must have conditions, rate_limit, or action "deny"');
  } else {
    return true;
  }
  return false;
}

function denyTool({ rule }: Placed): [string, Json][] {
  return [["action", "deny"], ...optionalText("reason", rule.on_deny)];
}

function denyEverything({ rule, place }: Placed): [string, Json][] {
  const always = new Map<string, Json>([["conditions", []], ...optionalText("on_deny", rule.on_deny)]);
  return [["deny_if", [place.markOrigin(always)]]];
}

function optionalText(key: string, value: string | undefined): [string, Json][] {
  return value === undefined ? [] : [[key, value]];
}

/** Translates the rule's conditions on arguments to one `require` rule. */
function argumentRule({ rule, place }: Placed): Json[] {
  const conditions: Json[] = [];
  for (const [index, condition] of (rule.conditions ?? []).entries()) {
    if (!isJsonObject(condition)) conditions.push(condition);
    else if (statePath(condition) === undefined) {
      conditions.push(place.at("conditions").at(index).markOrigin(new Map(condition)));
    }
  }
  if (conditions.length === 0) return [];
  const entries: [string, Json][] = [...optionalText("name", rule.name), ["conditions", conditions]];
  return [place.markOrigin(new Map([...entries, ...optionalText("on_deny", rule.on_deny)]))];
}

function rateLimits({ rule, place }: Placed): Json[] {
  const limit =
    rule.rate_limit === undefined ? undefined : limitOfText(rule.rate_limit, place.at("rate_limit"));
  return limit === undefined ? [] : [place.markOrigin(limitFor(rule, limit))];
}

/** Translates each `state.<tool>.<counter> lte N` to a limit on the counter of this tool's state block. */
function stateLimits(placed: Placed, all: readonly Placed[], scope: string): Json[] {
  return (placed.rule.conditions ?? []).flatMap((condition, index) => {
    const path = isJsonObject(condition) ? statePath(condition) : undefined;
    if (path === undefined || !isJsonObject(condition)) return [];
    const place = placed.place.at("conditions").at(index);
    const state = all
      .map(({ rule }) => rule.state)
      .find((each) => `state.${scope}.${each?.counter}` === path);
    if (state === undefined)
      return reportUnexpectedList(
        place.at("path"),
        `state.${scope}.<counter> of a state block in these rules`,
        path,
      );
    const max = maxOf(condition, place);
    return max === undefined
      ? []
      : [place.markOrigin(limitFor(placed.rule, new Map([...counterOf(state), ["max", max]])))];
  });
}

function reportUnexpectedList(place: DocumentPath, expected: string, got: Json): Json[] {
  reportUnexpected(place, expected, got);
  return [];
}

function statePath(condition: JsonObject): string | undefined {
  const path = condition.get("path");
  return typeof path === "string" && path.startsWith("state.") ? path : undefined;
}

/** The `max` of a counter: `lte N` and `lt N + 1` both admit N. */
function maxOf(condition: JsonObject, place: DocumentPath): JsonNumber | undefined {
  const value = condition.get("value") ?? null;
  const operator = condition.get("op") ?? null;
  if (operator !== "lte" && operator !== "lt")
    return reportUnexpected(place.at("op"), "lte or lt on a counter", operator);
  const max = value instanceof JsonNumber ? Number(value.token) : Number.NaN;
  if (!Number.isSafeInteger(max) || max < 1)
    return reportUnexpected(place.at("value"), "a whole number above 0", value);
  return new JsonNumber(String(operator === "lt" ? max - 1 : max));
}

function counterOf(state: State): [string, Json][] {
  return [
    ["counter", state.counter],
    ["window", state.window],
    ...(state.increment === undefined || state.increment_from !== undefined
      ? []
      : [["increment", state.increment] satisfies [string, Json]]),
    ...optionalText("increment_from", state.increment_from),
  ];
}

/** Makes a limit of the whole server, as Intercept counts all agents together. */
function limitFor(rule: Rule, limit: JsonObject): JsonObject {
  return new Map([
    ...optionalText("name", rule.name),
    ...limit,
    ["scope", "server"],
    ...optionalText("on_deny", rule.on_deny),
  ]);
}
