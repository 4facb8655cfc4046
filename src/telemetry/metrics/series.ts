/** One series of a metric: it holds the value, and writes its own lines. */

import { SYSTEM_CLOCK } from "../../enforcement/clock.ts";
import type { TextFormat } from "./exposition-format.ts";
import type { NativeBuckets, NativeSnapshot } from "./native-buckets.ts";

/** The format of a family's lines, and the labels that all of its series share. */
export interface LineContext {
  readonly format: TextFormat;
  /** `server="s"`, or empty. */
  readonly shared: string;
}

export interface Series {
  /** When the series was created, in milliseconds since the epoch. */
  readonly createdMs: number;
  /** Appends the lines of the series to `into`, without line breaks. */
  readonly write: (into: string[], lines: LineContext) => void;
}

/** A series that holds one number. */
export interface NumberSeries extends Series {
  readonly value: () => number;
  readonly add: (amount: number) => void;
  readonly set: (value: number) => void;
}

export interface HistogramSeries extends Series {
  readonly snapshot: () => HistogramSnapshot;
  /** Adds one observation; `traceId` becomes the bucket's exemplar. */
  readonly observe: (value: number, traceId?: string) => void;
}

export interface HistogramSnapshot {
  /** One for each bucket, the last of which is unbounded; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** By bucket; absent without traces. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
  /** Absent where none are kept. */
  readonly native?: NativeSnapshot;
}

/** A counter or gauge. `labels` are the labels of this series, from `labelText`; empty when there are none. */
export function numberSeries(name: string, labels: string): NumberSeries {
  let value = 0;
  return {
    createdMs: SYSTEM_CLOCK.wallMs(),
    value: () => value,
    add: (amount) => void (value += amount),
    set: (next) => void (value = next),
    write: (into, { shared }) =>
      void into.push(`${name}${braced(joined(shared, labels))} ${numberText(value)}`),
  };
}

/** The latest traced observation of a bucket. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  readonly atMs: number;
}

/** The beginnings of a histogram's lines; a bucket's goes up to and includes its bound, and the last bound is infinite. */
export interface HistogramNames {
  readonly bounds: readonly number[];
  readonly bucketHeads: readonly string[];
  readonly sum: string;
  readonly count: string;
}

export function histogramNames(name: string, bounds: readonly number[]): HistogramNames {
  const texts = [...bounds.map(String), "+Inf"];
  const bucketHeads = texts.map((bound) => `${name}_bucket{le="${bound}"`);
  return { bounds, bucketHeads, sum: `${name}_sum`, count: `${name}_count` };
}

/** `native` are kept beside the classic buckets; absent: none. */
export function histogramSeries(
  names: HistogramNames,
  labels: string,
  native?: NativeBuckets,
): HistogramSeries {
  const { bounds, bucketHeads } = names;
  const counts = new Float64Array(bucketHeads.length);
  let exemplars: (Exemplar | undefined)[] | undefined;
  let sum = 0;
  const observe = (value: number, traceId?: string): void => {
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    sum += value;
    native?.observe(value);
    if (traceId !== undefined) (exemplars ??= [])[bucket] = { traceId, value, atMs: SYSTEM_CLOCK.wallMs() };
  };
  const write = (into: string[], { shared, format }: LineContext): void => {
    const own = joined(shared, labels);
    const tail = own === "" ? "} " : `,${own}} `;
    let cumulative = 0;
    for (const [bucket, head] of bucketHeads.entries()) {
      cumulative += counts[bucket] ?? 0;
      const exemplar = format === "openmetrics" ? exemplars?.[bucket] : undefined;
      into.push(head + tail + cumulative + (exemplar === undefined ? "" : exemplarText(exemplar)));
    }
    into.push(`${names.sum}${braced(own)} ${numberText(sum)}`, `${names.count}${braced(own)} ${cumulative}`);
  };
  const snapshot = (): HistogramSnapshot => ({
    counts: [...counts],
    sum,
    ...(exemplars && { exemplars: [...exemplars] }),
    ...(native && { native: native.snapshot() }),
  });
  return { createdMs: SYSTEM_CLOCK.wallMs(), snapshot, observe, write };
}

/** Labels as written in a line, without the braces. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escaped(values[index] ?? "")}"`).join(",");
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;
}

function joined(one: string, other: string): string {
  return one === "" || other === "" ? one + other : `${one},${other}`;
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function exemplarText({ traceId, value, atMs }: Exemplar): string {
  return ` # {trace_id="${traceId}"} ${numberText(value)} ${atMs / 1000}`;
}
