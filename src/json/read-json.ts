/** Reads JSON strictly by RFC 8259, refuses texts that parsers read differently, and keeps every token as it was written. */

import { type Json, type JsonArray, JsonNumber, type JsonObject } from "./json.ts";
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
  overflowsDouble,
} from "./json-token.ts";
import type { JsonBounds, JsonFault, JsonFaultCause, JsonReading } from "./json-reading.ts";

/**
 * Reads one JSON text: its value, or the first fault and its position.
 * Refuses three things that RFC 8259 leaves open: a name twice in one object, a lone surrogate, a number too great for a double.
 */
export function readJson(text: string, bounds: JsonBounds = {}): JsonReading | JsonFault {
  if (!text.isWellFormed()) {
    const offset = text.search(/\p{Surrogate}/u);
    return { ok: false, cause: "encoding", detail: "a surrogate stands alone", offset };
  }
  return new Reader(text, bounds).read();
}

/** Shared by all empty objects and arrays. */
const NO_MEMBERS: JsonObject = new Map();
const NO_ELEMENTS: JsonArray = [];
const TOO_DEEP = "objects and arrays are nested too deep";

/** Reads one text in one pass. A method that returns undefined has recorded a fault, and the first fault is the result. */
class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxNumberLength: number;
  readonly #allowsLoneSurrogates: boolean;
  #hasLoneSurrogate = false;
  #nodesLeft: number;
  #keysLeft: number;
  #at = 0;
  /** The tokens before `#keptTo`, the end of the last whitespace. */
  #kept = "";
  #keptTo = 0;
  #fault: JsonFault | undefined = undefined;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#maxDepth = bounds.maxDepth ?? 64;
    this.#maxNumberLength = bounds.maxNumberLength ?? 64;
    this.#allowsLoneSurrogates = bounds.allowsLoneSurrogates ?? false;
    this.#nodesLeft = bounds.maxNodes ?? 1_000_000;
    this.#keysLeft = bounds.maxKeys ?? 250_000;
  }

  read(): JsonReading | JsonFault {
    this.#peek();
    const value = this.#value(1);
    if (value !== undefined && !Number.isNaN(this.#peek()))
      this.#fail("syntax", "text after the end of the value");
    if (this.#fault !== undefined) return this.#fault;
    // Invariant: without a fault there is a value; a nullish one is the null of the text.
    return {
      ok: true,
      value: value ?? null,
      minified: this.#kept + this.#text.slice(this.#keptTo),
      hasLoneSurrogate: this.#hasLoneSurrogate,
    };
  }

  #value(depth: number): Json | undefined {
    this.#nodesLeft -= 1;
    if (this.#nodesLeft < 0) return this.#fail("nodes", "too many values");
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#string(this.#allowsLoneSurrogates);
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
    if (depth > this.#maxDepth) return this.#fail("depth", TOO_DEEP);
    if (this.#skipEmpty(CLOSE_BRACE)) return NO_MEMBERS;
    const members = new Map<string, Json>();
    do {
      const nameAt = this.#at;
      const name = this.#name();
      if (name === undefined) return undefined;
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      const size = members.size;
      members.set(name, value);
      // Security: parsers differ in which of two equal names they use, so an object with both is refused.
      if (members.size === size) return this.#fail("duplicate_key", "an object has a name twice", nameAt);
    } while (this.#skipComma(CLOSE_BRACE));
    return members;
  }

  /** Reads a member's name and its colon; stops at the first character of the value. */
  #name(): string | undefined {
    this.#keysLeft -= 1;
    if (this.#keysLeft < 0) return this.#fail("nodes", "too many names");
    if (this.#text.charCodeAt(this.#at) !== QUOTE)
      return this.#fail("syntax", "expected a name in double quotes");
    const name = this.#string(false);
    if (name === undefined) return undefined;
    if (this.#peek() !== COLON) return this.#fail("syntax", "expected `:` after a name");
    this.#at += 1;
    this.#peek();
    return name;
  }

  #array(depth: number): JsonArray | undefined {
    if (depth > this.#maxDepth) return this.#fail("depth", TOO_DEEP);
    if (this.#skipEmpty(CLOSE_BRACKET)) return NO_ELEMENTS;
    const elements: Json[] = [];
    do {
      const element = this.#value(depth + 1);
      if (element === undefined) return undefined;
      elements.push(element);
    } while (this.#skipComma(CLOSE_BRACKET));
    return elements;
  }

  /** Skips the opening bracket, and the closing one when it is next; true then. */
  #skipEmpty(close: number): boolean {
    this.#at += 1;
    if (this.#peek() !== close) return false;
    this.#at += 1;
    return true;
  }

  /** Skips the comma before another member or element, or the closing bracket; true for the comma. */
  #skipComma(close: number): boolean {
    const next = this.#peek();
    if (next === COMMA || next === close) this.#at += 1;
    else this.#fail("syntax", `expected \`,\` or \`${String.fromCharCode(close)}\``);
    if (next !== COMMA) return false;
    this.#peek();
    return true;
  }

  #string(allowsLoneSurrogates: boolean): string | undefined {
    const text = this.#text;
    const from = this.#at + 1;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#escapedString(from, at, allowsLoneSurrogates);
      if (!(code >= 0x20)) return this.#unendedString(at);
      at += 1;
    }
    this.#at = at + 1;
    return text.slice(from, at);
  }

  /** Reads a string with escapes; checks each escape before JSON.parse decodes them. */
  #escapedString(from: number, firstEscape: number, allowsLoneSurrogates: boolean): string | undefined {
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
    // Security: servers decode a lone surrogate to U+FFFD, to itself, or to an error.
    if (value.isWellFormed()) return value;
    if (!allowsLoneSurrogates) return this.#fail("encoding", "an escaped surrogate stands alone", from - 1);
    this.#hasLoneSurrogate = true;
    return value;
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
    if (overflowsDouble(token)) return this.#fail("number", "a number is too great for a double");
    this.#at = end;
    return new JsonNumber(token);
  }

  #literal<L extends boolean | null>(word: string, value: L): L | undefined {
    if (!this.#text.startsWith(word, this.#at)) return this.#fail("syntax", "expected a value");
    this.#at += word.length;
    return value;
  }

  /** Skips whitespace and returns the code of the next character; NaN at the end. */
  #peek(): number {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    if (!isWhitespace(code)) return code;
    let at = this.#at;
    this.#kept += text.slice(this.#keptTo, at);
    while (isWhitespace(code)) code = text.charCodeAt(++at);
    this.#keptTo = at;
    this.#at = at;
    return code;
  }

  #fail(cause: JsonFaultCause, detail: string, offset = this.#at): undefined {
    this.#fault ??= { ok: false, cause, detail, offset };
  }
}
