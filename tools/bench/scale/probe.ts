/** Preloaded into the built sidecar: tells of its memory, processor time and event loop when it is asked, and ends with whoever asks. */

import { monitorEventLoopDelay } from "node:perf_hooks";

/** One answer of a probe. */
export interface ProbeReading {
  /** Processor time so far, user and system. */
  readonly cpuUs: number;
  readonly residentBytes: number;
  /** On V8's heap and beside it. */
  readonly heldBytes: number;
  /** Longest time that the event loop did not turn since the question before, as far as it was watched. */
  readonly longestBlockMs: number;
}

export interface ProbeRequest {
  /** Whether all garbage is collected before the answer. */
  readonly isCollected: boolean;
  /** Whether the event loop is watched from now on. */
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
// A question does not keep the program running.
process.channel?.unref();
