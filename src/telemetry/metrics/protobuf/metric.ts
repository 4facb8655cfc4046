/** Encodes one metric of Prometheus' protocol buffers; the fields are those of fields.ts. */

import protobuf from "protobufjs/minimal.js";
import type { NativeSnapshot } from "../native-buckets.ts";
import { FIELDS } from "./fields.ts";
import type { Exemplar, HistogramSnapshot } from "../series.ts";

type Writer = protobuf.Writer;

/** Wire types of the encoding. */
const [VARINT, DOUBLE, BYTES] = [0, 1, 2] as const;

const { Metric, Gauge, Counter, Histogram, Bucket, BucketSpan, LabelPair, Timestamp } = FIELDS;

export type Labels = Readonly<Record<string, string>>;

export function encodeGauge(labels: Labels, value: number): Uint8Array {
  const writer = startMetric(labels);
  open(writer, Metric.gauge);
  double(writer, Gauge.value, value);
  return writer.ldelim().finish();
}

/** `createdMs` is in milliseconds since the epoch: Prometheus can count from 0 at that time. */
export function encodeCounter(labels: Labels, value: number, createdMs: number): Uint8Array {
  const writer = startMetric(labels);
  open(writer, Metric.counter);
  double(writer, Counter.value, value);
  timestamp(writer, Counter.created_timestamp, createdMs);
  return writer.ldelim().finish();
}

export interface EncodableHistogram extends HistogramSnapshot {
  /** Upper bounds of all buckets but the last. */
  readonly bounds: readonly number[];
  readonly createdMs: number;
}

/** Classic buckets always, native ones beside them where the snapshot has some. */
export function encodeHistogram(labels: Labels, histogram: EncodableHistogram): Uint8Array {
  const { counts, sum, exemplars = [], native, bounds, createdMs } = histogram;
  const writer = startMetric(labels);
  open(writer, Metric.histogram);
  let cumulative = 0;
  for (const [index, count] of counts.entries()) {
    cumulative += count;
    open(writer, Histogram.bucket);
    varint(writer, Bucket.cumulative_count).uint64(cumulative);
    double(writer, Bucket.upper_bound, bounds[index] ?? Infinity);
    const exemplar = exemplars[index];
    if (exemplar !== undefined) encodeExemplar(writer, Bucket.exemplar, exemplar);
    writer.ldelim();
  }
  varint(writer, Histogram.sample_count).uint64(cumulative);
  double(writer, Histogram.sample_sum, sum);
  timestamp(writer, Histogram.created_timestamp, createdMs);
  if (native !== undefined) encodeNative(writer, native, exemplars);
  return writer.ldelim().finish();
}

function encodeNative(
  writer: Writer,
  { schema, zeroThreshold, zeroCount, spans, deltas }: NativeSnapshot,
  exemplars: readonly (Exemplar | undefined)[],
): void {
  varint(writer, Histogram.schema).sint32(schema);
  double(writer, Histogram.zero_threshold, zeroThreshold);
  varint(writer, Histogram.zero_count).uint64(zeroCount);
  for (const { offset, length } of spans) {
    open(writer, Histogram.positive_span);
    varint(writer, BucketSpan.offset).sint32(offset);
    varint(writer, BucketSpan.length).uint32(length).ldelim();
  }
  for (const delta of deltas) varint(writer, Histogram.positive_delta).sint64(delta);
  for (const exemplar of exemplars) {
    if (exemplar !== undefined) encodeExemplar(writer, Histogram.exemplars, exemplar);
  }
}

function startMetric(labels: Labels): Writer {
  const writer = protobuf.Writer.create();
  for (const [name, value] of Object.entries(labels)) encodePair(writer, Metric.label, name, value);
  return writer;
}

function encodePair(writer: Writer, field: number, name: string, value: string): void {
  open(writer, field);
  writer.uint32(tag(LabelPair.name, BYTES)).string(name);
  writer.uint32(tag(LabelPair.value, BYTES)).string(value).ldelim();
}

function encodeExemplar(writer: Writer, field: number, { traceId, value, atMs }: Exemplar): void {
  open(writer, field);
  encodePair(writer, FIELDS.Exemplar.label, "trace_id", traceId);
  double(writer, FIELDS.Exemplar.value, value);
  timestamp(writer, FIELDS.Exemplar.timestamp, atMs);
  writer.ldelim();
}

function timestamp(writer: Writer, field: number, ms: number): void {
  const seconds = Math.floor(ms / 1_000);
  open(writer, field);
  varint(writer, Timestamp.seconds).int64(seconds);
  varint(writer, Timestamp.nanos)
    .int32(Math.floor((ms - seconds * 1_000) * 1e6))
    .ldelim();
}

function double(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, DOUBLE)).double(value);
}

function varint(writer: Writer, field: number): Writer {
  return writer.uint32(tag(field, VARINT));
}

/** Begins a message, which `ldelim` ends. */
function open(writer: Writer, field: number): void {
  writer.uint32(tag(field, BYTES)).fork();
}

/** The number that precedes a field (protobuf.dev, "Encoding"). */
export function tag(field: number, wireType: typeof VARINT | typeof DOUBLE | typeof BYTES): number {
  return (field << 3) | wireType;
}
