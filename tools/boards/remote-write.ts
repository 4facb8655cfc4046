/** Sends samples to Prometheus by its remote-write protocol 1.0 (https://prometheus.io/docs/specs/prw/remote_write_spec/). */

import type { FleetSeries } from "./fleet-series.ts";

export interface Period {
  /** Time of the last sample, in seconds since the epoch. */
  readonly endS: number;
  readonly lengthS: number;
  readonly intervalS: number;
}

/** Within a request all series have the same times; an hour in one, since Prometheus may end a block two hours before its latest sample. */
const CHUNK_S = 3_600;
const SERIES_IN_REQUEST = 4_000;
const AT_ONCE = 3;
/** How long before the end a late series begins. */
const LATE_S = 900;

/** Fills the period, the oldest samples first, and returns their number. @throws when Prometheus refuses any */
export async function fill(url: string, series: readonly FleetSeries[], period: Period): Promise<number> {
  const labels = series.map((one) => labelsOf(one.labels));
  const startS = period.endS - period.lengthS;
  let samples = 0;
  for (let fromS = startS; fromS <= period.endS; fromS += CHUNK_S) {
    const toS = Math.min(fromS + CHUNK_S - period.intervalS, period.endS);
    const chunk = { startS, fromS, toS };
    const known = new Map<string, Buffer>();
    const sending = new Set<Promise<void>>();
    for (let first = 0; first < series.length; first += SERIES_IN_REQUEST) {
      const parts = series.slice(first, first + SERIES_IN_REQUEST).flatMap((one, index) => {
        const own = labels[first + index] ?? Buffer.alloc(0);
        const body = samplesOf(one, chunk, period, known);
        return [tag(1, own.length + body.length), own, body];
      });
      const sent: Promise<void> = send(url, Buffer.concat(parts)).finally(() => sending.delete(sent));
      sending.add(sent);
      if (sending.size === AT_ONCE) await Promise.race(sending);
    }
    await Promise.all(sending);
    samples += Math.floor((toS - fromS) / period.intervalS + 1) * series.length;
  }
  return samples;
}

async function send(url: string, request: Buffer): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: "POST",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    },
    body: new Uint8Array(snappy(request)),
  });
  if (!response.ok)
    throw new Error(`Prometheus refused samples: ${response.status} ${await response.text()}`);
}

/** The labels of a series, sorted by name as the protocol asks. */
function labelsOf(labels: ReadonlyMap<string, string>): Buffer {
  const sorted = [...labels].filter(([, value]) => value !== "").toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.map(([name, value]) => {
    const body = Buffer.concat([text(1, name), text(2, value)]);
    return Buffer.concat([tag(1, body.length), body]);
  });
  return Buffer.concat(parts);
}

interface Chunk {
  readonly startS: number;
  readonly fromS: number;
  readonly toS: number;
}

/** The samples of a series in a chunk; series of equal course share them. */
function samplesOf(
  { value, isCounter, isLate }: FleetSeries,
  chunk: Chunk,
  { endS, lengthS, intervalS }: Period,
  known: Map<string, Buffer>,
): Buffer {
  const key = `${value} ${isCounter} ${isLate}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const parts: Buffer[] = [];
  for (let atS = chunk.fromS; atS <= chunk.toS; atS += intervalS) {
    if (isLate && atS < endS - LATE_S) continue;
    // A counter counts its value each half hour.
    const course = isCounter ? Math.floor((value * (atS - (endS - lengthS))) / 1_800) : value;
    parts.push(sample(course, atS * 1000));
  }
  const samples = Buffer.concat(parts);
  known.set(key, samples);
  return samples;
}

function sample(value: number, atMs: number): Buffer {
  const body = Buffer.concat([Buffer.from([0x09]), double(value), Buffer.from([0x10]), varint(atMs)]);
  return Buffer.concat([tag(2, body.length), body]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function text(field: number, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([tag(field, bytes.length), bytes]);
}

/** The beginning of a field with a length. */
function tag(field: number, length: number): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(length)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

/** The block form of snappy with one literal: readers of snappy accept what no compressor shortened. */
function snappy(bytes: Buffer): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt8(63 * 4, 0);
  length.writeUInt32LE(bytes.length - 1, 1);
  return Buffer.concat([varint(bytes.length), length, bytes]);
}
