import { describe, expect, it } from "vitest";
import { watchLoop } from "../../src/sidecar/overload.ts";

/** The state of the watch after each of these delays. */
function watched(maxMs: number, delaysMs: readonly number[]): { late: boolean[]; changes: boolean[] } {
  const changes: boolean[] = [];
  const waiting = [...delaysMs];
  const looks: (() => void)[] = [];
  const watch = watchLoop({
    maxMs,
    takeDelayMs: () => waiting.shift() ?? 0,
    repeat: (poll) => {
      looks.push(poll);
      return () => undefined;
    },
    onChange: (isLate) => changes.push(isLate),
  });
  const late = delaysMs.map(() => {
    looks[0]?.();
    return watch.isLate();
  });
  return { late, changes };
}

describe("the watch over the event loop", () => {
  it("reports overload above the bound, until the delay is below half of it", () => {
    expect(watched(500, [0, 500, 501, 400, 251, 250, 400])).toEqual({
      late: [false, false, true, true, true, false, false],
      changes: [true, false],
    });
  });

  it("never reports overload with a bound of 0", () => {
    expect(watched(0, [10_000]).late).toEqual([false]);
  });
});
