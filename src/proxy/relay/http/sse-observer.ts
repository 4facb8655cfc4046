/** Follows the messages of an SSE stream without holding them: an event of any size costs no memory. */

import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const DATA = Buffer.from("data");
const NEWLINE = Buffer.from("\n");

type Position = "line start" | "field name" | "value start" | "value" | "other field";

export class SseObserver {
  readonly #onMessage: (summary: MessageSummary) => void;
  #skimmer = new MessageSkimmer();
  #hasData = false;
  #position: Position = "line start";
  #matched = 0;
  #wasCarriageReturn = false;

  /** `onMessage` is called with each event that carries data, at the line that ends it. */
  constructor(onMessage: (summary: MessageSummary) => void) {
    this.#onMessage = onMessage;
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
        this.#matched = 0;
        return index;
      case "field name":
        this.#position = this.#matchName(byte);
        return index + 1;
      case "value start":
        this.#position = "value";
        return byte === SPACE ? index + 1 : index;
      case "value": {
        const end = endOfLine(chunk, index);
        this.#skimmer.push(chunk.subarray(index, end));
        return end;
      }
      case "other field":
        return endOfLine(chunk, index);
    }
  }

  #matchName(byte: number | undefined): Position {
    if (byte === COLON && this.#matched === DATA.byteLength) {
      if (this.#hasData) this.#skimmer.push(NEWLINE);
      this.#hasData = true;
      return "value start";
    }
    if (byte !== DATA[this.#matched]) return "other field";
    this.#matched += 1;
    return "field name";
  }

  #endLine(chunk: Buffer, index: number): number {
    if (this.#position === "line start") this.#endEvent();
    this.#position = "line start";
    if (chunk[index] === LF) return index + 1;
    if (chunk[index + 1] === LF) return index + 2;
    this.#wasCarriageReturn = index + 1 === chunk.byteLength;
    return index + 1;
  }

  #endEvent(): void {
    if (!this.#hasData) return;
    const summary = this.#skimmer.end();
    this.#skimmer = new MessageSkimmer();
    this.#hasData = false;
    this.#onMessage(summary);
  }
}

function endOfLine(chunk: Buffer, from: number): number {
  const lineFeed = chunk.indexOf(LF, from);
  const end = lineFeed === -1 ? chunk.byteLength : lineFeed;
  // Looked for only up to the line feed, so that a chunk of many lines is read once.
  const carriageReturn = chunk.subarray(from, end).indexOf(CR);
  return carriageReturn === -1 ? end : from + carriageReturn;
}
