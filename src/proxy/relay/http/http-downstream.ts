/** HTTP clients: which agent sends a message, which session and task it may use, and whether there is room for it. */

import type { IncomingMessage } from "node:http";
import { type MaybePromise, whenDecided } from "../../../enforcement/maybe-promise.ts";
import { ownerOf, principalOf } from "../../../enforcement/request.ts";
import type { AuthenticationOutcome, Authenticator } from "../../../identity/authenticator.ts";
import type { Challenge } from "../../../identity/challenge.ts";
import {
  errorResponse,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  type LocalResponse,
  sendResponse,
} from "../../../mcp/error-response.ts";
import { headerMismatch } from "../../../mcp/mcp-headers.ts";
import type { Client } from "../../../mcp/vocabulary.ts";
import { clientOf, type Message, messageId, type RequestMessage } from "../../../mcp/message.ts";
import type { RequestHead } from "../../http/client-response.ts";
import { drainRequest } from "../../http/closing-connections.ts";
import type { InFlightRequests } from "../../sessions/in-flight-requests.ts";
import { mayUseTasks } from "../../sessions/named-tasks.ts";
import type { ToolCatalog } from "../../tools/tool-catalog.ts";
import type { HeaderPropagation } from "../../../mcp/header-propagation.ts";
import type { HttpCaller, HttpSource, HttpState } from "./http-exchange.ts";
import { notFoundResponse, type OwnedResource, unknownOwnerResponse } from "../ownership.ts";
import type { Admitted, Downstream, RefusedMessage, Sender } from "../transport.ts";
import { overloadResponse } from "../upstream-errors.ts";

export interface HttpDownstreamOptions {
  readonly authenticator: Authenticator;
  readonly challenge: Challenge;
  readonly state: HttpState;
  readonly tools: ToolCatalog;
  readonly inFlight: InFlightRequests;
  readonly propagation: Pick<HeaderPropagation, "read">;
}

export class HttpDownstream implements Downstream<HttpSource, HttpCaller> {
  readonly #options: HttpDownstreamOptions;

  constructor(options: HttpDownstreamOptions) {
    this.#options = options;
  }

  /** Reads the caller's credentials, which stand beside the body. */
  identify(incoming: IncomingMessage): AuthenticationOutcome | Promise<AuthenticationOutcome> {
    return this.#options.authenticator.authenticate(incoming);
  }

  /** The refusal of a caller whose credentials are bad, or missing where they are required. */
  unauthenticated(
    identified: Extract<AuthenticationOutcome, { kind: "rejected" | "missing" }>,
  ): RefusedMessage {
    const detail = identified.kind === "rejected" ? identified.detail : "proof of identity is required here";
    const response =
      identified.kind === "rejected" && identified.isUnchecked === true
        ? uncheckedResponse(detail)
        : this.#options.challenge.unauthorized(identified.kind, detail);
    return { cause: "unauthenticated", detail, bytes: 0, response };
  }

