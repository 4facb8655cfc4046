/** The response to one request of Streamable HTTP, read for a client that receives its messages on another stream. */

import type { OutgoingHttpHeaders } from "node:http";
import { Writable } from "node:stream";
import { eventId, SseSplitter } from "../../../mcp/sse.ts";
import type { ClientResponse } from "../../http/client-response.ts";

/** How a response ended. */
export interface ResponseEnd {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Undefined for an event stream. */
  readonly body: Buffer | undefined;
  /** The reason why the response is incomplete; undefined when it is whole. */
  readonly failure: "broken" | "too_large" | undefined;
  /** Of an event stream: the id of the last event that had one, after which the stream can be resumed. */
  readonly lastEventId?: string | undefined;
}

export interface ResponseReader {
  readonly onHead?: (status: number, headers: OutgoingHttpHeaders) => void;
  /** Called for each message of an event stream. */
  readonly onMessage: (text: string) => void;
  /** Called once. */
  readonly onEnd: (end: ResponseEnd) => void;
  /** Calls back when the client's stream takes more. */
  readonly whenWritable: (callback: () => void) => void;
  /** Longest message, in bytes. */
  readonly maxBytes: number;
}

export class StreamedResponse extends Writable implements ClientResponse {
  statusCode = 200;
  readonly isWithinStream = true;
  shouldKeepAlive = true;
  readonly #reader: ResponseReader;
  #headers: OutgoingHttpHeaders | undefined;
  /** Undefined for a body that is no event stream. */
  #splitter: SseSplitter | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #lastEventId: string | undefined;
  #failure: ResponseEnd["failure"] = "broken";

  constructor(reader: ResponseReader) {
    super({ decodeStrings: true });
    this.#reader = reader;
    // The relay watches for the end of the response, not for its reason.
    this.on("error", () => undefined);
    this.once("close", () => this.#end());
  }

  get headersSent(): boolean {
    return this.#headers !== undefined;
  }

  /** Names in `headers` are in lower case, as everywhere in the relay. */
  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.statusCode = status;
    this.#headers = headers;
    if (/^text\/event-stream\b/i.test(String(headers["content-type"])))
      this.#splitter = new SseSplitter(this.#reader.maxBytes);
    this.#reader.onHead?.(status, headers);
    return this;
  }

  flushHeaders(): void {
    // Nothing waits here: the head goes no further.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.#take(chunk)) {
      this.#failure = "too_large";
      return void this.destroy();
    }
    this.#reader.whenWritable(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#failure = undefined;
    this.#reader.whenWritable(done);
  }

  /** False when a message is longer than allowed. */
  #take(chunk: Buffer): boolean {
    if (this.#splitter === undefined) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
      return this.#bytes <= this.#reader.maxBytes;
    }
    const events = this.#splitter.push(chunk);
    if (events === "too_large") return false;
    for (const event of events) {
      this.#lastEventId = eventId(event) ?? this.#lastEventId;
      // An event without data only gives an id to resume after.
      if (event.isMessage && event.data) this.#reader.onMessage(event.data);
    }
    return true;
  }

  #end(): void {
    const body = this.#splitter === undefined ? Buffer.concat(this.#chunks) : undefined;
    this.#chunks = [];
    this.#reader.onEnd({
      status: this.statusCode,
      headers: this.#headers ?? {},
      body,
      failure: this.#failure,
      lastEventId: this.#lastEventId,
    });
  }
}
