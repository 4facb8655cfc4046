/** The answer to one POST: JSON when the child answers at once, a stream when it says something else first or takes its time. */

import { INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { type UpstreamResponse, UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import { type EventStream, openEventStream, type Headers, bufferedResponse } from "./response-body.ts";
import type { Accepts } from "./request-headers.ts";

/** Where what a child says about one request goes. */
export interface ResponseWriter {
  /** Another message than the answer; whether it could be taken. */
  readonly writeMessage: (text: string) => boolean;
  readonly writeResponse: (text: string, errorCode: number | undefined) => void;
  /** There will be no answer. */
  readonly fail: (error: UpstreamError) => void;
}

export interface ResponseTimeouts {
  /** When the head of a stream is sent, though the child has said nothing yet. */
  readonly streamAfterMs: number;
  /** How long a client that takes no stream waits. */
  readonly responseMs: number;
}

export interface PostExchangeOptions extends ResponseTimeouts {
  /** The token of the request's id. */
  readonly id: string;
  readonly accepts: Accepts;
  /** Of a stream, beside those that every stream has. */
  readonly headers: Headers;
  /** Of a JSON answer, all of them. */
  readonly jsonHeaders: Headers;
  /** The HTTP status of an error as the answer. */
  readonly statusOf: (errorCode: number) => number;
}

export class PostExchange implements ResponseWriter, UpstreamExchange {
  readonly response: Promise<UpstreamResponse>;
  readonly #options: PostExchangeOptions;
  readonly #head = Promise.withResolvers<UpstreamResponse>();
  #timer: NodeJS.Timeout | undefined;
  #body: EventStream | undefined;
  #isOver = false;
  /** Called once when nobody waits for the answer any more, and it has not come. */
  onCancelled: () => void = () => undefined;
  /** Called once when it is over; whether with an answer that is no error. */
  onDone: (isSuccess: boolean) => void = () => undefined;

  constructor(options: PostExchangeOptions) {
    this.#options = options;
    this.response = this.#head.promise;
  }

  get isDone(): boolean {
    return this.#isOver;
  }

  get acceptsStream(): boolean {
    return this.#options.accepts.stream && !this.#isOver;
  }

  /** The child has the request. */
  startTimer(): void {
    const { streamAfterMs, responseMs: answerMs } = this.#options;
    if (this.#isOver || this.#body !== undefined) return;
    this.#timer = this.acceptsStream
      ? setTimeout(() => this.#stream(), streamAfterMs)
      : setTimeout(() => this.#timeOut(), answerMs);
  }

  /** An answer of our own, in place of the child's; before the request was sent. */
  respond(answer: UpstreamResponse): void {
    if (this.#isOver) return;
    this.#end();
    this.#head.resolve(answer);
  }

  writeMessage(text: string): boolean {
    if (!this.acceptsStream) return false;
    this.#stream().writeEvent(text);
    return true;
  }

  writeResponse(text: string, errorCode: number | undefined): void {
    if (this.#isOver) return;
    const body = this.#options.accepts.json ? this.#body : this.#stream();
    this.#end(errorCode === undefined);
    if (body !== undefined) {
      body.writeEvent(text);
      return body.finish();
    }
    const status = errorCode === undefined ? 200 : this.#options.statusOf(errorCode);
    this.#head.resolve(bufferedResponse(status, this.#options.jsonHeaders, text));
  }

  fail(error: UpstreamError): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#body === undefined) return this.#head.reject(error);
    // Clients wait on after a stream that broke: they are told.
    this.#body.writeEvent(brokenErrorText(this.#options.id));
    this.#body.finish();
  }

  /** The client has left. */
  readonly abort = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#head.reject(new UpstreamError("broken", true));
    this.#body?.destroy();
    this.onCancelled();
  };

  #timeOut(): void {
    if (this.#isOver) return;
    this.#end();
    this.#head.reject(new UpstreamError("timeout", true));
    this.onCancelled();
  }

  #stream(): EventStream {
    if (this.#body !== undefined) return this.#body;
    const body = openEventStream(this.#options.headers);
    this.#body = body;
    body.once("close", this.abort);
    this.#head.resolve(body);
    return body;
  }

  #end(isSuccess = false): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.onDone(isSuccess);
  }
}

function brokenErrorText(id: string): string {
  const error = { code: INTERNAL_ERROR, message: "The MCP server behind Tollgate ended without an answer" };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}
