/** The buckets of a native histogram: exponential, created where a value falls, and bounded in number. */

/** Eight buckets for each power of two: a bucket's bounds differ by 9 %. */
const FINEST_SCHEMA = 3;
/** More of them double each bucket's width; 160 buckets of the finest width reach from a millisecond to 17 minutes. */
const MAX_BUCKETS = 160;
/** 2 to the power of -128: smaller values are counted as 0. */
const ZERO_THRESHOLD = 2 ** -128;
/** Empty buckets that are written as such rather than begin a new span. */
const MAX_GAP = 2;

/** Consecutive buckets; `offset` is the gap to the previous span, or the index of the first bucket. */
interface Span {
  readonly offset: number;
  readonly length: number;
}

/** As Prometheus' protocol buffers hold it: the bucket `i` ends at `2 ** (i / 2 ** schema)`, inclusive. */
export interface NativeSnapshot {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly spans: readonly Span[];
  /** The count of each bucket less that of the bucket before. */
  readonly deltas: readonly number[];
}

export class NativeBuckets {
  #schema = FINEST_SCHEMA;
  #perOctave = 2 ** FINEST_SCHEMA;
  #zeroCount = 0;
  #counts = new Map<number, number>();

  observe(value: number): void {
    if (!(value > ZERO_THRESHOLD)) {
      this.#zeroCount += 1;
      return;
    }
    const index = Math.ceil(Math.log2(value) * this.#perOctave);
    const count = this.#counts.get(index);
    this.#counts.set(index, (count ?? 0) + 1);
    if (count === undefined && this.#counts.size > MAX_BUCKETS) this.#widen();
  }

  snapshot(): NativeSnapshot {
    const spans: { offset: number; length: number }[] = [];
    const deltas: number[] = [];
    let next = 0;
    let last = 0;
    const add = (count: number): void => {
      deltas.push(count - last);
      last = count;
      next += 1;
    };
    for (const [index, count] of [...this.#counts].toSorted(([one], [other]) => one - other)) {
      let span = spans.at(-1);
      if (span === undefined || index - next > MAX_GAP) {
        spans.push((span = { offset: index - next, length: 0 }));
        next = index;
      }
      span.length += index - next + 1;
      for (let gap = index - next; gap > 0; gap -= 1) add(0);
      add(count);
    }
    return { schema: this.#schema, zeroThreshold: ZERO_THRESHOLD, zeroCount: this.#zeroCount, spans, deltas };
  }

  /** Joins each two neighbours. */
  #widen(): void {
    this.#schema -= 1;
    this.#perOctave /= 2;
    const narrow = this.#counts;
    this.#counts = new Map();
    for (const [index, count] of narrow) {
      const wide = Math.ceil(index / 2);
      this.#counts.set(wide, (this.#counts.get(wide) ?? 0) + count);
    }
  }
}
