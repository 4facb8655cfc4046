/** Checks the bytes of a JSON text in one pass, without values and without recursion, and finds one object in it. */

import { areBytes, escapeEnd, isSurrogate, literalEnd, numberEnd } from "./json-bytes.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "../json-token.ts";
import { NameStack } from "./name-stack.ts";
import { PlainBytes } from "./plain-bytes.ts";

export interface CheckBounds {
  readonly maxDepth: number;
  readonly maxNodes: number;
  readonly maxKeys: number;
  readonly maxNumberLength: number;
}

/** The object at the path in a text that `readJson` accepts too, by offsets in bytes. */
export interface CheckedObject {
  readonly start: number;
  readonly end: number;
  /** Four offsets for each member: its name without quotes, which has no escapes, and its value. */
  readonly members: readonly number[];
  /** Whether whitespace stands between some tokens of the text. */
  readonly hasBlanks: boolean;
  /** Whether a string of the text has an escaped surrogate, alone or in a pair. */
  readonly hasSurrogates: boolean;
}

// Security: this may refuse what `readJson` accepts, and then that reader is asked; it accepts nothing that `readJson` refuses.
/**
 * Undefined when the text has a fault, an escape in a name, or no object at the path, which is two names. `bytes` must be UTF-8.
 * A text with a byte order mark has a fault.
 */
export function checkJson(
  bytes: Uint8Array,
  bounds: CheckBounds,
  path: readonly [string, string],
): CheckedObject | undefined {
  return new Checker(bytes, bounds, path).check();
}

/** The container that a name or value stands in. */
const OBJECT = 1;
const ARRAY = 0;
/** Levels of objects from the text down to the one that is looked for. */
const FOUND_DEPTH = 3;
const NOWHERE = -1;

class Checker {
  readonly #bytes: Uint8Array;
  readonly #bounds: CheckBounds;
  readonly #path: readonly Uint8Array[];
  readonly #names: NameStack;
  readonly #plain: PlainBytes;
  /** By depth, from 1: which container is open. */
  readonly #kinds: Uint8Array;
  readonly #members: number[] = [];
  #at = 0;
  #depth = 0;
  #nodesLeft: number;
  #keysLeft: number;
  #hasBlanks = false;
  #hasSurrogates = false;
  /** Levels of the path that the open containers follow, and whether the last name is the next one. */
  #followed = 0;
  #isNext = true;
  #start = NOWHERE;
  #end = NOWHERE;

  constructor(bytes: Uint8Array, bounds: CheckBounds, path: readonly string[]) {
    this.#bytes = bytes;
    this.#bounds = bounds;
    this.#path = path.map((name) => Buffer.from(name));
    this.#names = new NameStack(bytes);
    this.#plain = new PlainBytes(bytes);
    this.#kinds = new Uint8Array(bounds.maxDepth + 1);
    this.#nodesLeft = bounds.maxNodes;
    this.#keysLeft = bounds.maxKeys;
  }

  check(): CheckedObject | undefined {
    this.#skipBlanks();
    while (this.#value()) {
      if (this.#depth > 0) continue;
      this.#skipBlanks();
      if (this.#at !== this.#bytes.length || this.#end === NOWHERE) return undefined;
      return {
        start: this.#start,
        end: this.#end,
        members: this.#members,
        hasBlanks: this.#hasBlanks,
        hasSurrogates: this.#hasSurrogates,
      };
    }
    return undefined;
  }

  /** Passes over a scalar or the beginning of a container, up to the next value or the end of the text; false for a fault. */
  #value(): boolean {
    this.#nodesLeft -= 1;
    if (this.#nodesLeft < 0) return false;
    const code = this.#bytes[this.#at];
    if (code === OPEN_BRACE) return this.#open(OBJECT, CLOSE_BRACE);
    if (code === OPEN_BRACKET) return this.#open(ARRAY, CLOSE_BRACKET);
    this.#at = this.#scalarEnd(code);
    return this.#at !== NOWHERE && this.#afterValue();
  }

  /** Index after the scalar; -1 for a fault. */
  #scalarEnd(code: number | undefined): number {
    if (code === QUOTE) return this.#stringEnd();
    const end = literalEnd(this.#bytes, this.#at);
    return end === NOWHERE ? numberEnd(this.#bytes, this.#at, this.#bounds.maxNumberLength) : end;
  }

  #open(kind: number, close: number): boolean {
    if (this.#depth === this.#bounds.maxDepth) return false;
    this.#depth += 1;
    this.#kinds[this.#depth] = kind;
    if (kind === OBJECT) this.#follow();
    this.#names.open();
    this.#at += 1;
    this.#skipBlanks();
    if (this.#bytes[this.#at] !== close) return kind === ARRAY || this.#name();
    this.#close();
    return this.#afterValue();
  }

  /** Notes that the object just opened is on the path. */
  #follow(): void {
    if (!this.#isNext || this.#followed !== this.#depth - 1) return;
    this.#followed = this.#depth;
    this.#isNext = false;
    if (this.#depth === FOUND_DEPTH) this.#start = this.#at;
  }

  #close(): void {
    this.#at += 1;
    if (this.#followed === this.#depth) {
      if (this.#depth === FOUND_DEPTH) this.#end = this.#at;
      this.#followed -= 1;
    }
    this.#depth -= 1;
    this.#names.close();
  }

  /** Passes over everything from the end of a value to the next value, or to the end of the text. */
  #afterValue(): boolean {
    while (this.#depth > 0) {
      if (this.#followed === FOUND_DEPTH && this.#depth === FOUND_DEPTH) this.#members.push(this.#at);
      this.#skipBlanks();
      const kind = this.#kinds[this.#depth];
      const code = this.#bytes[this.#at];
      if (code === COMMA) {
        this.#at += 1;
        this.#skipBlanks();
        return kind === ARRAY || this.#name();
      }
      if (code !== (kind === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET)) return false;
      this.#close();
    }
    return true;
  }

  /** Passes over a name and its colon. */
  #name(): boolean {
    this.#keysLeft -= 1;
    if (this.#keysLeft < 0 || this.#bytes[this.#at] !== QUOTE) return false;
    const start = this.#at + 1;
    const end = this.#names.add(start);
    if (end === NOWHERE) return false;
    if (this.#followed === this.#depth) this.#noteName(start, end);
    this.#at = end + 1;
    this.#skipBlanks();
    if (this.#bytes[this.#at] !== COLON) return false;
    this.#at += 1;
    this.#skipBlanks();
    if (this.#followed === FOUND_DEPTH && this.#depth === FOUND_DEPTH) this.#members.push(this.#at);
    return true;
  }

  #noteName(start: number, end: number): void {
    if (this.#depth === FOUND_DEPTH) this.#members.push(start, end);
    else this.#isNext = areBytes(this.#bytes, { start, end }, this.#path[this.#depth - 1]);
  }

  /** Index after the string whose opening quote is next. */
  #stringEnd(): number {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      at = this.#plain.end(at);
      const code = bytes[at];
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) {
        const end = escapeEnd(bytes, at);
        if (end === NOWHERE) return NOWHERE;
        this.#hasSurrogates ||= isSurrogate(bytes, at);
        at = end;
      } else if (code === undefined || code < 0x20) return NOWHERE;
      else at += 1;
    }
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let code = bytes[at];
    if (code === undefined || code > 0x20) return;
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = bytes[++at];
    if (at > this.#at) this.#hasBlanks = true;
    this.#at = at;
  }
}
