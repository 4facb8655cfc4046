/** Forwards an event stream as it comes, except for the data of an event: this is held until its message was judged. */

import type { MessageFields } from "../../../mcp/message-fields.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { endWithOwnId, ID_AT_END_BYTES, withOwnId } from "../../../mcp/own-id.ts";
import { replaceData, SseSplitter } from "../../../mcp/sse.ts";
import type { Filter } from "./pipe.ts";
import { SseObserver } from "./sse-observer.ts";

/** A longer event is forwarded as it comes; when it is refused, the stream breaks before the line that ends it. */
const MAX_HELD_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

export interface SseGuardOptions {
  readonly mayPass: (summary: MessageSummary) => boolean;
  readonly onMessage: (summary: MessageSummary) => void;
  /** The id to write in place of that of the message; undefined when it stays. */
  readonly idFor: (summary: MessageSummary) => string | undefined;
  /** Longest event whose id is replaced, in bytes. */
  readonly maxBytes: number;
  /** The fields that are kept of each message. */
  readonly fields?: MessageFields;
}

export class SseGuard implements Filter {
  readonly #options: SseGuardOptions;
  readonly #observer: SseObserver;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Whether a part of the event that has not ended was forwarded. */
  #isPartForwarded = false;
  #isRefused = false;
  /** Where the last event that may pass ends in this chunk. */
  #judgedTo = 0;
  #lastEvents: Buffer | undefined;
  #chunk: Buffer = EMPTY;
  /** The events of this chunk up to `#passedTo`, where an id was replaced. */
  #passed: Buffer[] = [];
  #passedTo = 0;

  constructor(options: SseGuardOptions) {
    this.#options = options;
    this.#observer = new SseObserver((summary, end) => this.#judge(summary, end), options.fields);
  }

  /** After a refusal: the events before it; undefined when a part of the refused event was forwarded. */
  readonly eventsBeforeRefusal = (): Buffer | undefined => this.#lastEvents;

  readonly isResumable = (): boolean => this.#observer.hasId;

  readonly isBetweenEvents = (): boolean => this.#observer.isBetweenEvents;

  readonly pass = (chunk: Buffer): Buffer | undefined => {
    this.#judgedTo = 0;
    this.#passedTo = 0;
    this.#chunk = chunk;
    this.#observer.push(chunk);
    const whole = this.#wholeEvents(chunk);
    if (this.#isRefused) {
      if (!this.#isPartForwarded) this.#lastEvents = whole;
      return undefined;
    }
    const rest = chunk.subarray(this.#judgedTo);
    return whole.byteLength === 0 ? this.#hold(rest) : Buffer.concat([whole, this.#hold(rest)]);
  };

  /** The data of an event that the end of the stream cut off; clients should discard it, but not all do. */
  readonly flush = (): Buffer | undefined => {
    const summary = this.#observer.end();
    if (summary === undefined || this.#options.mayPass(summary)) return this.#release(EMPTY);
    if (!this.#isPartForwarded) this.#lastEvents = EMPTY;
    return undefined;
  };

  #judge(summary: MessageSummary, end: number): void {
    if (this.#isRefused) return;
    this.#isRefused = !this.#options.mayPass(summary);
    if (this.#isRefused) return;
    this.#judgedTo = end;
    const id = this.#options.idFor(summary);
    const isEnd = this.#isPartForwarded;
    this.#isPartForwarded = false;
    if (id !== undefined) {
      const events = this.#release(this.#chunk.subarray(this.#passedTo, end));
      this.#passed.push(isEnd ? endWithOwnId(events, id) : withIdInLastEvent(events, id));
      this.#passedTo = end;
    }
    this.#options.onMessage(summary);
  }

  /** The events that end in the chunk and may pass. */
  #wholeEvents(chunk: Buffer): Buffer {
    if (this.#judgedTo === 0) return EMPTY;
    if (this.#passed.length === 0) return this.#release(chunk.subarray(0, this.#judgedTo));
    return Buffer.concat([
      ...this.#passed.splice(0),
      this.#release(chunk.subarray(this.#passedTo, this.#judgedTo)),
    ]);
  }

  /** Holds the start of an event; returns what may be forwarded at once. */
  #hold(bytes: Buffer): Buffer {
    if (!this.#observer.isWithinData) {
      this.#isPartForwarded = false;
      return this.#release(bytes);
    }
    if (this.#isPartForwarded || this.#heldBytes + bytes.byteLength > this.#maxHeldBytes()) {
      this.#isPartForwarded = true;
      return this.#releaseStart(bytes);
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
    return EMPTY;
  }

  /** An event is held longer when its id has come already, and must be replaced. */
  #maxHeldBytes(): number {
    if (this.#heldBytes <= MAX_HELD_BYTES / 2) return MAX_HELD_BYTES;
    const summary = this.#observer.end();
    const isReplaced = summary !== undefined && this.#options.idFor(summary) !== undefined;
    return isReplaced ? this.#options.maxBytes : MAX_HELD_BYTES;
  }

  /** Keeps the bytes in which an id at the end may have to be replaced. */
  #releaseStart(bytes: Buffer): Buffer {
    const all = this.#release(bytes);
    const start = Math.max(0, all.byteLength - ID_AT_END_BYTES);
    this.#held = [all.subarray(start)];
    this.#heldBytes = all.byteLength - start;
    return all.subarray(0, start);
  }

  #release(bytes: Buffer): Buffer {
    if (this.#held.length === 0) return bytes;
    const released = Buffer.concat([...this.#held, bytes]);
    this.#held = [];
    this.#heldBytes = 0;
    return released;
  }
}

function withIdInLastEvent(bytes: Buffer, id: string): Buffer {
  const events = new SseSplitter(Number.POSITIVE_INFINITY).push(bytes);
  const last = events === "too_large" ? undefined : events.at(-1);
  if (last?.data === undefined) return bytes;
  const before = bytes.subarray(0, bytes.byteLength - last.raw.byteLength);
  return Buffer.concat([before, replaceData(last, withOwnId(last.data, id))]);
}
