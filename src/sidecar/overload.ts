/** Detects overload from the event loop's delay, which is sampled each second. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Schedule } from "../config/files/watched-file.ts";

/** Returns the median delay since the previous call, in milliseconds. */
export type TakeDelayMs = () => number;

export interface LoopWatchOptions {
  /** A median delay above this is overload, in milliseconds; 0 turns the watch off. */
  readonly maxMs: number;
  readonly onChange: (isLate: boolean, delayMs: number) => void;
  /** Absent means the delay of this process's event loop. */
  readonly takeDelayMs?: TakeDelayMs;
  /** Absent means a timer that does not keep the process alive. */
  readonly repeat?: Schedule;
}

export interface LoopWatch {
  readonly isLate: () => boolean;
  readonly stop: () => void;
}

const SAMPLE_MS = 1_000;
const RESOLUTION_MS = 20;
const NANOSECONDS = 1_000_000;

/** Watches from now on. Overload ends when the delay is below half of `maxMs`, so that the state does not flap. */
export function watchLoop({
  maxMs,
  onChange,
  takeDelayMs: takeDelay,
  repeat = byTimer,
}: LoopWatchOptions): LoopWatch {
  if (maxMs === 0) return { isLate: () => false, stop: () => undefined };
  const source = takeDelay === undefined ? measureLoop() : { takeDelay, stop: () => undefined };
  let isLate = false;
  const stop = repeat(() => {
    const delayMs = source.takeDelay();
    const isLateNow = delayMs > (isLate ? maxMs / 2 : maxMs);
    if (isLateNow !== isLate) onChange(isLateNow, delayMs);
    isLate = isLateNow;
  }, SAMPLE_MS);
  return {
    isLate: () => isLate,
    stop: () => {
      stop();
      source.stop();
    },
  };
}

// The median, since one long turn, such as the reload of a large policy, is over before any request could be refused.
function measureLoop(): { takeDelay: TakeDelayMs; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    takeDelay: () => {
      const medianMs = histogram.count === 0 ? 0 : histogram.percentile(50) / NANOSECONDS;
      histogram.reset();
      return Math.max(0, medianMs - RESOLUTION_MS);
    },
    stop: () => void histogram.disable(),
  };
}

const byTimer: Schedule = (sample, everyMs) => {
  const timer = setInterval(sample, everyMs).unref();
  return () => clearInterval(timer);
};
