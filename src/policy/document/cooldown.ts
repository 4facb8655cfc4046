/** Reads `cooldown` of an entry: after some failures, the calls of one agent to one tool are refused for a while. */

import { type Scope, SCOPES } from "../limit.ts";
import { MODES, type Mode } from "../mode.ts";
import { COOLDOWN_KEYS } from "../reference/key-words.ts";
import { number, object, oneOf, optional, required, type Shape, string } from "../schema/schema.ts";

export interface CooldownEntry {
  /** The number of failures that opens the pause. */
  readonly failures: number;
  /** Seconds of the pause. */
  readonly seconds: number;
  /** Seconds in which the failures come; absent: those of the pause. */
  readonly within?: number;
  readonly scope?: Scope | "grant";
  readonly on_deny?: string;
  readonly mode?: Mode;
  readonly description?: string;
}

const COUNT = number("a whole number above 0", (value) => Number.isSafeInteger(value) && value > 0, {
  type: "integer",
  minimum: 1,
});
const DAY_SECONDS = 86_400;
const SECONDS = number(
  `a whole number of seconds from 1 to ${DAY_SECONDS}`,
  (value) => Number.isSafeInteger(value) && value > 0 && value <= DAY_SECONDS,
  { type: "integer", minimum: 1, maximum: DAY_SECONDS },
);

export const COOLDOWN: Shape<CooldownEntry> = object<CooldownEntry>(
  {
    failures: required(COUNT),
    seconds: required(SECONDS),
    within: optional(SECONDS),
    scope: optional(oneOf("grant", ...SCOPES)),
    on_deny: optional(string()),
    mode: optional(oneOf(...MODES)),
    description: optional(string()),
  },
  COOLDOWN_KEYS,
);
