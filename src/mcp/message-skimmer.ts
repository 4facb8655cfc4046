/** Summarises an upstream message from its bytes as they pass: any length, little memory, no copy of the content. */

import { Buffer } from "node:buffer";

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  isWhitespace,
} from "../json/json-token.ts";
import { isInScalar, isLetter, isScalarEnd, isScalarStart } from "../json/scalar-bytes.ts";
import { type Field, type MessageFields, PLAIN_FIELDS } from "./message-fields.ts";
import { type MessageSummary, TOO_LONG, stringOfToken, summarizeMessage } from "./message-summary.ts";

const MAX_DEPTH = 1_000;
/** Longer names and values are not kept. An id of 256 escaped characters has 1,538 bytes. */
const MAX_KEPT_BYTES = 2_048;
/** Most different values of one list; a message with more counts as malformed. */
const MAX_LISTED = 64;
/** Strings are read byte by byte up to this length, then by native search. */
const SHORT_STRING_BYTES = 32;
const SMALL_CHUNK_BYTES = 2_048;

type State =
  | "value"
  | "element or end"
  | "name"
  | "name or end"
  | "colon"
  | "after"
  | "string"
  | "escape"
  | "scalar";

export class MessageSkimmer {
  readonly #kept = new Map<Field, string>();
  #listed: readonly string[] = [];
  /** For each open container: whether it is an object, and its field when its names matter. */
  readonly #isObject: boolean[] = [];
  readonly #containers: (Field | undefined)[] = [];
  #state: State | "done" | "broken" = "value";
  /** Whether a value was none of JSON, as NaN is: what follows is read all the same, since the id may stand there. */
  #isDefective = false;
  /** The field of the current value; undefined when the value does not matter. */
  #field: Field | undefined;
  readonly #amounts: MessageFields["amounts"];
  #isName = false;
  /** The part of a kept token that earlier chunks had, one character a byte. */
  #token: string | undefined = undefined;
  #tokenFrom = 0;
  /** A small chunk, one character a byte: slices of it are cheaper than slices of bytes. */
  #text = "";

  constructor({ message, amounts } = PLAIN_FIELDS) {
    this.#field = message;
    this.#amounts = amounts;
  }

  /** Reads the next bytes of the message. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#tokenFrom = 0;
    this.#text = bytes.length <= SMALL_CHUNK_BYTES ? bytes.toString("latin1") : "";
    let at = 0;
    while (at < bytes.length) at = this.#step(bytes, at);
    if (this.#token !== undefined) this.#token = this.#tokenUpTo(bytes, bytes.length);
  }

  /** Returns the summary of the bytes so far. */
  end(): MessageSummary {
    const isWellFormed = this.#state === "done" && !this.#isDefective;
    return summarizeMessage(this.#kept, this.#listed, { isWellFormed, amounts: this.#amounts });
  }

  /** Reads one token, or its part in this chunk, and returns the position after it. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "string":
        return this.#inString(bytes, at);
      case "escape":
        this.#state = "string";
        return at + 1;
      case "scalar":
        return this.#inScalar(bytes, at);
      case "broken":
        return bytes.length;
      default:
        return this.#betweenTokens(bytes, at);
    }
  }

  #inString(bytes: Buffer, from: number): number {
    const near = Math.min(from + SHORT_STRING_BYTES, bytes.length);
    let at = from;
    while (at < near) {
      const byte = bytes[at];
      if (byte === QUOTE) return this.#endString(bytes, at + 1);
      at += byte === BACKSLASH ? 2 : 1;
    }
    if (at < bytes.length) return this.#inLongString(bytes, at);
    // The next chunk begins with the escaped character.
    if (at > bytes.length) this.#state = "escape";
    return bytes.length;
  }

  /** Searches for quotes only, since a text of many lines has an escape in each. The byte at `from` is not escaped. */
  #inLongString(bytes: Buffer, from: number): number {
    const quote = bytes.indexOf(QUOTE, from);
    const stop = quote === -1 ? bytes.length : quote;
    // Invariant: reads no byte twice, however many escapes a string has.
    const isEscaped = backslashesBefore(bytes, stop, from) % 2 === 1;
    if (quote !== -1) return isEscaped ? quote + 1 : this.#endString(bytes, quote + 1);
    if (isEscaped) this.#state = "escape";
    return stop;
  }

