/** The two halves of a client's HTTP exchange as the relay uses them: the head of the request, and the response. */

import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";

/** The head of a request: that of Node, or one that Tollgate writes for a client of another transport. */
export type RequestHead = Pick<IncomingMessage, "method" | "headers" | "headersDistinct" | "rawHeaders">;

/** The response to one request: that of Node, or one that reaches the client as events of its stream. */
export interface ClientResponse extends Writable {
  readonly headersSent: boolean;
  readonly statusCode: number;
  /** Whether its events go out on another stream of the client, which is counted; absent: it has a stream of its own. */
  readonly isWithinStream?: boolean;
  shouldKeepAlive: boolean;
  writeHead(status: number, headers?: OutgoingHttpHeaders): ClientResponse;
  flushHeaders(): void;
}
