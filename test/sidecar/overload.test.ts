import { describe, expect, it } from "vitest";
import { type LoopSample, watchLoop } from "../../src/sidecar/overload.ts";

const WORKS = { utilisation: 0.9, isServing: true };

interface Second extends Partial<LoopSample> {
  readonly delayMs: number;
  /** Whether a request was being answered when the sample was taken. */
  readonly isServing?: boolean;
  /** Whether a request arrived before the sample. */
  readonly hasArrival?: boolean;
}

/** Whether a request is refused after each of these seconds. */
function watched(maxMs: number, seconds: readonly Second[]): { refused: boolean[]; changes: boolean[] } {
  const changes: boolean[] = [];
  const samples: (() => void)[] = [];
  let second: Second = { delayMs: 0 };
  const watch = watchLoop({
    maxMs,
    hasRequests: () => second.isServing ?? false,
    takeSample: () => ({ utilisation: 0, ...second }),
    repeat: (sample) => {
      samples.push(sample);
      return () => undefined;
    },
    onChange: (isOverloaded) => {
      changes.push(isOverloaded);
      refused.push(isOverloaded);
    },
  });
  const refused: boolean[] = [];
  const states = seconds.map((now) => {
    second = now;
    if (now.hasArrival === true) watch.refuses();
    const before = refused.length;
    samples[0]?.();
    return refused.length > before ? (refused.at(-1) ?? false) : undefined;
  });
  let state = false;
  return { refused: states.map((change) => (state = change ?? state)), changes };
}

/** A second in time, after which the start is over, then these. */
function afterStart(...seconds: readonly Second[]): readonly boolean[] {
  return watched(500, [{ delayMs: 0 }, ...seconds]).refused.slice(1);
}

describe("the watch over the event loop", () => {
  it("refuses requests above the bound, until the delay is below half of it", () => {
    const delays = [0, 500, 501, 400, 251, 250, 400];
    expect(
      watched(
        500,
        delays.map((delayMs) => ({ delayMs, ...WORKS })),
      ),
    ).toEqual({ refused: [false, false, true, true, true, false, false], changes: [true, false] });
  });

  it("never refuses a request with a bound of 0", () => {
    expect(watched(0, [{ delayMs: 0 }, { delayMs: 10_000, ...WORKS }]).refused).toEqual([false, false]);
  });

  it.each<[string, Partial<Second>]>([
    ["is idle", { utilisation: 0.9 }],
    ["waits for the processor of a busy machine", { utilisation: 0.1, isServing: true }],
    ["waits for the processor while requests arrive", { utilisation: 0.49, hasArrival: true }],
  ])("refuses no request while a late loop %s", (_case, second) => {
    expect(afterStart({ delayMs: 5_000, ...second }, { delayMs: 5_000, ...second })).toEqual([false, false]);
  });

  it("counts a request that arrived as work, and a refused one too", () => {
    const busy = { delayMs: 600, utilisation: 0.9, hasArrival: true };
    expect(afterStart(busy, busy, { delayMs: 600, utilisation: 0.9 })).toEqual([true, true, false]);
  });

  it("refuses no request while the process starts, which ends with the first second in time", () => {
    const late = { delayMs: 900, ...WORKS };
    expect(watched(500, [late, late, { delayMs: 100, ...WORKS }, late]).refused).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("takes a start for over after ten late seconds", () => {
    const late = { delayMs: 900, ...WORKS };
    const { refused } = watched(
      500,
      Array.from({ length: 11 }, () => late),
    );
    expect(refused.indexOf(true)).toBe(9);
  });
});
