/** Reads a long JSON text strictly, and leaves the values of one object in it for later: most policies look at few of them. */

import { checkJson, type CheckBounds, type CheckedObject, minifyJson } from "./check-json.ts";
import type { JsonObject } from "../json.ts";
import type { JsonBounds, JsonReading } from "../json-reading.ts";
import { LazyObject, type MemberSpan } from "./lazy-object.ts";
import { readJson } from "../read-json.ts";

/** A shorter text is read as a whole, which takes no more time. */
const MIN_BYTES = 4_096;

/**
 * The reading of `readJson` with the object at the path, which is two names, as a `LazyObject`; `hasLoneSurrogate` may also be true for surrogates in pairs.
 * Undefined when `readJson` must read the text: it is short, has a fault, an escape in a name, or no such object. `bytes` must be UTF-8.
 */
export function readLazily(
  { bytes, text }: Encoded,
  bounds: JsonBounds & CheckBounds,
  path: readonly [string, string],
): JsonReading | undefined {
  if (bytes.length < MIN_BYTES) return undefined;
  const checked = checkJson(bytes, bounds, path);
  if (checked === undefined) return undefined;
  // Invariant: the shorter text has no blanks.
  if (checked.hasBlanks) return readLazily(encoded(minifyJson(bytes)), bounds, path);
  return readAround({ bytes, text }, checked, { bounds, path });
}

/** A text as it was sent, and decoded. */
export interface Encoded {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Decodes bytes, which must be UTF-8. */
export function encoded(bytes: Uint8Array): Encoded {
  return { bytes, text: bufferOf(bytes).toString("utf8") };
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

interface Wanted {
  readonly bounds: JsonBounds;
  readonly path: readonly [string, string];
}

function readAround(
  { bytes, text: minified }: Encoded,
  checked: CheckedObject,
  { bounds, path: [outer, inner] }: Wanted,
): JsonReading | undefined {
  const { start, end, members, hasSurrogates } = inUnits(checked, { bytes, text: minified });
  const around = readJson(`${minified.slice(0, start)}{}${minified.slice(end)}`, bounds);
  if (!around.ok) return undefined;
  // The check has found an object at both.
  const envelope = new Map(around.value as JsonObject);
  const params = new Map(envelope.get(outer) as JsonObject);
  params.set(inner, new LazyObject(minified, { start, end }, spansOf(members)));
  envelope.set(outer, params);
  return { ...around, value: envelope, minified, hasLoneSurrogate: around.hasLoneSurrogate || hasSurrogates };
}

/** The object by offsets in UTF-16 units. */
function inUnits(checked: CheckedObject, { bytes, text }: Encoded): CheckedObject {
  if (text.length === bytes.length) return checked;
  const { start, members, end } = checked;
  const [first = 0, ...offsets] = unitOffsets(bytes, [start, ...members, end]);
  const last = Number(offsets.pop());
  return { ...checked, start: first, members: offsets, end: last };
}

/** From this distance on, decoding is quicker than counting bytes. */
const MIN_DECODED = 64;

/** Offsets in UTF-16 units for ascending offsets in bytes of UTF-8. */
function unitOffsets(bytes: Uint8Array, offsets: readonly number[]): number[] {
  const buffer = bufferOf(bytes);
  let at = 0;
  let units = 0;
  return offsets.map((offset) => {
    if (offset - at >= MIN_DECODED) units += buffer.toString("utf8", at, offset).length;
    else for (; at < offset; at += 1) units += unitsOf(Number(bytes[at]));
    at = offset;
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
