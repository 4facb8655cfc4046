/** Splits a stream of server-sent events into events with their original bytes, and reads their data. */

import { Buffer } from "node:buffer";

export interface SseEvent {
  /** All bytes with the empty line at the end; the raw bytes of all events together are the stream. */
  readonly raw: Buffer;
  /** The data lines, joined by line feeds; undefined when there are none, as in a comment or half of a line end. */
  readonly data: string | undefined;
  /** Whether a client may read the event as a message: it has no name, or the name `message`. */
  readonly isMessage: boolean;
  /** Whether the event is the first of the stream, where a byte order mark is not part of the first line. */
  readonly isFirst: boolean;
}

const LF = 0x0a;
const CR = 0x0d;
/** UTF-8 with one character a byte, like all lines here. */
const BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";
const LINE_END = /\r\n|\r|\n/;
/** Names of events that every client takes for another name than `message`, whatever it trims. */
const OTHER_NAME = /^(?!message$)[!-~]+$/i;
/** Characters in UTF-8 that end a line for some clients and not by the standard: VT, FF, FS, GS, RS, NEL, LS and PS. */
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const DISPUTED_LINE_END = /[\v\f\u001C-\u001E]|\u00C2\u0085|\u00E2\u0080[\u00A8\u00A9]/;
const LINES = /([^\r\n]*)(\r\n|\r|\n)/g;

