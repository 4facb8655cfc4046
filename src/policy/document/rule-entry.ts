/** Reads the rules and limits of the document: `require`, `deny_if` and `limits`. */

import { CONDITION, type Condition, readPath } from "../condition.ts";
import type { CooldownEntry } from "./cooldown.ts";
import { OFFICE_HOURS, OFFICE_HOURS_KEYS } from "../time/office-hours.ts";
import { TIME_ZONE } from "../time/read-zone.ts";
import type { TimeZone } from "../time/time-zone.ts";
import { MODES, type Mode } from "../mode.ts";
import { isJsonObject, type Json, JsonNumber } from "../../json/json.ts";
import {
  ANSWER_SOURCE_EXPECTED,
  type AnswerSource,
  isOfAnswer,
  parseAnswerSource,
} from "../answers/answer-source.ts";
import { type Algorithm, localUnitOf, type Scope, SCOPES, WINDOW_NAMES, type WindowName } from "../limit.ts";
import { MEASURES, type Measure } from "../measure.ts";
import type { ArgumentPath } from "../../json/path.ts";
import { IN_FLIGHT_KEYS, LIMIT_KEYS, RULE_KEYS } from "../reference/key-words.ts";
import { MEASURE_WORDS, SCOPE_WORDS, WINDOW_WORDS } from "../reference/value-words.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import {
  boolean,
  array,
  explained,
  listWords,
  number,
  object,
  optional,
  refine,
  reportUnexpected,
  required,
  type Shape,
  string,
  oneOf,
} from "../schema/schema.ts";

export interface RuleEntry {
  readonly name?: string;
  readonly description?: string;
  /** The rule matches when all conditions hold; an empty list always holds. */
  readonly conditions: readonly Condition[];
  readonly on_deny?: string;
  /** `approve` asks for approval instead of denying. */
  readonly effect?: "deny" | "approve";
  readonly mode?: Mode;
  /** Whether a missing argument makes the rule unevaluable; absent as the document says. */
  readonly strict?: boolean;
}

export interface LimitEntry {
  readonly name?: string;
  readonly description?: string;
  readonly counter: string;
  readonly window: WindowName | number;
  readonly max: number;
  readonly scope?: Scope | "grant";
  readonly increment?: number;
  readonly increment_from?: string;
  readonly of?: Measure;
  readonly on_deny?: string;
  readonly algorithm?: Algorithm;
  readonly shared?: boolean;
  /** A call that failed is given back. */
  readonly on_error?: "refund";
  /** The zone whose hours, days, weeks or months are the window; absent as the document says. */
  readonly timezone?: TimeZone;
  readonly mode?: Mode;
}

/** A limit whose `increment_from` was parsed. */
export interface CheckedLimit extends LimitEntry {
  readonly segments?: ArgumentPath;
  /** The part of the answer that `increment_from` names. */
  readonly answer?: AnswerSource;
  readonly cooldown?: CooldownEntry;
}

export const MODE: Shape<Mode> = oneOf(...MODES);

const ANY_CONDITION: Shape<Condition> = {
  read: (json, place) => {
    const isHours = isJsonObject(json) && OFFICE_HOURS_KEYS.some((key) => json.has(key));
    return isHours ? OFFICE_HOURS.read(json, place) : CONDITION.read(json, place);
  },
  schema: { anyOf: [CONDITION.schema, OFFICE_HOURS.schema] },
};

export const RULES: Shape<readonly RuleEntry[]> = array(
  object<RuleEntry>(
    {
      name: optional(string()),
      description: optional(string()),
      conditions: required(array(ANY_CONDITION)),
      on_deny: optional(string()),
      effect: optional(oneOf("deny", "approve")),
      mode: optional(MODE),
      strict: optional(boolean()),
    },
    RULE_KEYS,
  ),
);

/** The length of a leap year, in seconds. */
const MAX_WINDOW_SECONDS = 366 * 24 * 60 * 60;

const WINDOW: Shape<WindowName | number> = {
  read: (json, place) =>
    namedWindow(json) ?? seconds(json) ?? reportUnexpected(place, windowExpected(json), json),
  schema: {
    anyOf: [
      explained(WINDOW_NAMES, WINDOW_WORDS).schema,
      { type: "integer", minimum: 1, maximum: MAX_WINDOW_SECONDS },
    ],
  },
};

function namedWindow(json: Json): WindowName | undefined {
  return WINDOW_NAMES.find((name) => name === json);
}

function seconds(json: Json): number | undefined {
  const value = json instanceof JsonNumber ? Number(json.token) : 0;
  return Number.isInteger(value) && value >= 1 && value <= MAX_WINDOW_SECONDS ? value : undefined;
}

