/** Time as an argument: the wall for windows and records, a steady count for durations. */

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Milliseconds from an arbitrary start that never goes back. */
  readonly steadyMs: () => number;
}

export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
};
