/** V8 flags for garbage collection; see docs/decisions/0053-soak.md. */

import { setFlagsFromString } from "node:v8";

/** Keeps memory level under load. Call it before the first request, and before code is compiled into the compile cache. */
export function tuneCollector(): void {
  // With long-lived streams V8 allocates per-call objects directly in old space, and each one keeps its whole call alive.
  setFlagsFromString("--no-allocation-site-pretenuring");
}