function windowExpected(json: Json): string {
  if (json instanceof JsonNumber) return `a whole number of seconds from 1 to ${MAX_WINDOW_SECONDS}`;
  // Calls in flight have a form of their own, `"concurrent": 3`.
  return listWords([...WINDOW_NAMES.filter((name) => name !== "concurrent"), "seconds"]);
}

const SCOPE: Shape<NonNullable<LimitEntry["scope"]>> = explained(["grant", ...SCOPES], SCOPE_WORDS);

const WINDOWED: Shape<CheckedLimit> = refine(
  object<LimitEntry>(
    {
      name: optional(string()),
      description: optional(string()),
      counter: required(string(1)),
      window: required(WINDOW),
      max: required(number("a number of 0 or more", (value) => value >= 0, { minimum: 0 })),
      scope: optional(SCOPE),
      increment: optional(number("a number above 0", (value) => value > 0, { exclusiveMinimum: 0 })),
      increment_from: optional(string(1)),
      of: optional(explained(MEASURES, MEASURE_WORDS)),
      on_deny: optional(string()),
      algorithm: optional(oneOf("aligned", "sliding")),
      shared: optional(boolean()),
      timezone: optional(TIME_ZONE),
      on_error: optional(oneOf("refund")),
      mode: optional(MODE),
    },
    LIMIT_KEYS,
  ),
  checkLimit,
);

/** The number of calls that may be in flight. */
export const CONCURRENT: Shape<number> = number(
  "a whole number of 0 or more",
  (value) => Number.isSafeInteger(value) && value >= 0,
  { type: "integer", minimum: 0 },
);

/** The counter of calls in flight, when the author names none. */
export const IN_FLIGHT_COUNTER = "in_flight";

interface InFlightEntry extends Pick<
  LimitEntry,
  "name" | "description" | "scope" | "on_deny" | "shared" | "mode"
> {
  readonly concurrent: number;
  readonly counter?: string;
}

/** `{ "concurrent": 3 }`, which is short for a limit of the window `concurrent`. */
const IN_FLIGHT: Shape<CheckedLimit> = refine(
  object<InFlightEntry>(
    {
      name: optional(string()),
      description: optional(string()),
      concurrent: required(CONCURRENT),
      counter: optional(string(1)),
      scope: optional(SCOPE),
      on_deny: optional(string()),
      shared: optional(boolean()),
      mode: optional(MODE),
    },
    IN_FLIGHT_KEYS,
  ),
  ({ concurrent, counter = IN_FLIGHT_COUNTER, ...rest }, place) =>
    checkLimit({ ...rest, counter, window: "concurrent", max: concurrent }, place),
);

export const LIMITS: Shape<readonly CheckedLimit[]> = array({
  read: (json, place) =>
    isJsonObject(json) && json.has("concurrent") ? IN_FLIGHT.read(json, place) : WINDOWED.read(json, place),
  schema: { anyOf: [WINDOWED.schema, IN_FLIGHT.schema] },
});

function checkLimit(entry: LimitEntry, place: DocumentPath): CheckedLimit | undefined {
  if (entry.window === "concurrent" && !isSoundInFlight(entry, place)) return undefined;
  if (entry.timezone !== undefined && localUnitOf(entry.window, entry.algorithm ?? "aligned") === undefined)
    return place.at("timezone").report("needs an aligned window of an hour, a day, a week or a month");
  if (entry.increment_from === undefined) {
    if (entry.of === undefined) return entry;
    return place.at("of").report('needs "increment_from" beside it');
  }
  if (entry.increment !== undefined) {
    return place.at("increment").report('must not stand beside "increment_from"');
  }
  if (isOfAnswer(entry.increment_from)) return checkAnswer(entry, entry.increment_from, place);
  const segments = readPath(entry.increment_from, place.at("increment_from"));
  return segments && { ...entry, segments };
}

/** An amount of the answer is not charged before the call, so that there is nothing to give back. */
function checkAnswer(entry: LimitEntry, path: string, place: DocumentPath): CheckedLimit | undefined {
  for (const key of ["of", "on_error"] as const) {
    if (entry[key] !== undefined)
      return place.at(key).report("must not stand beside an amount of the answer");
  }
  const answer = parseAnswerSource(path);
  return answer === undefined
    ? reportUnexpected(place.at("increment_from"), ANSWER_SOURCE_EXPECTED, path)
    : { ...entry, answer };
}

/** Calls in flight are counted one by one, and have no window of time. */
function isSoundInFlight(entry: LimitEntry, place: DocumentPath): boolean {
  const wrong = (["increment", "increment_from", "of", "algorithm", "on_error"] as const).filter(
    (key) => entry[key] !== undefined,
  );
  for (const key of wrong) place.at(key).report("must not stand in a limit of calls in flight");
  return wrong.length === 0;
}
