/** The names of the objects that are open, by their bytes: finds a name that an object has twice. */

import { BACKSLASH, QUOTE } from "../json-token.ts";
import { latin1Text } from "./json-bytes.ts";

/** An object with more names has a set of them; fewer are compared one by one. */
const MAX_COMPARED = 24;
const NONE = -1;

export class NameStack {
  readonly #bytes: Uint8Array;
  /** Of the names of the open objects, the outermost first: where each begins and ends, and its hash. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  #size = 0;
  #depth = 0;
  #frame = new Frame(0, undefined);
  /** By depth: where the names of an object that is closed began and ended. */
  readonly #shapes: (readonly number[] | undefined)[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  open(): void {
    this.#depth += 1;
    const shape = this.#shapes[this.#depth];
    this.#frame = new Frame(this.#size, shape, this.#frame);
  }

  close(): void {
    const { base, shape, count, outer } = this.#frame;
    if (shape === undefined && count > 0 && count <= MAX_COMPARED)
      this.#shapes[this.#depth] = this.#shapeFrom(base);
    this.#frame = outer;
    this.#size = base;
    this.#depth -= 1;
  }

  /** Adds the name that begins here, and returns where it ends; -1 for a fault, an escape, or a name that the object has. */
  add(start: number): number {
    const frame = this.#frame;
    if (frame.shape !== undefined) {
      const end = this.#followedEnd(start, frame.shape, frame.count);
      frame.count += 1;
      if (end !== NONE) return end;
      this.#leaveShape(frame, frame.shape);
    } else frame.count += 1;
    const bytes = this.#bytes;
    let hash = 0;
    for (let at = start; ; at += 1) {
      const code = bytes[at];
      if (code === QUOTE) return this.#isNew(frame, start, at, hash) ? at : NONE;
      if (code === undefined || code < 0x20 || code === BACKSLASH) return NONE;
      hash = nextHash(hash, code);
    }
  }

  // Security: the names of a shape differ, so an object that repeats them in their order has no name twice.
  /** Where the name ends when it is the next one of the shape; -1 for any other name. */
  #followedEnd(start: number, shape: readonly number[], count: number): number {
    if (2 * count >= shape.length) return NONE;
    const bytes = this.#bytes;
    const from = Number(shape[2 * count]);
    const length = Number(shape[2 * count + 1]) - from;
    if (bytes[start + length] !== QUOTE) return NONE;
    for (let offset = 0; offset < length; offset += 1) {
      if (bytes[from + offset] !== bytes[start + offset]) return NONE;
    }
    return start + length;
  }

  /** Adds the names that followed the shape so far, all but the last one of `count`. */
  #leaveShape(frame: Frame, shape: readonly number[]): void {
    frame.shape = undefined;
    for (let index = 0; index < frame.count - 1; index += 1) {
      const start = Number(shape[2 * index]);
      const end = Number(shape[2 * index + 1]);
      let hash = 0;
      for (let at = start; at < end; at += 1) hash = nextHash(hash, Number(this.#bytes[at]));
      this.#push(start, end, hash);
    }
  }

  #isNew(frame: Frame, start: number, end: number, hash: number): boolean {
    if (frame.count > MAX_COMPARED) return this.#isNewInSet(frame, start, end);
    for (let index = frame.base; index < this.#size; index += 1) {
      if (this.#hashes[index] === hash && this.#isSame(index, start, end)) return false;
    }
    this.#push(start, end, hash);
    return true;
  }

  #push(start: number, end: number, hash: number): void {
    this.#starts[this.#size] = start;
    this.#ends[this.#size] = end;
    this.#hashes[this.#size] = hash;
    this.#size += 1;
  }

  /** Compares the quotes at the ends too, so that no longer name is the same. */
  #isSame(index: number, start: number, end: number): boolean {
    const other = Number(this.#starts[index]);
    for (let offset = 0; offset <= end - start; offset += 1) {
      if (this.#bytes[other + offset] !== this.#bytes[start + offset]) return false;
    }
    return true;
  }

  #isNewInSet(frame: Frame, start: number, end: number): boolean {
    const set = (frame.set ??= this.#setOf(frame.base));
    const { size } = set;
    return set.add(latin1Text(this.#bytes, start, end)).size > size;
  }

  #setOf(base: number): Set<string> {
    const set = new Set<string>();
    for (let index = base; index < this.#size; index += 1)
      set.add(latin1Text(this.#bytes, Number(this.#starts[index]), Number(this.#ends[index])));
    return set;
  }

  #shapeFrom(base: number): readonly number[] {
    const shape: number[] = [];
    for (let index = base; index < this.#size; index += 1)
      shape.push(Number(this.#starts[index]), Number(this.#ends[index]));
    return shape;
  }
}

/** One open container; the outermost frame is outside of all. */
class Frame {
  readonly outer: Frame;
  /** The number of names of the objects outside. */
  readonly base: number;
  /** The shape that the names of this object have followed so far; undefined once they do not. */
  shape: readonly number[] | undefined;
  /** The number of its names. */
  count = 0;
  set: Set<string> | undefined = undefined;

  constructor(base: number, shape: readonly number[] | undefined, outer?: Frame) {
    this.base = base;
    this.shape = shape;
    this.outer = outer ?? this;
  }
}

function nextHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}