  /** The sender of a message; `message` is absent for GET and DELETE. */
  authenticate({ incoming, agent }: HttpSource, message?: Message): Sender {
    const client =
      (message === undefined ? undefined : clientOf(message)) ?? this.#clientOfSession(sessionId(incoming));
    return { agent: agent ?? this.#options.authenticator.agentWithoutCredential(client), client };
  }

  /** The caller, holding its place in flight until its response has ended. */
  admit(
    source: HttpSource,
    message: Message | undefined,
    sender: Sender,
    bytes: number,
  ): MaybePromise<Admitted<HttpCaller>> {
    const { incoming, downstream, address } = source;
    const { agent, client } = sender;
    const mismatch = message && headerMismatch(message, incoming, this.#inputSchema(message));
    if (mismatch !== undefined) return mismatchRefusal(mismatch, message, bytes);
    const { sessions, sessionIds } = this.#options.state;
    const owner = ownerOf(agent);
    const named = sessionId(incoming);
    // Security: an id that this process has not seen is taken from its owner alone.
    const serverSessionId = named === undefined ? undefined : sessionIds.open(named, owner);
    const session = serverSessionId === undefined ? undefined : sessions.use(serverSessionId, owner);
    if (named !== undefined && session === undefined) return ownershipRefusal("session", message, sender);
    const use = message === undefined ? "own" : mayUseTasks(this.#options.state.taskOwners, message, owner);
    if (use === "foreign") return ownershipRefusal("task", message, sender);
    const detail = this.#takePlace(source, sender, message);
    if (detail !== undefined) return overloadRefusal(detail, message, sender);
    const headerTrace = this.#options.propagation.read(incoming.headers);
    const caller: HttpCaller = {
      transport: "http",
      incoming,
      downstream,
      agent,
      address,
      client,
      session,
      serverSessionId,
      headerTrace,
    };
    return whenDecided(use, (found) => {
      if (found === "own") return caller;
      return found === "foreign"
        ? ownershipRefusal("task", message, sender)
        : unknownOwnerRefusal(message, sender);
    });
  }

  /** Whether an `initialize` would open more sessions than its agent may have. */
  overload({ agent }: HttpCaller, { method, id }: RequestMessage): LocalResponse | undefined {
    if (method !== "initialize" || this.#options.state.sessions.hasRoom(ownerOf(agent))) return undefined;
    return overloadResponse("too many sessions are open", id);
  }

  cancel({ session }: HttpCaller, id: string): void {
    this.#options.inFlight.cancel(session, id);
  }

  isGone({ downstream }: HttpCaller): boolean {
    return downstream.destroyed;
  }

  respond({ arriving, downstream }: HttpSource, response: LocalResponse): void {
    sendResponse(downstream, response, (end) =>
      arriving === undefined ? end() : drainRequest(arriving, end),
    );
  }

  #inputSchema(message: Message): ReturnType<ToolCatalog["inputSchemaOf"]> {
    return message.kind === "call" ? this.#options.tools.inputSchemaOf(message.name) : undefined;
  }

  /** The client that the named session began with, whether or not the caller may use it. */
  #clientOfSession(named: string | undefined): Client | undefined {
    const { sessions, sessionIds } = this.#options.state;
    return named === undefined ? undefined : sessions.clientOf(sessionIds.unproven(named));
  }

  /** Takes a place until the response has ended; returns why there is none. */
  #takePlace(
    { incoming, downstream }: HttpSource,
    { agent }: Sender,
    message: Message | undefined,
  ): string | undefined {
    // A notification or a response may end a request in flight, so it needs no place of its own.
    if (message?.kind === "notification" || message?.kind === "response") return undefined;
    const { requestLimit, streamLimit } = this.#options.state;
    const isStream = incoming.method === "GET";
    const limit = isStream ? streamLimit : requestLimit;
    const principal = principalOf(agent);
    if (!limit.acquire(principal))
      return isStream ? "too many streams are open" : "too many requests are in flight";
    downstream.on("close", () => limit.release(principal));
    return undefined;
  }
}

// Security: also on a message of the modern era, which a server of the old one takes for a message of that session.
function sessionId({ headers }: RequestHead): string | undefined {
  const id = headers["mcp-session-id"];
  return typeof id === "string" ? id : undefined;
}

interface Refused {
  readonly refused: RefusedMessage;
}

function mismatchRefusal(detail: string, message: Message | undefined, bytes: number): Refused {
  const response = errorResponse(400, HEADER_MISMATCH, detail, message && messageId(message));
  return { refused: { cause: "header_mismatch", detail, bytes, response } };
}

function ownershipRefusal(owned: OwnedResource, message: Message | undefined, { agent }: Sender): Refused {
  const response = notFoundResponse(owned, message && messageId(message));
  const detail = `the ${owned} belongs to another agent`;
  return { refused: { cause: "ownership", detail, bytes: 0, agent, response } };
}

function unknownOwnerRefusal(message: Message | undefined, { agent }: Sender): Refused {
  const detail = "the store gives no answer about the owner of the task";
  const response = unknownOwnerResponse(message && messageId(message));
  return { refused: { cause: "ownership", detail, bytes: 0, agent, response } };
}

function overloadRefusal(detail: string, message: Message | undefined, { agent }: Sender): Refused {
  const response = overloadResponse(detail, message && messageId(message));
  return { refused: { cause: "overload", detail, bytes: 0, agent, response } };
}

/** A 401 would make the client drop a token that may be good. */
function uncheckedResponse(detail: string): LocalResponse {
  const headers = { "retry-after": "5", "cache-control": "no-store" };
  return { ...errorResponse(503, INTERNAL_ERROR, `Unavailable: ${detail}`), headers };
}
