/** Modern requests of the bridge: checks them as an HTTP server must, then sends them to the child that all clients share. */

import type { OutgoingHttpHeaders } from "node:http";
import { eraOf } from "../../../mcp/message.ts";
import { UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import type { ClientMessage } from "./client-message.ts";
import { JSON_HEADERS } from "./event-stream.ts";
import { acceptedTypes, checkModernRequest, type InputSchemaOf, singleHeader } from "./header-checks.ts";
import { PostExchange, type ResponseTimeouts } from "./post-exchange.ts";
import { accepted, modernStatus, notInitialized, tooMany } from "./responses.ts";
import type { SharedChild } from "./shared-child.ts";

/** Notifications that name a request or token of one client, which other clients may use as well. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["notifications/cancelled", "notifications/progress"]);

export class StatelessRequests {
  readonly #child: SharedChild;
  readonly #timeouts: ResponseTimeouts;
  readonly #inputSchemaOf: InputSchemaOf;

  constructor(child: SharedChild, timeouts: ResponseTimeouts, inputSchemaOf: InputSchemaOf) {
    this.#child = child;
    this.#timeouts = timeouts;
    this.#inputSchemaOf = inputSchemaOf;
  }

  /** Whether the header says the modern era for a message whose body names no era: notifications need not name it. */
  claims({ method }: ClientMessage, headers: OutgoingHttpHeaders): boolean {
    return method !== undefined && eraOf(singleHeader(headers, "mcp-protocol-version")) === "modern";
  }

  post(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const { id, method, text } = message;
    if (id === undefined || method === undefined) {
      // Security: a cancellation by id could end another client's call; a client cancels by closing its connection.
      if (method !== undefined && !AMBIGUOUS.has(method)) this.#child.current?.send(text);
      return accepted();
    }
    const exchange = new PostExchange({
      ...this.#timeouts,
      id,
      accepts: acceptedTypes(headers),
      headers: {},
      jsonHeaders: JSON_HEADERS,
      statusOf: modernStatus,
    });
    this.#send(message, headers, exchange).catch((error: unknown) =>
      exchange.fail(error instanceof UpstreamError ? error : new UpstreamError("broken", true, error)),
    );
    return exchange;
  }

  async #send(message: ClientMessage, headers: OutgoingHttpHeaders, exchange: PostExchange): Promise<void> {
    const versions = await this.#child.versions();
    if (versions.length === 0) return exchange.respond(notInitialized());
    const error = checkModernRequest(message, headers, { versions, inputSchemaOf: this.#inputSchemaOf });
    if (error !== undefined) return exchange.respond(error);
    await this.#child.makeRoom();
    if (exchange.isDone) return;
    const multiplexer = this.#child.acquire();
    if (!multiplexer.hasRoom()) return exchange.respond(tooMany("requests are under way", message.id));
    const childRequestId = multiplexer.request(message, exchange);
    exchange.onCancelled = () => multiplexer.cancel(childRequestId);
    exchange.startTimer();
  }
}