  #endString(bytes: Buffer, end: number): number {
    const token = this.#endToken(bytes, end);
    if (!this.#isName) {
      this.#state = "after";
      this.#keep(token);
      return end;
    }
    this.#state = "colon";
    const container = this.#containers.at(-1);
    this.#field =
      token === undefined ? undefined : (container?.members?.get(nameOfToken(token)) ?? container?.others);
    return end;
  }

  #inScalar(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isInScalar(bytes[at] ?? 0)) at += 1;
    if (at === bytes.length) return at;
    this.#state = "after";
    this.#isDefective ||= at > from && !isScalarEnd(bytes[at - 1] ?? 0);
    this.#keep(this.#endToken(bytes, at));
    return at;
  }

  #betweenTokens(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0;
    if (isWhitespace(byte)) return at + 1;
    const isEmptyEnd = this.#state === "name or end" || this.#state === "element or end";
    if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && (isEmptyEnd || this.#state === "after"))
      this.#close(byte);
    else if (this.#state === "after") this.#separate(byte);
    else if (this.#state === "colon") this.#state = byte === COLON ? "value" : "broken";
    else if (this.#state === "name" || this.#state === "name or end") this.#beginName(byte, at);
    else if (this.#state === "done") this.#state = "broken";
    else this.#beginValue(byte, at);
    return at + 1;
  }

  #separate(byte: number): void {
    if (byte !== COMMA) this.#state = "broken";
    else this.#state = this.#isObject.at(-1) === true ? "name" : "value";
  }

  #beginName(byte: number, at: number): void {
    this.#state = byte === QUOTE ? "string" : "broken";
    this.#isName = true;
    if (this.#containers.at(-1) !== undefined) this.#beginToken(at);
  }

  #beginValue(byte: number, at: number): void {
    const isMessage = this.#isObject.length === 0;
    if (byte === OPEN_BRACE || (byte === OPEN_BRACKET && !isMessage)) return this.#open(byte);
    this.#isName = false;
    const isWord = isLetter(byte) && !isScalarStart(byte);
    this.#isDefective ||= isWord;
    if (isMessage || !(byte === QUOTE || isScalarStart(byte) || isWord)) this.#state = "broken";
    else this.#state = byte === QUOTE ? "string" : "scalar";
    if (this.#field !== undefined) this.#beginToken(at);
  }

  #open(byte: number): void {
    const isObject = byte === OPEN_BRACE;
    this.#keep(isObject ? "{" : "[");
    this.#isObject.push(isObject);
    this.#containers.push(isObject && this.#field?.members !== undefined ? this.#field : undefined);
    this.#field = undefined;
    this.#state = isObject ? "name or end" : "element or end";
    if (this.#isObject.length > MAX_DEPTH) this.#state = "broken";
  }

  #close(byte: number): void {
    this.#containers.pop();
    const isObject = this.#isObject.pop();
    if (isObject !== (byte === CLOSE_BRACE)) this.#state = "broken";
    else this.#state = this.#isObject.length === 0 ? "done" : "after";
  }

  #beginToken(at: number): void {
    this.#token = "";
    this.#tokenFrom = at;
  }

  #endToken(bytes: Buffer, end: number): string | undefined {
    const token = this.#token === undefined ? undefined : this.#tokenUpTo(bytes, end);
    this.#token = undefined;
    return token;
  }

  #tokenUpTo(bytes: Buffer, end: number): string {
    const before = this.#token ?? "";
    if (before === TOO_LONG || before.length + end - this.#tokenFrom > MAX_KEPT_BYTES) return TOO_LONG;
    if (this.#text !== "") return before + this.#text.slice(this.#tokenFrom, end);
    return before + bytes.toString("latin1", this.#tokenFrom, end);
  }

  #keep(token: string | undefined): void {
    if (this.#field === undefined || token === undefined) return;
    if (this.#field.isList === true) this.#list(token);
    else this.#kept.set(this.#field.as ?? this.#field, token);
  }

  #list(token: string): void {
    if (this.#listed.includes(token)) return;
    if (this.#listed.length === MAX_LISTED) this.#state = "broken";
    else this.#listed = [...this.#listed, token];
  }
}

/** Number of backslashes directly before `end`, none of them before `from`. */
function backslashesBefore(bytes: Buffer, end: number, from: number): number {
  let at = end;
  while (at > from && bytes[at - 1] === BACKSLASH) at -= 1;
  return end - at;
}

/** The name in a token. Names that matter are ASCII, so only escapes need decoding. */
function nameOfToken(token: string): string {
  return token.includes("\\") ? (stringOfToken(token) ?? "") : token.slice(1, -1);
}
