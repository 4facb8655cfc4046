/** The response to the request by which a client of HTTP+SSE posted a message: it has been taken, or refused. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { errorResponse, INTERNAL_ERROR, sendResponse } from "../../../mcp/error-response.ts";
import { messageOfFailure } from "../../relay/upstream-errors.ts";
import type { ResponseEnd } from "./streamed-response.ts";

/** Headers of a refusal that clients act on. */
const PASSED_HEADERS = ["content-type", "www-authenticate", "retry-after"];

export class Acknowledgement {
  readonly #post: ServerResponse;

  constructor(post: ServerResponse) {
    this.#post = post;
  }

  /** Says that the message was taken; its response comes on the stream. Does nothing after another answer. */
  accept(): void {
    if (this.#isOver()) return;
    this.#post.writeHead(202, { "content-type": "text/plain" }).end("Accepted");
  }

  /** Answers as the server did, or Tollgate in its stead. */
  respond({ status, headers, body, failure }: ResponseEnd): void {
    if (this.#isOver()) return;
    if (failure !== undefined)
      return sendResponse(this.#post, errorResponse(502, INTERNAL_ERROR, messageOfFailure(BROKEN)));
    if (status < 300) return this.accept();
    const passed = PASSED_HEADERS.map((name) => [name, headers[name]] as const);
    const kept: OutgoingHttpHeaders = Object.fromEntries(passed.filter(([, value]) => value !== undefined));
    this.#post.writeHead(status, kept).end(body);
  }

  #isOver(): boolean {
    return this.#post.headersSent || this.#post.destroyed;
  }
}

const BROKEN = "closed the connection without an answer";
