/** Every measurement, in the order of the table. */

import { BIG_RESULTS } from "./big-results.ts";
import { FIXED_RATE } from "./fixed-rate.ts";
import { FULL_LOAD } from "./full-load.ts";
import type { Measurement } from "./row.ts";

export const MEASUREMENTS: readonly Measurement[] = [FULL_LOAD, FIXED_RATE, BIG_RESULTS];
