/** The answer to one POST: JSON when the child answers at once, a stream when it says something else first or takes its time. */

import { INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { type UpstreamResponse, UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import { type Body, eventStream, type Headers, wholeBody } from "./response-body.ts";
import type { Accepts } from "./request-headers.ts";

/** Where what a child says about one request goes. */
export interface Reply {
  /** Another message than the answer; whether it could be taken. */
  readonly message: (text: string) => boolean;
  readonly answer: (text: string, errorCode: number | undefined) => void;
  /** There will be no answer. */
  readonly fail: (error: UpstreamError) => void;
}

export interface ReplyTimes {
  /** When the head of a stream is sent, though the child has said nothing yet. */
  readonly streamAfterMs: number;
  /** How long a client that takes no stream waits. */
  readonly answerMs: number;
}

export interface ReplyOptions extends ReplyTimes {
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

export class PostReply implements Reply, UpstreamExchange {
  readonly response: Promise<UpstreamResponse>;
  readonly #options: ReplyOptions;
  readonly #head = Promise.withResolvers<UpstreamResponse>();
  #timer: NodeJS.Timeout | undefined;
  #body: Body | undefined;
  #isOver = false;
  /** Called once when nobody waits for the answer any more, and it has not come. */
  onAbandoned: () => void = () => undefined;
  /** Called once when it is over; whether with an answer that is no error. */
  onOver: (isSuccess: boolean) => void = () => undefined;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.response = this.#head.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get acceptsStream(): boolean {
    return this.#options.accepts.stream && !this.#isOver;
  }

  /** The child has the request. */
  sent(): void {
    const { streamAfterMs, answerMs } = this.#options;
    if (this.#isOver || this.#body !== undefined) return;
    this.#timer = this.acceptsStream
      ? setTimeout(() => this.#stream(), streamAfterMs)
      : setTimeout(() => this.#timeOut(), answerMs);
  }

  /** An answer of our own, in place of the child's; before the request was sent. */
  refuse(answer: UpstreamResponse): void {
    if (this.#isOver) return;
    this.#end();
    this.#head.resolve(answer);
  }

  message(text: string): boolean {
    if (!this.acceptsStream) return false;
    this.#stream().writeEvent(text);
    return true;
  }

  answer(text: string, errorCode: number | undefined): void {
    if (this.#isOver) return;
    const body = this.#options.accepts.json ? this.#body : this.#stream();
    this.#end(errorCode === undefined);
    if (body !== undefined) {
      body.writeEvent(text);
      return body.finish();
    }
    const status = errorCode === undefined ? 200 : this.#options.statusOf(errorCode);
    this.#head.resolve(wholeBody(status, this.#options.jsonHeaders, text));
  }

  fail(error: UpstreamError): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#body === undefined) return this.#head.reject(error);
    // Clients wait on after a stream that broke: they are told.
    this.#body.writeEvent(faultText(this.#options.id));
    this.#body.finish();
  }

  /** The client has left. */
  readonly abort = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#head.reject(new UpstreamError("broken", true));
    this.#body?.destroy();
    this.onAbandoned();
  };

  #timeOut(): void {
    if (this.#isOver) return;
    this.#end();
    this.#head.reject(new UpstreamError("timeout", true));
    this.onAbandoned();
  }

  #stream(): Body {
    if (this.#body !== undefined) return this.#body;
    const body = eventStream(this.#options.headers);
    this.#body = body;
    body.once("close", this.abort);
    this.#head.resolve(body);
    return body;
  }

  #end(isSuccess = false): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.onOver(isSuccess);
  }
}

function faultText(id: string): string {
  const error = { code: INTERNAL_ERROR, message: "The MCP server behind Tollgate ended without an answer" };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}
