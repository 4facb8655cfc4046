/** How full the limits are, for metrics and the console. */

import { toolOfPointer } from "../../policy/pointer.ts";
import type { LimitSurvey } from "./memory-counters.ts";

export interface LimitReadings {
  /** Over all limits. */
  readonly keys: number;
  /** One entry for each limit: its fullest key, as a share of `max`. */
  readonly fullest: readonly LimitFill[];
}

export interface LimitFill {
  /** Empty for a limit that is not about one tool. */
  readonly tool: string;
  readonly counter: string;
  readonly scope: string;
  readonly ratio: number;
  /** The parts of the ratio, and the rule of the limit. */
  readonly used: number;
  readonly max: number;
  readonly rule: string;
}

export function limitReadings(surveys: readonly LimitSurvey[]): LimitReadings {
  return {
    keys: surveys.reduce((sum, { keys }) => sum + keys, 0),
    fullest: surveys.map(({ limit, fullest }) => ({
      tool: toolOfPointer(limit.rule) ?? "",
      counter: limit.counter,
      scope: limit.scope,
      used: fullest,
      max: limit.max,
      rule: limit.rule,
      ratio: limit.max === 0 ? 1 : fullest / limit.max,
    })),
  };
}
