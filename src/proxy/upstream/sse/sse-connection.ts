/**
 * One connection to a server of the HTTP+SSE transport (revision 2024-11-05): the server's messages arrive on a stream, whose first
 * event names the endpoint that the client's messages are posted to.
 */

import type { OutgoingHttpHeaders } from "node:http";
import { eventName, type SseEvent, SseSplitter } from "../../../mcp/sse.ts";
import {
  discardBody,
  isEventStream,
  UpstreamError,
  type UpstreamExchange,
  type UpstreamFault,
  type UpstreamResponse,
} from "../../upstream.ts";
import { type MessageSink, Refusal } from "../bridge/child-multiplexer.ts";
import { type OnFailure, sendRequest } from "../http1/exchange.ts";
import type { ConnectionPool } from "../http1/pool.ts";
import { RequestWriter } from "../http1/request-writer.ts";

export interface SseServer {
  /** The address of the stream. */
  readonly url: URL;
  readonly pool: ConnectionPool;
  /** How long the server may take to name its endpoint. */
  readonly endpointMs: number;
  /** Longest event, in bytes; a longer one ends the connection. */
  readonly maxEventBytes: number;
  readonly onFailure: OnFailure;
  /** Written into CDN-Loop of every request. */
  readonly loopToken?: string;
}

export interface SseConnectionEvents {
  /** Called once, when the server has named its endpoint. */
  readonly onEndpoint: () => void;
  /** Called for the data of each message. */
  readonly onMessage: (text: Buffer) => void;
  /** Called once, when the connection has ended. */
  readonly onEnd: (fault: UpstreamFault) => void;
}

export class SseConnection implements MessageSink {
  /** The headers of the next messages: those that the session's client sent last, with its newest token. */
  headers: OutgoingHttpHeaders;
  readonly #server: SseServer;
  readonly #events: SseConnectionEvents;
  readonly #stream: UpstreamExchange;
  readonly #writer = Promise.withResolvers<RequestWriter>();
  readonly #timer: NodeJS.Timeout;
  /** Settles when the server has taken every message so far that has no response. */
  #taken: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  /** Opens the stream with the headers of the session's first message. */
  constructor(server: SseServer, headers: OutgoingHttpHeaders, events: SseConnectionEvents) {
    this.#server = server;
    this.#events = events;
    this.headers = headers;
    const head = new RequestWriter(server.url, server.loopToken).write(
      "GET",
      streamHeaders(headers),
      undefined,
    );
    this.#stream = sendRequest(server.pool, "GET", head, server.onFailure);
    this.#timer = setTimeout(() => this.#end(new UpstreamError("timeout", false)), server.endpointMs);
    this.#writer.promise.catch(() => undefined);
    this.#read().catch((error: unknown) => this.#end(error));
  }

  /** Posts a message that has no response; later messages follow once the server has taken it. @throws UpstreamError or Refusal */
  send(text: string): Promise<void> {
    const posted = this.#taken.then(() => this.#post(text));
    this.#taken = posted.catch(() => undefined);
    return posted;
  }

  /** Posts a request. @throws UpstreamError or Refusal */
  sendBatched(text: string): Promise<void> {
    return this.#taken.then(() => this.#post(text));
  }

  close(): void {
    this.#end(new UpstreamError("broken", true));
  }

  async #post(text: string): Promise<void> {
    const writer = await this.#writer.promise;
    const { pool, onFailure } = this.#server;
    const bytes = writer.write("POST", messageHeaders(this.headers), text);
    const response = await sendRequest(pool, "POST", bytes, onFailure).response;
    if (response.statusCode >= 400) throw new Refusal(response);
    drain(response);
    if (response.statusCode >= 300) throw new UpstreamError("unreadable", true);
  }

  async #read(): Promise<void> {
    const response = await this.#stream.response;
    if (response.statusCode >= 400) throw new Refusal(response);
    if (!isEventStream(response)) {
      discardBody(response);
      throw new UpstreamError("unreadable", false);
    }
    const splitter = new SseSplitter(this.#server.maxEventBytes);
    for await (const chunk of response.bufferedBody === undefined ? response : [response.bufferedBody]) {
      const events = splitter.push(chunk);
      if (events === "too_large") throw new UpstreamError("too_large", true);
      for (const event of events) this.#receive(event);
    }
    throw new UpstreamError("broken", true);
  }

  #receive(event: SseEvent): void {
    if (this.#isEnded || event.data === undefined) return;
    if (eventName(event) === "endpoint") this.#setEndpoint(event.data);
    else if (event.isMessage) this.#events.onMessage(Buffer.from(event.data));
  }

  #setEndpoint(reference: string): void {
    const endpoint = URL.parse(reference, this.#server.url);
    // Security: the client's messages and credentials go to no other server than the one that the operator named.
    if (endpoint?.origin !== this.#server.url.origin) throw new UpstreamError("unreadable", false);
    clearTimeout(this.#timer);
    this.#writer.resolve(new RequestWriter(endpoint, this.#server.loopToken));
    this.#events.onEndpoint();
  }

  /** Ends the stream. Messages that wait for the endpoint fail with `cause`, before the connection's end is reported. */
  #end(cause: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#writer.reject(cause);
    this.#stream.abort();
    setImmediate(() => this.#events.onEnd(cause instanceof UpstreamError ? cause.fault : "broken"));
  }
}

/** The headers of a message that belong to the session's stream as well. */
function streamHeaders(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const kept = messageHeaders(headers);
  delete kept["content-type"];
  return { ...kept, accept: "text/event-stream", "cache-control": "no-store" };
}

/** Without the session that Tollgate gave the client: the endpoint's address names the server's own. */
function messageHeaders({
  "mcp-session-id": _session,
  ...headers
}: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers;
}

/** Reads the body to its end, so that the connection can be used again. */
function drain(response: UpstreamResponse): void {
  if (response.bufferedBody === undefined) response.on("error", () => undefined).resume();
}
