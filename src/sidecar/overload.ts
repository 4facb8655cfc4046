/** Whether this process keeps up: the event loop's delay, looked at each second, and what follows from it. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Repeat } from "../config/files/watched-file.ts";

/** The median delay since it was asked last, in milliseconds. */
export type TakeDelayMs = () => number;

export interface LoopWatchOptions {
  /** A median above it, over a second, is too late; 0 watches nothing. */
  readonly maxMs: number;
  readonly onChange: (isLate: boolean, delayMs: number) => void;
  /** Absent: the real one. */
  readonly takeDelayMs?: TakeDelayMs;
  /** Absent: a timer that keeps no process alive. */
  readonly repeat?: Repeat;
}

export interface LoopWatch {
  readonly isLate: () => boolean;
  readonly stop: () => void;
}

const LOOK_MS = 1_000;
const RESOLUTION_MS = 20;
const NANOSECONDS = 1_000_000;

/** Watches from now on; it is late until the delay is below half of `maxMs` again, so that it does not flutter. */
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
  }, LOOK_MS);
  return {
    isLate: () => isLate,
    stop: () => {
      stop();
      source.stop();
    },
  };
}

// The median: one long turn, such as a reload of a large policy, is over when it could be acted upon.
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

const byTimer: Repeat = (look, everyMs) => {
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
};
