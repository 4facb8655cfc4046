/** The response to one POST: JSON when the child responds at once, an event stream when it sends other messages first or takes long. */

import { INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { discardBody, UpstreamError, type UpstreamExchange, type UpstreamResponse } from "../../upstream.ts";
import { bufferedResponse, type EventStream, type Headers, openEventStream } from "./event-stream.ts";
import type { AcceptedTypes } from "./header-checks.ts";

/** Receives the child's messages about one request. */
export interface ResponseWriter {
  /** Writes a message other than the response; false when the client takes no stream. */
  readonly writeMessage: (text: string) => boolean;
  /** `errorCode` is undefined for a result. */
  readonly writeResponse: (text: string, errorCode: number | undefined) => void;
  /** Called when there will be no response. */
  readonly fail: (error: UpstreamError) => void;
  /** Responds in the server's place, or with its refusal of the message. */
  readonly respond: (response: UpstreamResponse) => void;
}

export interface ResponseTimeouts {
  /** Time after which the head of a stream is sent, though the child has written nothing yet. */
  readonly streamAfterMs: number;
  /** How long a client that accepts no stream waits for the response. */
  readonly responseMs: number;
}

export interface PostExchangeOptions extends ResponseTimeouts {
  /** The token of the request's id. */
  readonly id: string;
  readonly accepts: AcceptedTypes;
  /** Headers of a stream, in addition to those of every stream. */
  readonly headers: Headers;
  /** All headers of a JSON response. */
  readonly jsonHeaders: Headers;
  /** The HTTP status for a JSON-RPC error. */
  readonly statusOf: (errorCode: number) => number;
}

export class PostExchange implements ResponseWriter, UpstreamExchange {
  readonly response: Promise<UpstreamResponse>;
  readonly #options: PostExchangeOptions;
  readonly #response = Promise.withResolvers<UpstreamResponse>();
  #timer: NodeJS.Timeout | undefined;
  #stream: EventStream | undefined;
  #isDone = false;
  /** Called once when the client aborts or the time is over before the response. */
  onCancelled: () => void = () => undefined;
  /** Called once at the end; `isSuccess` is true for a result. */
  onDone: (isSuccess: boolean) => void = () => undefined;

  constructor(options: PostExchangeOptions) {
    this.#options = options;
    this.response = this.#response.promise;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get acceptsStream(): boolean {
    return this.#options.accepts.stream && !this.#isDone;
  }

  /** Starts the time limits, once the child has been sent the request. */
  startTimer(): void {
    const { streamAfterMs, responseMs } = this.#options;
    if (this.#isDone || this.#stream !== undefined) return;
    this.#timer = this.acceptsStream
      ? setTimeout(() => this.#openStream(), streamAfterMs)
      : setTimeout(() => this.#timeOut(), responseMs);
  }

  respond(response: UpstreamResponse): void {
    if (this.#isDone) return discardBody(response);
    this.#end();
    if (this.#stream === undefined) return this.#response.resolve(response);
    discardBody(response);
    this.#stream.writeEvent(brokenErrorText(this.#options.id));
    this.#stream.finish();
  }

  writeMessage(text: string): boolean {
    if (!this.acceptsStream) return false;
    this.#openStream().writeEvent(text);
    return true;
  }

  writeResponse(text: string, errorCode: number | undefined): void {
    if (this.#isDone) return;
    const stream = this.#options.accepts.json ? this.#stream : this.#openStream();
    this.#end(errorCode === undefined);
    if (stream !== undefined) {
      stream.writeEvent(text);
      return stream.finish();
    }
    const status = errorCode === undefined ? 200 : this.#options.statusOf(errorCode);
    this.#response.resolve(bufferedResponse(status, this.#options.jsonHeaders, text));
  }

  fail(error: UpstreamError): void {
    if (this.#isDone) return;
    this.#end();
    if (this.#stream === undefined) return this.#response.reject(error);
    // Clients keep waiting after a broken stream: send a JSON-RPC error before its end.
    this.#stream.writeEvent(brokenErrorText(this.#options.id));
    this.#stream.finish();
  }

  /** The client has disconnected. */
  readonly abort = (): void => {
    if (this.#isDone) return;
    this.#end();
    this.#response.reject(new UpstreamError("broken", true));
    this.#stream?.destroy();
    this.onCancelled();
  };

  #timeOut(): void {
    if (this.#isDone) return;
    this.#end();
    this.#response.reject(new UpstreamError("timeout", true));
    this.onCancelled();
  }

  #openStream(): EventStream {
    if (this.#stream !== undefined) return this.#stream;
    const stream = openEventStream(this.#options.headers);
    this.#stream = stream;
    stream.once("close", this.abort);
    this.#response.resolve(stream);
    return stream;
  }

  #end(isSuccess = false): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.onDone(isSuccess);
  }
}

function brokenErrorText(id: string): string {
  const error = { code: INTERNAL_ERROR, message: "The MCP server behind Tollgate ended without an answer" };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}