/** Splits as https://html.spec.whatwg.org/multipage/server-sent-events.html defines it: CR, LF and CRLF end lines. */
export class SseSplitter {
  readonly #maxEventBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isLineEmpty = true;
  #wasCarriageReturn = false;
  #isTooLarge = false;
  #isFirst = true;
  /** Positions of the next line feed and the next carriage return in this chunk; -1 before the first search. */
  #nextLineFeed = -1;
  #nextCarriageReturn = -1;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** Returns the events that end in this chunk; `too_large` from the first event on that has more bytes than allowed. */
  push(chunk: Uint8Array): readonly SseEvent[] | "too_large" {
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const events: SseEvent[] = [];
    this.#nextLineFeed = -1;
    this.#nextCarriageReturn = -1;
    let from = 0;
    for (let end = this.#eventEnd(bytes, 0); end !== -1; end = this.#eventEnd(bytes, from)) {
      events.push(this.#event(bytes.subarray(from, end)));
      from = end;
    }
    this.#hold(bytes.subarray(from));
    return this.#isTooLarge ? "too_large" : events;
  }

  /**
   * Returns the bytes of an unfinished event at the end of the stream.
   * Security: clients should discard them, but not all do. They were not inspected, so they must not pass a filter.
   */
  rest(): Buffer {
    return Buffer.concat(this.#pending);
  }

  /** Position after the empty line that ends an event; -1 when no further event ends in this chunk. */
  #eventEnd(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#wasCarriageReturn && at < bytes.length) {
      this.#wasCarriageReturn = false;
      // The LF of a CRLF that two chunks share is not a line of its own, nor part of the next event.
      if (bytes[at] === LF) at += 1;
      if (at > from && this.#isLineEmpty && this.#pendingBytes === 0) return at;
    }
    while (at < bytes.length) {
      const lineEnd = this.#lineEnd(bytes, at);
      const isEmpty = this.#isLineEmpty && lineEnd === at;
      this.#isLineEmpty = lineEnd < bytes.length;
      if (lineEnd === bytes.length) return -1;
      at = this.#afterLineEnd(bytes, lineEnd);
      if (isEmpty) return at;
    }
    return -1;
  }

  #lineEnd(bytes: Buffer, from: number): number {
    // Invariant: neither search reads a byte twice, with any line end.
    if (this.#nextLineFeed < from) this.#nextLineFeed = indexOrEnd(bytes, LF, from);
    if (this.#nextCarriageReturn < from) this.#nextCarriageReturn = indexOrEnd(bytes, CR, from);
    return Math.min(this.#nextLineFeed, this.#nextCarriageReturn);
  }

  #afterLineEnd(bytes: Buffer, at: number): number {
    if (bytes[at] === LF) return at + 1;
    if (bytes[at + 1] === LF) return at + 2;
    this.#wasCarriageReturn = at + 1 === bytes.length;
    return at + 1;
  }

  #event(last: Buffer): SseEvent {
    this.#hold(last);
    const raw = this.#pending.length === 1 ? last : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return { raw, ...readFields(raw, isFirst), isFirst };
  }

  #hold(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#maxEventBytes) this.#isTooLarge = true;
    if (this.#isTooLarge) this.#pending = [];
    else if (bytes.length > 0) this.#pending.push(bytes);
  }
}

/** Replaces the data of an event and keeps its other lines; returns the event unchanged when it has no data. */
export function replaceData(event: SseEvent, data: string): Buffer {
  if (event.data === undefined) return event.raw;
  const lines = Buffer.from(data, "utf8").toString("latin1").split(LINE_END);
  const text = event.raw.toString("latin1");
  const mark = markOf(text, event.isFirst);
  let isReplaced = false;
  const rebuilt = text.slice(mark.length).replace(LINES, (line: string, content: string, lineEnd: string) => {
    if (valueOfLine("data", content) === undefined) return line;
    if (isReplaced) return "";
    isReplaced = true;
    return lines.map((replacement) => `data: ${replacement}${lineEnd}`).join("");
  });
  return Buffer.from(mark + rebuilt, "latin1");
}

/** The name of an event by the standard: that of its last `event` line, or `message`. */
export function eventName({ raw, isFirst }: SseEvent): string {
  const text = raw.toString("latin1");
  const lines = text.slice(markOf(text, isFirst).length).split(LINE_END);
  return valuesOf("event", lines).at(-1) || "message";
}

/** The id of an event by the standard; undefined when it has none. */
export function eventId({ raw, isFirst }: SseEvent): string | undefined {
  const text = raw.toString("latin1");
  const ids = valuesOf("id", text.slice(markOf(text, isFirst).length).split(LINE_END));
  const id = ids.findLast((each) => !each.includes("\0"));
  return id === undefined ? undefined : Buffer.from(id, "latin1").toString("utf8");
}

/** Whether every client takes this name for another one than `message`. */
export function isOtherName(name: string): boolean {
  return OTHER_NAME.test(name);
}

/** The bytes of an event without the byte order mark that the stream may begin with. */
export function withoutMark({ raw, isFirst }: SseEvent): Buffer {
  const hasMark = markOf(raw.toString("latin1", 0, BYTE_ORDER_MARK.length), isFirst) !== "";
  return hasMark ? raw.subarray(BYTE_ORDER_MARK.length) : raw;
}

function readFields(raw: Buffer, isFirst: boolean): Pick<SseEvent, "data" | "isMessage"> {
  const text = raw.toString("latin1");
  const lines = text.slice(markOf(text, isFirst).length).split(LINE_END);
  const data = valuesOf("data", lines);
  return {
    data: data.length === 0 ? undefined : Buffer.from(data.join("\n"), "latin1").toString("utf8"),
    isMessage: isMessage(text, valuesOf("event", lines)),
  };
}

/** Security: where clients could disagree about the name, the event is a message, so that it is read. See docs/decisions/0079-named-events.md. */
function isMessage(text: string, names: readonly string[]): boolean {
  return names.length === 0 || !names.every(isOtherName) || DISPUTED_LINE_END.test(text);
}

function valuesOf(field: string, lines: readonly string[]): readonly string[] {
  return lines.map((line) => valueOfLine(field, line)).filter((value) => value !== undefined);
}

function markOf(text: string, isFirst: boolean): string {
  return isFirst && text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
}

/** The value of a line of this field; undefined for a line of another one. */
function valueOfLine(field: string, line: string): string | undefined {
  if (!line.startsWith(field)) return undefined;
  const end = field.length;
  if (line.length === end) return "";
  if (line[end] !== ":") return undefined;
  return line.slice(line.startsWith(" ", end + 1) ? end + 2 : end + 1);
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from);
  return index === -1 ? bytes.length : index;
}
