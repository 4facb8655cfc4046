/** Forwards an event stream as it comes, except for the data of an event: this is held until its message was judged. */

import type { MessageSummary } from "../../../mcp/message-summary.ts";
import type { Filter } from "./pipe.ts";
import { SseObserver } from "./sse-observer.ts";

/** A longer event is forwarded as it comes; when it is refused, the stream breaks before the line that ends it. */
const MAX_HELD_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

export interface SseGuardOptions {
  readonly mayPass: (summary: MessageSummary) => boolean;
  readonly onMessage: (summary: MessageSummary) => void;
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

  constructor(options: SseGuardOptions) {
    this.#options = options;
    this.#observer = new SseObserver((summary, end) => this.#judge(summary, end));
  }

  /** After a refusal: the events before it; undefined when a part of the refused event was forwarded. */
  readonly eventsBeforeRefusal = (): Buffer | undefined => this.#lastEvents;

  readonly isBetweenEvents = (): boolean => this.#observer.isBetweenEvents;

  readonly pass = (chunk: Buffer): Buffer | undefined => {
    this.#judgedTo = 0;
    this.#observer.push(chunk);
    const whole = this.#judgedTo === 0 ? EMPTY : this.#release(chunk.subarray(0, this.#judgedTo));
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
    this.#isPartForwarded = false;
    this.#options.onMessage(summary);
  }

  /** Holds the start of an event; returns what may be forwarded at once. */
  #hold(bytes: Buffer): Buffer {
    if (!this.#observer.isWithinData) {
      this.#isPartForwarded = false;
      return this.#release(bytes);
    }
    if (this.#isPartForwarded || this.#heldBytes + bytes.byteLength > MAX_HELD_BYTES) {
      this.#isPartForwarded = true;
      return this.#release(bytes);
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
    return EMPTY;
  }

  #release(bytes: Buffer): Buffer {
    if (this.#held.length === 0) return bytes;
    const released = Buffer.concat([...this.#held, bytes]);
    this.#held = [];
    this.#heldBytes = 0;
    return released;
  }
}
