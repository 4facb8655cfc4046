/** An object whose values are read when they are asked for, from a text that has been checked. */

import type { Json } from "../json.ts";
import { HIGHEST_MESSAGE_BOUNDS } from "../message-bounds.ts";
import { readJson } from "../read-json.ts";

/** A member: offsets of its name, without quotes and escapes, and of its value. */
export interface MemberSpan {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
}

// Invariant: every method that Map has for reading is here, since the entries of the Map itself begin empty.
export class LazyObject extends Map<string, Json> {
  /** The object as it is written. */
  readonly text: string;
  readonly #text: string;
  readonly #spans: ReadonlyMap<string, MemberSpan>;

  /** `text` holds the object from `start` to `end`. No two members have the same name. */
  constructor(
    text: string,
    { start, end }: { readonly start: number; readonly end: number },
    members: readonly MemberSpan[],
  ) {
    super();
    this.text = text.slice(start, end);
    this.#text = text;
    this.#spans = new Map(members.map((span) => [text.slice(span.nameStart, span.nameEnd), span]));
  }

  override get size(): number {
    return this.#spans.size;
  }

  override has(name: string): boolean {
    return this.#spans.has(name);
  }

  override get(name: string): Json | undefined {
    const span = this.#spans.get(name);
    if (span === undefined) return undefined;
    const known = super.get(name);
    if (known !== undefined) return known;
    const value = this.#read(span);
    super.set(name, value);
    return value;
  }

  override keys(): MapIterator<string> {
    return this.#spans.keys();
  }

  override *values(): MapIterator<Json> {
    for (const [, value] of this) yield value;
  }

  override entries(): MapIterator<[string, Json]> {
    return this[Symbol.iterator]();
  }

  override *[Symbol.iterator](): MapIterator<[string, Json]> {
    for (const name of this.#spans.keys()) yield [name, this.get(name) ?? null];
  }

  override forEach(visit: (value: Json, name: string, object: Map<string, Json>) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  /** @throws Error when the text was not checked: a call that depends on it is denied */
  #read({ start, end }: MemberSpan): Json {
    const bounds = { ...HIGHEST_MESSAGE_BOUNDS, allowsLoneSurrogates: true };
    const reading = readJson(this.#text.slice(start, end), bounds);
    if (!reading.ok) throw new Error(`a value that was checked cannot be read: ${reading.cause}`);
    return reading.value;
  }
}
