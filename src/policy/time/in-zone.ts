/** The zone of conditions on the time. */

import type { Condition } from "../condition.ts";
import type { TimeZone } from "./time-zone.ts";

/** A condition on the time takes the zone of its document, unless it names one; any other condition is left as it is. */
export function inZone(condition: Condition, zone: TimeZone): Condition {
  if (condition.callerPath?.[0] !== "now") return condition;
  const own = condition.zone ?? zone;
  return { ...condition, zone: own, text: `${condition.text} (${own.name})` };
}
