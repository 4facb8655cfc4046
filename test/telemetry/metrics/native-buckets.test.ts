import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NativeBuckets } from "../../../src/telemetry/metrics/native-buckets.ts";
import { nativeBuckets } from "../../fixtures/prometheus-protobuf.ts";

function bucketsOf(values: readonly number[]) {
  const buckets = new NativeBuckets();
  for (const value of values) buckets.observe(value);
  const snapshot = buckets.snapshot();
  const read = { positive_span: snapshot.spans, positive_delta: snapshot.deltas, schema: snapshot.schema };
  const counts = nativeBuckets(read as unknown as Parameters<typeof nativeBuckets>[0]);
  return { ...snapshot, counts };
}

/** How many values are at most `bound`. */
function countUpTo(counts: ReadonlyMap<number, number>, bound: number): number {
  return [...counts].reduce((sum, [upper, count]) => (upper <= bound ? sum + count : sum), 0);
}

const durations = fc.array(fc.double({ min: 1e-6, max: 3_600, noNaN: true }), { maxLength: 400 });

describe("native buckets", () => {
  it("hold every value in the bucket whose bounds enclose it", () => {
    fc.assert(
      fc.property(durations, (values) => {
        const { counts, schema, zeroCount } = bucketsOf(values);
        expect(zeroCount + countUpTo(counts, Infinity)).toBe(values.length);
        for (const [upper] of counts) {
          // A value within a rounding error of a bound may be on either side of it.
          const within = values.filter((value) => value <= upper * (1 + 1e-12)).length;
          const surely = values.filter((value) => value <= upper * (1 - 1e-12)).length;
          expect(countUpTo(counts, upper)).toBeGreaterThanOrEqual(surely);
          expect(countUpTo(counts, upper)).toBeLessThanOrEqual(within);
        }
        expect(schema).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 200 },
    );
  });

  it.each([1, 2, 0.5, 1024, 2 ** -20])("end a bucket at the power of two %d, inclusive", (value) => {
    expect([...bucketsOf([value]).counts]).toEqual([[value, 1]]);
  });

  it.each([0, -1, 1e-60, Number.NaN])("count %d as zero", (value) => {
    const { zeroCount, deltas } = bucketsOf([value]);
    expect({ zeroCount, deltas }).toEqual({ zeroCount: 1, deltas: [] });
  });

  it("stay at most 160, each twice as wide where more are needed, and keep every count", () => {
    const values = Array.from({ length: 500 }, (_, index) => 2 ** ((index - 250) / 8));
    const { counts, schema } = bucketsOf(values);
    expect(schema).toBe(1);
    expect(counts.size).toBeLessThanOrEqual(160);
    expect(countUpTo(counts, Infinity)).toBe(500);
    expect(countUpTo(counts, 1)).toBe(251);
  });

  it("write up to two empty buckets, and begin a new span after more", () => {
    const { spans, deltas } = bucketsOf([1, 2 ** (3 / 8), 1024, 1024]);
    expect(spans).toEqual([
      { offset: 0, length: 4 },
      { offset: 76, length: 1 },
    ]);
    expect(deltas).toEqual([1, -1, 0, 1, 1]);
  });
});
