/** Filters an event stream: each event is held until it was read, and is forwarded as the agent may see it. */

import { listFailure } from "../../tools/list-fault.ts";
import { FAILURES } from "../../upstream-failure.ts";
import type { Filter } from "./pipe.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { MessageFields } from "../../../mcp/message-fields.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { eventId, replaceData, type SseEvent, SseSplitter, withoutMark } from "../../../mcp/sse.ts";

export interface SseFilterOptions {
  /** Longest event that is held, in bytes; a longer one ends the stream. */
  readonly maxBytes: number;
  /** Whether the message may pass at all; one that may not ends the stream. */
  readonly mayPass: (summary: MessageSummary) => boolean;
  /** The message to forward in its place, empty for none; undefined when it cannot be read. */
  readonly rewrite: (message: string, summary: MessageSummary) => string | undefined;
  /** Called with the reason, as a predicate of the server, before an event is refused that `mayPass` was not asked about. */
  readonly onUnreadable: (failure: string) => void;
  readonly onMessage: (summary: MessageSummary) => void;
  /** The fields that are kept of each message. */
  readonly fields?: MessageFields;
}

export class SseFilter implements Filter {
  readonly #options: SseFilterOptions;
  readonly #splitter: SseSplitter;
  #eventsBeforeRefusal: Buffer | undefined;
  #hasId = false;

  constructor(options: SseFilterOptions) {
    this.#options = options;
    this.#splitter = new SseSplitter(options.maxBytes);
  }

  /** Whether any event has had an id, after which the client can resume the stream. */
  readonly isResumable = (): boolean => this.#hasId;

  /** After the refusal of a message that may not pass: the events before it. */
  readonly eventsBeforeRefusal = (): Buffer | undefined => this.#eventsBeforeRefusal;

  readonly pass = (chunk: Buffer): Buffer | undefined => {
    const events = this.#splitter.push(chunk);
    const passed: Buffer[] = [];
    if (events === "too_large") {
      this.#options.onUnreadable(FAILURES.too_large);
      this.#eventsBeforeRefusal = Buffer.alloc(0);
      return undefined;
    }
    for (const event of events) {
      this.#hasId ||= eventId(event) !== undefined;
      const bytes = this.#filterEvent(event);
      if (bytes === undefined) {
        this.#eventsBeforeRefusal = Buffer.concat(passed);
        return undefined;
      }
      passed.push(bytes);
    }
    return Buffer.concat(passed);
  };

  // Security: an event that the end of the stream cut off was never read, so it does not pass.
  readonly flush = (): Buffer => Buffer.alloc(0);

  /** Undefined for an event that may not pass. */
  #filterEvent(event: SseEvent): Buffer | undefined {
    const { raw, data } = event;
    // Clients act on messages only. Without the mark, they all read the name of the first event.
    if (!event.isMessage) return withoutMark(event);
    if (data === undefined || data === "") return raw;
    const skimmer = new MessageSkimmer(this.#options.fields);
    skimmer.push(Buffer.from(data));
    const summary = skimmer.end();
    // Security: a client that reads more leniently could take a malformed message for a tools/list or a request.
    if (!this.#options.mayPass(summary)) return undefined;
    const rewritten = summary.isWellFormed ? this.#options.rewrite(data, summary) : undefined;
    if (rewritten === undefined) {
      this.#options.onUnreadable(data.includes('"tools"') ? listFailure(data) : FAILURES.unreadable);
      return undefined;
    }
    this.#options.onMessage(summary);
    return rewritten === data ? raw : replaceData(event, rewritten);
  }
}
