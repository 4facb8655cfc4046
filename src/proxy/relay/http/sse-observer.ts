/** Follows the messages of an SSE stream without holding them: an event of any size costs no memory. */

import { isOtherName } from "../../../mcp/sse.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { MessageFields } from "../../../mcp/message-fields.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const NEWLINE = Buffer.from("\n");
/** UTF-8 with one character a byte. */
const BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";
/** A longer name is no field or event that is looked for, with the mark that the stream may begin with. */
const MAX_NAME_BYTES = BYTE_ORDER_MARK.length + "message".length + 1;
/** A character that some clients trim, or take for the end of the line. */
const OUTSIDE_NAMES = /[^!-~]/;

type Position = "line start" | "field name" | "value start" | "data" | "event name" | "other field";

export class SseObserver {
  readonly #onMessage: (summary: MessageSummary, end: number) => void;
  readonly #fields: MessageFields | undefined;
  #skimmer: MessageSkimmer;
  #hasData = false;
  #position: Position = "line start";
  #field = "";
  #eventName = "";
  #isFirstLine = true;
  #hasName = false;
  /** Security: where clients could disagree about the name, the event is a message. */
  #mayBeMessage = false;
  #isEventEmpty = true;
  #wasCarriageReturn = false;
  #hasId = false;

  /**
   * `onMessage` is called with each event that carries data and has no other name than `message`, at the line that ends it.
   * `end` is where that line ends in the chunk.
   */
  constructor(onMessage: (summary: MessageSummary, end: number) => void, fields?: MessageFields) {
    this.#onMessage = onMessage;
    this.#fields = fields;
    this.#skimmer = new MessageSkimmer(fields);
  }

  /** Whether data, or a line that may begin it, has arrived of an event that has not ended. */
  get isWithinData(): boolean {
    return this.#hasData || this.#position === "field name";
  }

  /** The message of an event that the end of the stream cut off; undefined when there is none. */
  end(): MessageSummary | undefined {
    return this.#hasData && this.#isMessage ? this.#skimmer.end() : undefined;
  }

  /** Whether any event has had an id, after which the client can resume the stream. */
  get hasId(): boolean {
    return this.#hasId;
  }

  /** Whether no event has begun that has not ended. */
  get isBetweenEvents(): boolean {
    return this.#position === "line start" && this.#isEventEmpty;
  }

  push(chunk: Buffer): void {
    let index = 0;
    if (this.#wasCarriageReturn && chunk[0] === LF) index = 1;
    if (chunk.byteLength > 0) this.#wasCarriageReturn = false;
    while (index < chunk.byteLength) index = this.#step(chunk, index);
  }

  #step(chunk: Buffer, index: number): number {
    const byte = chunk[index];
    if (byte === CR || byte === LF) return this.#endLine(chunk, index);
    switch (this.#position) {
      case "line start":
        this.#position = "field name";
        this.#field = "";
        return index;
      case "field name":
        return this.#readName(chunk, index);
      case "value start":
        this.#position = this.#field === "data" ? "data" : "event name";
        return byte === SPACE ? index + 1 : index;
      case "data": {
        const end = endOfLine(chunk, index);
        this.#skimmer.push(chunk.subarray(index, end));
        return end;
      }
      case "event name": {
        const end = endOfLine(chunk, index);
        this.#mayBeMessage ||= OUTSIDE_NAMES.test(chunk.toString("latin1", index, end));
        this.#eventName = extended(this.#eventName, chunk, index, end);
        return end;
      }
      case "other field":
        return endOfLine(chunk, index);
    }
  }

  #readName(chunk: Buffer, from: number): number {
    const lineEnd = endOfLine(chunk, from);
    const colon = chunk.subarray(from, lineEnd).indexOf(COLON);
    const end = colon === -1 ? lineEnd : from + colon;
    this.#field = extended(this.#field, chunk, from, end);
    if (colon === -1) return end;
    this.#beginValue();
    return end + 1;
  }

  #beginValue(): void {
    if (this.#isFirstLine && this.#field.startsWith(BYTE_ORDER_MARK))
      this.#field = this.#field.slice(BYTE_ORDER_MARK.length);
    this.#position = this.#field === "data" || this.#field === "event" ? "value start" : "other field";
    if (this.#field === "event") this.#eventName = "";
    if (this.#field === "id") this.#hasId = true;
    if (this.#field !== "data") return;
    if (this.#hasData) this.#skimmer.push(NEWLINE);
    this.#hasData = true;
  }

  #endLine(chunk: Buffer, index: number): number {
    // A line without a colon is a field with an empty value.
    if (this.#position === "field name") this.#beginValue();
    if (this.#position === "event name" || this.#position === "value start") this.#endName();
    this.#isEventEmpty = this.#position === "line start";
    const isCarriageReturn = chunk[index] === CR;
    const end = index + (isCarriageReturn && chunk[index + 1] === LF ? 2 : 1);
    if (this.#isEventEmpty) this.#endEvent(end);
    this.#position = "line start";
    this.#isFirstLine = false;
    this.#wasCarriageReturn = isCarriageReturn && index + 1 === chunk.byteLength;
    return end;
  }

  #endName(): void {
    if (this.#field !== "event") return;
    this.#hasName = true;
    this.#mayBeMessage ||= !isOtherName(this.#eventName);
  }

  get #isMessage(): boolean {
    return !this.#hasName || this.#mayBeMessage;
  }

  #endEvent(end: number): void {
    const isMessage = this.#isMessage;
    this.#hasName = false;
    this.#mayBeMessage = false;
    if (!this.#hasData) return;
    const summary = this.#skimmer.end();
    this.#skimmer = new MessageSkimmer(this.#fields);
    this.#hasData = false;
    if (isMessage) this.#onMessage(summary, end);
  }
}

function extended(name: string, chunk: Buffer, from: number, end: number): string {
  if (name.length >= MAX_NAME_BYTES) return name;
  return name + chunk.toString("latin1", from, Math.min(end, from + MAX_NAME_BYTES));
}

function endOfLine(chunk: Buffer, from: number): number {
  const lineFeed = chunk.indexOf(LF, from);
  const end = lineFeed === -1 ? chunk.byteLength : lineFeed;
  // Looked for only up to the line feed, so that a chunk of many lines is read once.
  const carriageReturn = chunk.subarray(from, end).indexOf(CR);
  return carriageReturn === -1 ? end : from + carriageReturn;
}
