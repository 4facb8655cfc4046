/** The limits that an entry has besides its list: those of `concurrent` and `cooldown`. */

import type { CooldownEntry } from "./cooldown.ts";
import { type CheckedLimit, IN_FLIGHT_COUNTER } from "./rule-entry.ts";

/** The limits of an entry: those of its own `concurrent` and `cooldown`, then its list. */
export function limitsOfEntry(entry: {
  readonly concurrent?: number;
  readonly cooldown?: CooldownEntry;
  readonly limits?: readonly CheckedLimit[];
}): readonly CheckedLimit[] {
  const { concurrent, cooldown, limits = [] } = entry;
  const own: CheckedLimit[] = [];
  if (concurrent !== undefined)
    own.push({ counter: IN_FLIGHT_COUNTER, window: "concurrent", max: concurrent, scope: "tool" });
  if (cooldown !== undefined) own.push(cooldownLimit(cooldown));
  return own.length === 0 ? limits : [...own, ...limits];
}

const PAUSE_SCOPE = "agent+tool";

/** A limit that is full while the pause lasts. */
function cooldownLimit(cooldown: CooldownEntry): CheckedLimit {
  const { seconds, scope = PAUSE_SCOPE, on_deny, mode } = cooldown;
  return {
    counter: "cooldown",
    window: seconds,
    algorithm: "sliding",
    max: 1,
    scope,
    answer: { kind: "failures" },
    cooldown,
    ...(on_deny !== undefined && { on_deny }),
    ...(mode !== undefined && { mode }),
  };
}

/** The limit that counts the failures; it refuses nothing itself. */
export function failureLimit({
  failures,
  seconds,
  within = seconds,
  scope = PAUSE_SCOPE,
}: CooldownEntry): CheckedLimit {
  return { counter: "cooldown failures", window: within, algorithm: "sliding", max: failures, scope };
}
