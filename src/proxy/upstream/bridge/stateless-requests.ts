/** Requests of the modern era: checked as its HTTP servers check them, then sent to the child that all clients share. */

import type { OutgoingHttpHeaders } from "node:http";
import { eraOf } from "../../../mcp/message.ts";
import { UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import { accepted, modernStatus, notInitialized, tooMany } from "./responses.ts";
import { JSON_HEADERS } from "./response-body.ts";
import type { ClientMessage } from "./client-message.ts";
import { checkModernRequest } from "./modern-checks.ts";
import { PostExchange, type ResponseTimeouts } from "./post-response.ts";
import { acceptedTypes, singleHeader } from "./request-headers.ts";
import type { InputSchemaOf } from "./required-headers.ts";
import type { SharedChild } from "./shared-child.ts";

/** They name a request or a token of one client by what other clients call theirs too. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["notifications/cancelled", "notifications/progress"]);

export class StatelessRequests {
  readonly #shared: SharedChild;
  readonly #times: ResponseTimeouts;
  readonly #inputSchemaOf: InputSchemaOf;

  constructor(shared: SharedChild, times: ResponseTimeouts, inputSchemaOf: InputSchemaOf) {
    this.#shared = shared;
    this.#times = times;
    this.#inputSchemaOf = inputSchemaOf;
  }

  /** Whether a message that does not say its era in its body was meant for this one: notifications need not say it. */
  claims({ method }: ClientMessage, headers: OutgoingHttpHeaders): boolean {
    return method !== undefined && eraOf(singleHeader(headers, "mcp-protocol-version")) === "modern";
  }

  post(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const { id, method, text } = message;
    if (id === undefined || method === undefined) {
      // Security: a cancellation by id could end another client's call; who leaves is cancelled by leaving.
      if (method !== undefined && !AMBIGUOUS.has(method)) this.#shared.current?.send(text);
      return accepted();
    }
    const reply = new PostExchange({
      ...this.#times,
      id,
      accepts: acceptedTypes(headers),
      headers: {},
      jsonHeaders: JSON_HEADERS,
      statusOf: modernStatus,
    });
    this.#send(message, headers, reply).catch((error: unknown) =>
      reply.fail(error instanceof UpstreamError ? error : new UpstreamError("broken", true, error)),
    );
    return reply;
  }

  async #send(message: ClientMessage, headers: OutgoingHttpHeaders, reply: PostExchange): Promise<void> {
    const versions = await this.#shared.versions();
    if (versions.length === 0) return reply.respond(notInitialized());
    const refusal = checkModernRequest(message, headers, { versions, inputSchemaOf: this.#inputSchemaOf });
    if (refusal !== undefined) return reply.respond(refusal);
    if (reply.isDone) return;
    const switchboard = this.#shared.acquire();
    if (!switchboard.hasRoom()) return reply.respond(tooMany("requests are under way", message.id));
    const ours = switchboard.request(message, reply);
    reply.onCancelled = () => switchboard.cancel(ours);
    reply.startTimer();
  }
}
