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
  /** By depth: the open container, and where the names of an object that is closed began and ended. */
  readonly #frames: Frame[] = [];
  readonly #shapes: (readonly number[] | undefined)[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  open(): void {
    this.#depth += 1;
    const shape = this.#shapes[this.#depth];
    this.#frames.push({ base: this.#size, shape, count: 0, set: undefined });
  }

  close(): void {
    const { base, shape, count } = this.#top();
    if (shape === undefined && count > 0 && count <= MAX_COMPARED)
      this.#shapes[this.#depth] = this.#shapeFrom(base);
    this.#frames.pop();
    this.#size = base;
    this.#depth -= 1;
  }

  /** Adds the name that begins here, and returns where it ends; -1 for a fault, an escape, or a name that the object has. */
  add(start: number): number {
    const frame = this.#top();
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
    const from = shape[2 * count];
    const to = shape[2 * count + 1];
    if (from === undefined || to === undefined) return NONE;
    const bytes = this.#bytes;
    const length = to - from;
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
      const start = shape[2 * index] ?? 0;
      const end = shape[2 * index + 1] ?? 0;
      let hash = 0;
      for (let at = start; at < end; at += 1) hash = nextHash(hash, this.#bytes[at] ?? 0);
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

  #isSame(index: number, start: number, end: number): boolean {
    const other = this.#starts[index] ?? 0;
    if ((this.#ends[index] ?? 0) - other !== end - start) return false;
    for (let offset = 0; offset < end - start; offset += 1) {
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
      set.add(latin1Text(this.#bytes, this.#starts[index] ?? 0, this.#ends[index] ?? 0));
    return set;
  }

  #shapeFrom(base: number): readonly number[] {
    const shape: number[] = [];
    for (let index = base; index < this.#size; index += 1)
      shape.push(this.#starts[index] ?? 0, this.#ends[index] ?? 0);
    return shape;
  }

  #top(): Frame {
    return this.#frames[this.#depth - 1] ?? NO_FRAME;
  }
}

interface Frame {
  /** The number of names of the objects outside. */
  readonly base: number;
  /** The shape that the names of this object have followed so far; undefined once they do not. */
  shape: readonly number[] | undefined;
  /** The number of its names. */
  count: number;
  set: Set<string> | undefined;
}

const NO_FRAME: Frame = { base: 0, shape: undefined, count: 0, set: undefined };

function nextHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}
