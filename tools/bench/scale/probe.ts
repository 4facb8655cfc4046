/** Preloaded into the built sidecar: reports its memory, CPU time and event loop delay on request, and exits with its parent. */

import { monitorEventLoopDelay } from "node:perf_hooks";

/** One reading of a probe. */
export interface ProbeReading {
  /** CPU time since the start, user and system. */
  readonly cpuUs: number;
  readonly residentBytes: number;
  /** On V8's heap and outside it. */
  readonly heldBytes: number;
  /** Longest delay of the event loop since the previous request, while it was watched. */
  readonly longestBlockMs: number;
}

export interface ProbeRequest {
  /** Whether to collect all garbage first. */
  readonly isCollected: boolean;
  /** Whether to watch the event loop from now on. */
  readonly isWatched: boolean;
}

const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

process.on("message", ({ isCollected, isWatched }: ProbeRequest) => {
  const longestBlockMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  const { user, system } = process.cpuUsage();
  if (isCollected) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const usage = {
    cpuUs: user + system,
    residentBytes: rss,
    heldBytes: heapUsed + external,
    longestBlockMs,
  } satisfies ProbeReading;
  delay.disable();
  delay.reset();
  if (isWatched) delay.enable();
  process.send?.(usage);
});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// The channel does not keep the program running.
process.channel?.unref();
