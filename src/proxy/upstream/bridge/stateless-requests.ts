/** Requests of the modern era: checked as its HTTP servers check them, then sent to the child that all clients share. */

import type { OutgoingHttpHeaders } from "node:http";
import { eraOf } from "../../../mcp/message.ts";
import { UpstreamError, type UpstreamExchange } from "../../upstream.ts";
import { accepted, modernStatus, notInitialized, tooMany } from "./responses.ts";
import { JSON_BODY } from "./response-body.ts";
import type { ClientMessage } from "./client-message.ts";
import { refusalOf } from "./modern-checks.ts";
import { PostReply, type ReplyTimes } from "./post-response.ts";
import { accepts, headerOf } from "./request-headers.ts";
import type { InputSchemaOf } from "./required-headers.ts";
import type { SharedChild } from "./shared-child.ts";

/** They name a request or a token of one client by what other clients call theirs too. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["notifications/cancelled", "notifications/progress"]);

export class StatelessRequests {
  readonly #shared: SharedChild;
  readonly #times: ReplyTimes;
  readonly #inputSchemaOf: InputSchemaOf;

  constructor(shared: SharedChild, times: ReplyTimes, inputSchemaOf: InputSchemaOf) {
    this.#shared = shared;
    this.#times = times;
    this.#inputSchemaOf = inputSchemaOf;
  }

  /** Whether a message that does not say its era in its body was meant for this one: notifications need not say it. */
  claims({ method }: ClientMessage, headers: OutgoingHttpHeaders): boolean {
    return method !== undefined && eraOf(headerOf(headers, "mcp-protocol-version")) === "modern";
  }

  post(message: ClientMessage, headers: OutgoingHttpHeaders): UpstreamExchange {
    const { id, method, text } = message;
    if (id === undefined || method === undefined) {
      // Security: a cancellation by id could end another client's call; who leaves is cancelled by leaving.
      if (method !== undefined && !AMBIGUOUS.has(method)) this.#shared.current?.send(text);
      return accepted();
    }
    const reply = new PostReply({
      ...this.#times,
      id,
      accepts: accepts(headers),
      headers: {},
      jsonHeaders: JSON_BODY,
      statusOf: modernStatus,
    });
    this.#send(message, headers, reply).catch((error: unknown) =>
      reply.fail(error instanceof UpstreamError ? error : new UpstreamError("broken", true, error)),
    );
    return reply;
  }

  async #send(message: ClientMessage, headers: OutgoingHttpHeaders, reply: PostReply): Promise<void> {
    const versions = await this.#shared.versions();
    if (versions.length === 0) return reply.refuse(notInitialized());
    const refusal = refusalOf(message, headers, { versions, inputSchemaOf: this.#inputSchemaOf });
    if (refusal !== undefined) return reply.refuse(refusal);
    if (reply.isOver) return;
    const switchboard = this.#shared.obtain();
    if (!switchboard.hasRoom()) return reply.refuse(tooMany("requests are under way", message.id));
    const ours = switchboard.request(message, reply);
    reply.onAbandoned = () => switchboard.cancel(ours);
    reply.sent();
  }
}
