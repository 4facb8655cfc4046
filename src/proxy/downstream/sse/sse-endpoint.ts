/** The endpoint of HTTP+SSE (revision 2024-11-05): a stream for each client, and the address that it posts its messages to. */

import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { ANONYMOUS, ownerOf, principalOfOwner } from "../../../enforcement/request.ts";
import { type ConcurrencyBounds, ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import type { ClientStreams, HttpSource } from "../../relay/http/http-exchange.ts";
import { KeepAlive } from "../../relay/http/keep-alive.ts";
import { notFoundResponse } from "../../relay/ownership.ts";
import type { Work } from "../../relay/transport.ts";
import { overloadResponse } from "../../relay/upstream-errors.ts";
import { ClientStream } from "./client-stream.ts";
import { SseSession, type SseSessionOptions } from "./sse-session.ts";

/** The paths of HTTP+SSE. */
export const SSE_PATHS = { stream: "/sse", messages: "/messages" } as const;

const SESSION_PARAMETER = "sessionId";

export interface SseEndpointOptions extends Pick<SseSessionOptions, "relay" | "maxBytes" | "onFault"> {
  readonly streams: ClientStreams;
  /** Bounds the clients that are connected. */
  readonly bounds: ConcurrencyBounds;
  /** How long a stream may be quiet before a comment is sent; 0 for no comments. */
  readonly quietMs: number;
}

interface Entry {
  readonly session: SseSession;
  /** The principal that opened the stream, with its user. */
  readonly owner: string;
}

export class SseEndpoint {
  readonly #options: SseEndpointOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #places: ConcurrencyLimit;

  constructor(options: SseEndpointOptions) {
    this.#options = options;
    this.#places = new ConcurrencyLimit(options.bounds);
  }

  /** Opens the stream of a client, which names the address of its messages. */
  open(source: HttpSource, response: ServerResponse): void {
    const { relay, streams, quietMs } = this.#options;
    const owner = ownerOf(source.agent ?? ANONYMOUS);
    if (!this.#places.acquire(principalOfOwner(owner))) {
      const detail = "too many streams are open";
      const rejection = overloadResponse(detail, undefined);
      return relay.refuse(source, { cause: "overload", detail, bytes: 0, response: rejection });
    }
    const keepAlive = new KeepAlive(response, { quietMs, isBetweenEvents: () => true });
    const stream = new ClientStream(response, () => keepAlive.restart());
    const id = randomUUID();
    const session = this.#session(stream);
    this.#entries.set(id, { session, owner });
    streams.count.open += 1;
    response.once("close", () => {
      this.#entries.delete(id);
      this.#places.release(principalOfOwner(owner));
      streams.count.open -= 1;
      keepAlive.stop();
      session.close();
    });
    streams.drain.trackStream(response, () => response.end());
    stream.writeEndpoint(`${SSE_PATHS.messages}?${SESSION_PARAMETER}=${id}`);
  }

  /** Relays a message that was posted to `target`. */
  post(target: string, { source, response, body }: PostedMessage): Work {
    const id = new URLSearchParams(target.slice(target.indexOf("?") + 1)).get(SESSION_PARAMETER) ?? "";
    const entry = this.#entries.get(id);
    // Security: another agent's session looks like one that does not exist.
    if (entry !== undefined && entry.owner === ownerOf(source.agent ?? ANONYMOUS))
      return entry.session.post(source, response, body);
    const detail = entry === undefined ? "no such session is open" : "the session belongs to another agent";
    const rejection = notFoundResponse("session", undefined);
    return this.#options.relay.refuse(source, {
      cause: "ownership",
      detail,
      bytes: body.byteLength,
      response: rejection,
    });
  }

  #session(stream: ClientStream): SseSession {
    const { relay, maxBytes, onFault, streams } = this.#options;
    const { drain, notifications } = streams;
    return new SseSession({ relay, maxBytes, onFault, drain, notifications, stream });
  }
}

export interface PostedMessage {
  readonly source: HttpSource;
  readonly response: ServerResponse;
  readonly body: Buffer;
}
