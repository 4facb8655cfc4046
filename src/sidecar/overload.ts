/** Detects overload by requests: late turns of the event loop while the loop works and requests are served. Sampled each second. */

import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Schedule } from "../config/files/watched-file.ts";

/** The event loop since the previous sample. */
export interface LoopSample {
  /** Median delay of its turns, in milliseconds. */
  readonly delayMs: number;
  /** Share of the time in which the loop ran code, from 0 to 1. A loop that waits for the processor of a busy machine has a low share. */
  readonly utilisation: number;
}

export interface LoopWatchOptions {
  /** A median delay above this is late, in milliseconds; 0 turns the watch off. */
  readonly maxMs: number;
  /** Whether a request is being answered. */
  readonly hasRequests: () => boolean;
  readonly onChange: (isOverloaded: boolean, delayMs: number) => void;
  /** Absent means this process's event loop. */
  readonly takeSample?: () => LoopSample;
  /** Absent means a timer that does not keep the process alive. */
  readonly repeat?: Schedule;
}

export interface LoopWatch {
  /** Asked once for each new request: whether it is refused. */
  readonly refuses: () => boolean;
  readonly stop: () => void;
}

const SAMPLE_MS = 1_000;
const RESOLUTION_MS = 20;
const NANOSECONDS = 1_000_000;
/** Below this share the loop mostly waits: the machine makes it late, not its own work. */
const WORKING = 0.5;
/** A start loads and compiles code: overload is found from the first sample in time on, or from this one. */
const MAX_START_SAMPLES = 10;

/** Watches from now on. Overload ends when the delay is below half of `maxMs`, so that the state does not flap. */
export function watchLoop(options: LoopWatchOptions): LoopWatch {
  const { maxMs, hasRequests, takeSample, repeat = byTimer } = options;
  if (maxMs === 0) return { refuses: () => false, stop: () => undefined };
  const source = takeSample === undefined ? measureLoop() : { takeSample, stop: () => undefined };
  let isOverloaded = false;
  let hasArrivals = false;
  let startSamples = MAX_START_SAMPLES;
  const stop = repeat(() => {
    const { delayMs, utilisation } = source.takeSample();
    const isLate = delayMs > (isOverloaded ? maxMs / 2 : maxMs);
    const isBusy = utilisation >= WORKING && (hasArrivals || hasRequests());
    startSamples = isLate ? Math.max(0, startSamples - 1) : 0;
    const isOverloadedNow = isLate && isBusy && startSamples === 0;
    hasArrivals = false;
    if (isOverloadedNow !== isOverloaded) options.onChange(isOverloadedNow, delayMs);
    isOverloaded = isOverloadedNow;
  }, SAMPLE_MS);
  const refuses = (): boolean => {
    hasArrivals = true;
    return isOverloaded;
  };
  return {
    refuses,
    stop: () => {
      stop();
      source.stop();
    },
  };
}

// The median, since one long turn, such as the reload of a large policy, is over before any request could be refused.
function measureLoop(): { takeSample: () => LoopSample; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let last = performance.eventLoopUtilization();
  return {
    takeSample: () => {
      const medianMs = histogram.count === 0 ? 0 : histogram.percentile(50) / NANOSECONDS;
      histogram.reset();
      const now = performance.eventLoopUtilization();
      const { utilization: utilisation } = performance.eventLoopUtilization(now, last);
      last = now;
      return { delayMs: Math.max(0, medianMs - RESOLUTION_MS), utilisation };
    },
    stop: () => void histogram.disable(),
  };
}

const byTimer: Schedule = (sample, everyMs) => {
  const timer = setInterval(sample, everyMs).unref();
  return () => clearInterval(timer);
};
