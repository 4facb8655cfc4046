/** What V8 is told about this program's garbage, and why: docs/decisions/0053-soak.md. */

import { setFlagsFromString } from "node:v8";

/**
 * Keeps memory level under load. To be called before the first request, and before anything is compiled that is kept for
 * the next start; again changes nothing.
 */
export function tuneCollector(): void {
  // Streams that stay open teach V8 that what a call needs lives long: it would make it old at birth, and keep the whole call with it.
  setFlagsFromString("--no-allocation-site-pretenuring");
}
