/** Every measurement, in the order of the table. */

import { BIG_RESULTS } from "./big-results.ts";
import { CALL_BODIES } from "./call-bodies.ts";
import { FIXED_RATES } from "./fixed-rate.ts";
import { FULL_LOAD } from "./full-load.ts";
import { ARGUMENTS, DECIDE, LIMITER_KEYS, SCAN } from "./inside.ts";
import { LIST } from "./list-tools.ts";
import type { Measurement } from "./row.ts";
import { PROMOTED } from "./promoted.ts";
import { SCRAPE } from "./scrape.ts";
import { SHARED_LIMITS } from "./shared-limits.ts";
import { START } from "./start.ts";
import { STDIO_BRIDGE } from "./stdio-bridge.ts";
import { STREAMS_OPEN } from "./streams.ts";
import { TWO_PROCESSES } from "./two-processes.ts";
import { WORKERS } from "./workers.ts";

export const MEASUREMENTS: readonly Measurement[] = [
  FULL_LOAD,
  ...FIXED_RATES,
  PROMOTED,
  CALL_BODIES,
  STDIO_BRIDGE,
  DECIDE,
  ARGUMENTS,
  SCAN,
  LIST,
  BIG_RESULTS,
  STREAMS_OPEN,
  LIMITER_KEYS,
  SHARED_LIMITS,
  SCRAPE,
  START,
  TWO_PROCESSES,
  WORKERS,
];
