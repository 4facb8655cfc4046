/** Reads JSON by RFC 8259 to the letter, refuses what parsers disagree about, and keeps every token as it was written. */

import { JsonNumber } from "./json.ts";
import type { Json, JsonArray, JsonObject } from "./json.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  escapeLength,
  isWhitespace,
  numberEnd,
} from "./json-token.ts";

export interface JsonBounds {
  /** Objects and arrays inside each other; also how deep the reader recurses. 64 unless told. */
  readonly maxDepth?: number;
  /** Values of any kind, names not counted. A million unless told. */
  readonly maxNodes?: number;
  /** Members of all objects together. A quarter of a million unless told. */
  readonly maxKeys?: number;
  /** Characters of one number. 64 unless told. */
  readonly maxNumberLength?: number;
}

export type JsonFaultCause = "syntax" | "duplicate_key" | "depth" | "number" | "nodes" | "encoding";

export interface JsonFault {
  readonly ok: false;
  readonly cause: JsonFaultCause;
  /** One sentence; never a part of the text. */
  readonly detail: string;
  /** Where, in UTF-16 units of the text. */
  readonly offset: number;
}

export interface JsonReading {
  readonly ok: true;
  readonly value: Json;
  /** The same tokens without the whitespace between them; the very same string when there was none. */
  readonly minified: string;
}

/**
 * The value of a JSON text, or where and why it is none.
 * Stricter than RFC 8259, which leaves these open: a name twice in one object, a lone surrogate, a number that no double holds.
 */
export function readJson(text: string, bounds: JsonBounds = {}): JsonReading | JsonFault {
  if (!text.isWellFormed()) {
    return {
      ok: false,
      cause: "encoding",
      detail: "a surrogate stands alone",
      offset: text.search(/\p{Surrogate}/u),
    };
  }
  return new Reader(text, bounds).read();
}

/** What every empty object and array is. */
const NO_MEMBERS: JsonObject = new Map();
const NO_ELEMENTS: JsonArray = [];

