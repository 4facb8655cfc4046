/** The response to a scrape that asks for protocol buffers: each family as one MetricFamily after its length. */

import protobuf from "protobufjs/minimal.js";
import { isHistogramFamily } from "../family.ts";
import type { MetricRow } from "../metric-definitions.ts";
import type { ProcessFamily } from "./process-families.ts";
import { FIELDS, METRIC_TYPES } from "./fields.ts";
import { encodeCounter, encodeGauge, encodeHistogram, tag } from "./metric.ts";
import type { AnyFamily } from "../registry.ts";

const { MetricFamily } = FIELDS;

/** Bytes of one slice, which takes a fraction of a millisecond; the event loop may run between two slices. */
const SLICE_BYTES = 16_384;

/** Writes all families, and yields to the event loop between slices. */
export async function renderProtobuf(
  families: readonly AnyFamily[],
  readProcessFamilies: () => Promise<readonly ProcessFamily[]>,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const messages = families.filter(({ size }) => size > 0).map((family) => familyMessage(family));
  messages.push(...(await readProcessFamilies()).map((family) => processMessage(family)));
  for (const message of messages) {
    for (const piece of message) {
      if (piece === undefined) await nextTurn();
      else pieces.push(piece);
    }
  }
  return pieces;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The bytes of a message, and undefined where the event loop may run. */
type Message = Generator<Uint8Array | undefined>;

function familyMessage(family: AnyFamily): Message {
  return delimited(family.row, metricsOf(family));
}

function processMessage(family: ProcessFamily): Message {
  const createdMs = performance.timeOrigin;
  const metrics = family.points.map(({ labels, value, histogram }) => {
    if (histogram !== undefined) return encodeHistogram(labels, { ...histogram, createdMs });
    return family.type === "counter" ? encodeCounter(labels, value, createdMs) : encodeGauge(labels, value);
  });
  return delimited(family, metrics);
}

/** Yields bytes at the end only, since their length comes first. */
function* delimited(
  { name, help, type }: Pick<MetricRow, "name" | "help" | "type">,
  metrics: Iterable<Uint8Array>,
): Message {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(MetricFamily.name, 2)).string(name);
  writer.uint32(tag(MetricFamily.help, 2)).string(help);
  writer.uint32(tag(MetricFamily.type, 0)).int32(METRIC_TYPES[type]);
  const slices = [writer.finish()];
  let slice = protobuf.Writer.create();
  for (const metric of metrics) {
    slice.uint32(tag(MetricFamily.metric, 2)).bytes(metric);
    if (slice.len < SLICE_BYTES) continue;
    slices.push(slice.finish());
    slice = protobuf.Writer.create();
    yield undefined;
  }
  slices.push(slice.finish());
  const bytes = slices.reduce((sum, { length }) => sum + length, 0);
  yield protobuf.Writer.create().uint32(bytes).finish();
  yield* slices;
}

function* metricsOf(family: AnyFamily): Generator<Uint8Array> {
  if (isHistogramFamily(family)) {
    const bounds = family.row.type === "histogram" ? family.row.buckets : [];
    for (const { labels, series } of family.points()) {
      yield encodeHistogram(labels, { ...series.snapshot(), bounds, createdMs: series.createdMs });
    }
    return;
  }
  const isCounter = family.row.type === "counter";
  for (const { labels, series } of family.points()) {
    yield isCounter
      ? encodeCounter(labels, series.value(), series.createdMs)
      : encodeGauge(labels, series.value());
  }
}
