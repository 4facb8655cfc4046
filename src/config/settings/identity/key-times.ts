/** Settings of when the public keys of an issuer are fetched. */

import * as z from "zod";

/** When public keys are fetched, in milliseconds. */
export interface KeyTimes {
  readonly refreshMs: number;
  /** How long keys are used when they cannot be fetched again. */
  readonly staleMs: number;
  /** Least time between two fetches for tokens with an unknown key. */
  readonly coolDownMs: number;
}

const milliseconds = (min: number, max: number) => z.number().int().min(min).max(max);

export const KEY_TIMES = {
  "refresh-ms": milliseconds(10, 86_400_000).default(300_000),
  "stale-ms": milliseconds(10, 7 * 86_400_000).default(3_600_000),
  "cool-down-ms": milliseconds(10, 3_600_000).default(30_000),
};

export function keyTimes(raw: { readonly [Key in keyof typeof KEY_TIMES]: number }): KeyTimes {
  return { refreshMs: raw["refresh-ms"], staleMs: raw["stale-ms"], coolDownMs: raw["cool-down-ms"] };
}
