/** What V8 is told about this program's garbage, and why: docs/decisions/0053-soak.md. */

import { setFlagsFromString } from "node:v8";

/** How much the old generation may grow between two collections of it, in percent of what the last one left; V8 itself would let it triple. */
const OLD_GROWTH_PERCENT = 50;

/**
 * Keeps memory small and level under load. To be called before the first request, and before anything is compiled that is kept for
 * the next start; again changes nothing.
 */
export function tuneCollector(): void {
  // Streams that stay open teach V8 that what a call needs lives long: it would make it old at birth, and keep the whole call with it.
  setFlagsFromString("--no-allocation-site-pretenuring");
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
}