/** One pass over one text; a method that returns undefined has left its fault behind. */
class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxNumberLength: number;
  #nodesLeft: number;
  #keysLeft: number;
  #at = 0;
  /** What is kept of the text before `#keptTo`, which is where the last whitespace ended. */
  #kept = "";
  #keptTo = 0;
  #fault: JsonFault | undefined = undefined;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#maxDepth = bounds.maxDepth ?? 64;
    this.#maxNumberLength = bounds.maxNumberLength ?? 64;
    this.#nodesLeft = bounds.maxNodes ?? 1_000_000;
    this.#keysLeft = bounds.maxKeys ?? 250_000;
  }

  read(): JsonReading | JsonFault {
    this.#peek();
    const value = this.#value(1);
    if (value !== undefined && !Number.isNaN(this.#peek()))
      this.#fail("syntax", "text after the end of the value");
    if (this.#fault !== undefined) return this.#fault;
    // Invariant: without a fault there is a value; what is nullish here is a null that was written.
    return { ok: true, value: value ?? null, minified: this.#kept + this.#text.slice(this.#keptTo) };
  }

  #value(depth: number): Json | undefined {
    this.#nodesLeft -= 1;
    if (this.#nodesLeft < 0) return this.#fail("nodes", "too many values");
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#string();
      case OPEN_BRACE:
        return this.#object(depth);
      case OPEN_BRACKET:
        return this.#array(depth);
      case 0x74:
        return this.#literal("true", true);
      case 0x66:
        return this.#literal("false", false);
      case 0x6e:
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject | undefined {
    if (depth > this.#maxDepth) return this.#fail("depth", "objects and arrays are nested too deep");
    this.#at += 1;
    if (this.#peek() === CLOSE_BRACE) {
      this.#at += 1;
      return NO_MEMBERS;
    }
    const members = new Map<string, Json>();
    for (;;) {
      const nameAt = this.#at;
      const name = this.#name();
      if (name === undefined) return undefined;
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      const size = members.size;
      members.set(name, value);
      // Security: parsers differ in which of two equal names they believe, so neither may pass.
      if (members.size === size) return this.#fail("duplicate_key", "an object has a name twice", nameAt);
      const next = this.#peek();
      if (next !== COMMA && next !== CLOSE_BRACE) return this.#fail("syntax", "expected `,` or `}`");
      this.#at += 1;
      if (next === CLOSE_BRACE) return members;
      this.#peek();
    }
  }

  /** A member's name and its colon; stops at the first character of the value. */
  #name(): string | undefined {
    this.#keysLeft -= 1;
    if (this.#keysLeft < 0) return this.#fail("nodes", "too many names");
    if (this.#text.charCodeAt(this.#at) !== QUOTE)
      return this.#fail("syntax", "expected a name in double quotes");
    const name = this.#string();
    if (name === undefined) return undefined;
    if (this.#peek() !== COLON) return this.#fail("syntax", "expected `:` after a name");
    this.#at += 1;
    this.#peek();
    return name;
  }

  #array(depth: number): JsonArray | undefined {
    if (depth > this.#maxDepth) return this.#fail("depth", "objects and arrays are nested too deep");
    this.#at += 1;
    if (this.#peek() === CLOSE_BRACKET) {
      this.#at += 1;
      return NO_ELEMENTS;
    }
    const elements: Json[] = [];
    for (;;) {
      const element = this.#value(depth + 1);
      if (element === undefined) return undefined;
      elements.push(element);
      const next = this.#peek();
      if (next !== COMMA && next !== CLOSE_BRACKET) return this.#fail("syntax", "expected `,` or `]`");
      this.#at += 1;
      if (next === CLOSE_BRACKET) return elements;
      this.#peek();
    }
  }

  #string(): string | undefined {
    const text = this.#text;
    const from = this.#at + 1;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#escapedString(from, at);
      if (!(code >= 0x20)) return this.#unendedString(at);
      at += 1;
    }
    this.#at = at + 1;
    return text.slice(from, at);
  }

  /** A string with escapes, each of them checked before the platform is asked to undo them. */
  #escapedString(from: number, firstEscape: number): string | undefined {
    const text = this.#text;
    let at = firstEscape;
    for (let code = BACKSLASH; code !== QUOTE; code = text.charCodeAt(at)) {
      if (!(code >= 0x20)) return this.#unendedString(at);
      const length = code === BACKSLASH ? escapeLength(text, at) : 1;
      if (length === 0) return this.#fail("syntax", "no such escape", at);
      at += length;
    }
    this.#at = at + 1;
    const value = String(JSON.parse(text.slice(from - 1, at + 1)));
    // Security: a lone surrogate becomes U+FFFD in one server, an error in another, and itself in a third.
    return value.isWellFormed()
      ? value
      : this.#fail("encoding", "an escaped surrogate stands alone", from - 1);
  }

  #unendedString(at: number): undefined {
    const isEnd = at >= this.#text.length;
    return this.#fail("syntax", isEnd ? "a string does not end" : "a control character in a string", at);
  }

  #number(): JsonNumber | undefined {
    const end = numberEnd(this.#text, this.#at);
    if (end === -1) return this.#fail("syntax", "expected a value");
    const token = this.#text.slice(this.#at, end);
    if (token.length > this.#maxNumberLength) return this.#fail("number", "a number is too long");
    if (mayBeInfinite(token) && !Number.isFinite(Number(token))) {
      return this.#fail("number", "a number is too great for a double");
    }
    this.#at = end;
    return new JsonNumber(token);
  }

  #literal<L extends boolean | null>(word: string, value: L): L | undefined {
    if (!this.#text.startsWith(word, this.#at)) return this.#fail("syntax", "expected a value");
    this.#at += word.length;
    return value;
  }

  /** The next character that is no whitespace, which it skips; NaN at the end. */
  #peek(): number {
    const code = this.#text.charCodeAt(this.#at);
    return isWhitespace(code) ? this.#skipWhitespace() : code;
  }

  #skipWhitespace(): number {
    const text = this.#text;
    let at = this.#at;
    this.#kept += text.slice(this.#keptTo, at);
    let code = text.charCodeAt(at);
    while (isWhitespace(code)) {
      at += 1;
      code = text.charCodeAt(at);
    }
    this.#keptTo = at;
    this.#at = at;
    return code;
  }

  #fail(cause: JsonFaultCause, detail: string, offset = this.#at): undefined {
    this.#fault ??= { ok: false, cause, detail, offset };
  }
}

/** Only these are worth the conversion: the greatest double has 309 digits. */
function mayBeInfinite(token: string): boolean {
  return token.includes("e") || token.includes("E") || token.length > 308;
}
