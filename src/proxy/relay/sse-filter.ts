/** A stream with messages that may not pass as they are: each event is held until it was read, and passes as the agent may see it. */

import type { Filter } from "./pipe.ts";
import { MessageSkimmer } from "../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import { replaceData, type SseEvent, SseSplitter } from "../../mcp/sse.ts";

export interface SseFilterOptions {
  /** Longest event that is held, in bytes; a longer one ends the stream. */
  readonly maxBytes: number;
  /** The message that goes on in its place, empty for none; undefined when it cannot be read. */
  readonly rewrite: (message: string, outline: MessageSummary) => string | undefined;
  readonly onMessage: (outline: MessageSummary) => void;
}

export class SseFilter implements Filter {
  readonly #options: SseFilterOptions;
  readonly #splitter: SseSplitter;

  constructor(options: SseFilterOptions) {
    this.#options = options;
    this.#splitter = new SseSplitter(options.maxBytes);
  }

  readonly pass = (chunk: Buffer): Buffer | undefined => {
    const events = this.#splitter.push(chunk);
    if (events === "too_large") return undefined;
    const passed: Buffer[] = [];
    for (const event of events) {
      const bytes = this.#passEvent(event);
      if (bytes === undefined) return undefined;
      passed.push(bytes);
    }
    return Buffer.concat(passed);
  };

  // Security: an event that the end of the stream cut off was never read, so it does not pass.
  readonly flush = (): Buffer => Buffer.alloc(0);

  #passEvent(event: SseEvent): Buffer | undefined {
    const { raw, data } = event;
    if (data === undefined || data === "") return raw;
    const reading = new MessageSkimmer();
    reading.push(Buffer.from(data));
    const outline = reading.end();
    // What we cannot make out could be a list, or a request, to a more forgiving reader.
    if (!outline.isWellFormed) return undefined;
    const rewritten = this.#options.rewrite(data, outline);
    if (rewritten === undefined) return undefined;
    this.#options.onMessage(outline);
    return rewritten === data ? raw : replaceData(event, rewritten);
  }
}
