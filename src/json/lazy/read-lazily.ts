/** Reads a long JSON text strictly, and leaves the values of one object in it for later: most policies look at few of them. */

import { checkJson, type CheckBounds, type CheckedObject } from "./check-json.ts";
import type { JsonObject } from "../json.ts";
import type { JsonBounds, JsonReading } from "../json-reading.ts";
import { LazyObject, type MemberSpan } from "./lazy-object.ts";
import { minifyJson } from "./minify-json.ts";
import { readJson } from "../read-json.ts";

/** A shorter text is read as a whole, which takes no more time. */
const MIN_BYTES = 4_096;

/**
 * The reading of `readJson` with the object at the path, which is two names, as a `LazyObject`; `hasLoneSurrogate` may also be true for surrogates in pairs.
 * Undefined when `readJson` must read the text: it is short, has a fault, an escape in a name, or no such object. `bytes` must be UTF-8.
 */
export function readLazily(
  bytes: Uint8Array,
  bounds: JsonBounds & CheckBounds,
  path: readonly [string, string],
): JsonReading | undefined {
  if (bytes.length < MIN_BYTES) return undefined;
  const checked = checkJson(bytes, bounds, path);
  if (checked === undefined) return undefined;
  // Invariant: the shorter text has no blanks.
  if (checked.hasBlanks) return readLazily(minifyJson(bytes), bounds, path);
  return readAround(bytes, checked, { bounds, path });
}

interface Wanted {
  readonly bounds: JsonBounds;
  readonly path: readonly [string, string];
}

function readAround(
  bytes: Uint8Array,
  { start, end, members, hasSurrogates }: CheckedObject,
  { bounds, path: [outer, inner] }: Wanted,
): JsonReading | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [head, tail] = [buffer.toString("utf8", 0, start), buffer.toString("utf8", end)];
  const around = readJson(`${head}{}${tail}`, bounds);
  if (!around.ok) return undefined;
  const minified = buffer.toString("utf8");
  const span = { start: head.length, end: minified.length - tail.length };
  const offsets = minified.length === bytes.length ? members : unitOffsets(bytes, members);
  // The check has found an object at both.
  const envelope = new Map(around.value as JsonObject);
  const params = new Map(envelope.get(outer) as JsonObject);
  params.set(inner, new LazyObject(minified, span, spansOf(offsets)));
  envelope.set(outer, params);
  return { ...around, value: envelope, minified, hasLoneSurrogate: around.hasLoneSurrogate || hasSurrogates };
}

/** Offsets in UTF-16 units for ascending offsets in bytes of UTF-8. */
function unitOffsets(bytes: Uint8Array, offsets: readonly number[]): readonly number[] {
  let at = 0;
  let units = 0;
  return offsets.map((offset) => {
    for (; at < offset; at += 1) units += unitsOf(Number(bytes[at]));
    return units;
  });
}

/** Units of the character that begins with this byte; 0 for a byte within one. */
function unitsOf(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}

function spansOf(offsets: readonly number[]): readonly MemberSpan[] {
  const spans: MemberSpan[] = [];
  for (let index = 0; index < offsets.length; index += 4) {
    const [nameStart = 0, nameEnd = 0, start = 0, end = 0] = offsets.slice(index, index + 4);
    spans.push({ nameStart, nameEnd, start, end });
  }
  return spans;
}
