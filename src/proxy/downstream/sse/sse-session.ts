/** One client of HTTP+SSE: carries its messages to the relay as requests of Streamable HTTP, and the responses to its stream. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { ANONYMOUS } from "../../../enforcement/request.ts";
import { requestIdOf } from "../../../mcp/refused-request.ts";
import type { Drain } from "../../http/drain.ts";
import type { HttpSource } from "../../relay/http/http-exchange.ts";
import type { HttpRelay } from "../../relay/http/http-relay.ts";
import type { ServerNotifications } from "../../relay/http/server-notifications.ts";
import type { Work } from "../../relay/transport.ts";
import { Acknowledgement } from "./acknowledgement.ts";
import { answerIn, negotiatedVersion, summaryOf } from "./answer.ts";
import type { ClientStream } from "./client-stream.ts";
import { Handshake } from "./handshake.ts";
import { messageHead } from "./message-head.ts";
import { ServerStream } from "./server-stream.ts";
import { type ResponseEnd, type ResponseReader, StreamedResponse } from "./streamed-response.ts";

export interface SseSessionOptions {
  readonly relay: HttpRelay;
  readonly stream: ClientStream;
  readonly drain: Drain;
  readonly notifications: ServerNotifications;
  /** Longest message of the server, in bytes. */
  readonly maxBytes: number;
  /** Called with each fault of our own. */
  readonly onFault: (error: unknown) => void;
}

interface ClientRequest {
  /** The token of its id. */
  readonly rpcId: string;
  readonly isHandshake: boolean;
  readonly acknowledgement: Acknowledgement;
}

const HANDSHAKE = "initialize";
const HANDSHAKE_END = "notifications/initialized";
const SESSION_LOST = 404;

export class SseSession {
  readonly #options: SseSessionOptions;
  readonly #responses = new Set<StreamedResponse>();
  readonly #serverStream: ServerStream;
  readonly #handshake = new Handshake();
  /** The source of the last message, with the client's newest credentials. */
  #source: HttpSource | undefined;
  /** As the server gave it. */
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;

  constructor(options: SseSessionOptions) {
    const { stream, notifications } = options;
    this.#options = options;
    this.#serverStream = new ServerStream({
      open: (reader, lastEventId) => this.#open("GET", this.#reader(reader), lastEventId),
      onMessage: (text) => stream.writeMessage(text),
      onLost: () => stream.response.end(),
      // The server has no stream of its own; Tollgate's own notifications need none.
      onNone: () => {
        const release = notifications.hold(stream.response, this.#source?.agent ?? ANONYMOUS);
        stream.response.once("close", release);
      },
    });
  }

  /** Relays one message of the client; `post` is the response to the request that brought it. */
  post(source: HttpSource, post: ServerResponse, body: Buffer): Work {
    const summary = summaryOf(body);
    const rpcId = requestIdOf(summary);
    const acknowledgement = new Acknowledgement(post);
    const isHandshake = summary.method === HANDSHAKE;
    this.#source = source;
    const reader =
      rpcId === undefined
        ? this.#readerOfOneWay(acknowledgement, summary.method)
        : this.#readerOfRequest({ rpcId, isHandshake, acknowledgement });
    const sent = isHandshake ? this.#handshake.toServer(body) : body;
    const work = this.#options.relay.post(this.#request(source, "POST", this.#reader(reader)), sent);
    // The client sends its next message only then, which the response may need: the answer to an elicitation.
    if (rpcId !== undefined && !isHandshake) acknowledgement.accept();
    return work;
  }

  /** Ends everything that is open for the client, and its session with the server. */
  close(): void {
    this.#serverStream.close();
    for (const response of this.#responses) response.destroy();
    if (this.#sessionId !== undefined) this.#open("DELETE", this.#reader({}));
  }

  #readerOfRequest({ rpcId, isHandshake, acknowledgement }: ClientRequest): Partial<ResponseReader> {
    const { stream } = this.#options;
    let isAnswered = false;
    let resumedAfter: string | undefined;
    const onMessage = (text: string): void => {
      const body = Buffer.from(text);
      const { method, id } = summaryOf(body);
      if (method !== undefined) return stream.writeMessage(text);
      if (isHandshake) this.#protocolVersion = negotiatedVersion(text);
      // A stream may carry the answer to an earlier request, too; the relay lets no other pass.
      const isOwn = id === undefined || !isAnswered;
      isAnswered = true;
      const answer = isOwn ? answerIn({ status: 200, headers: {}, body, failure: undefined }, rpcId) : text;
      stream.writeMessage(isHandshake ? this.#handshake.toClient(answer) : answer);
    };
    const onEnd = (end: ResponseEnd): void => {
      if (isHandshake && isChallenge(end)) return acknowledgement.respond(end);
      acknowledgement.accept();
      if (isAnswered || !stream.isOpen) return;
      // A server may end a stream early; its client then asks for the rest.
      const { failure, lastEventId } = end;
      if (failure === undefined && lastEventId !== undefined && lastEventId !== resumedAfter) {
        resumedAfter = lastEventId;
        return this.#open("GET", this.#reader({ onMessage, onEnd }), lastEventId);
      }
      isAnswered = true;
      const text = answerIn(end, rpcId);
      if (isHandshake) this.#protocolVersion = negotiatedVersion(text);
      stream.writeMessage(isHandshake ? this.#handshake.toClient(text) : text);
      if (end.status === SESSION_LOST && this.#sessionId !== undefined) stream.response.end();
    };
    const onHead = (status: number, headers: OutgoingHttpHeaders): void => {
      const id = headers["mcp-session-id"];
      if (isHandshake && status < 300 && typeof id === "string") this.#sessionId = id;
    };
    return { onMessage, onEnd, onHead };
  }

  #readerOfOneWay(acknowledgement: Acknowledgement, method: string | undefined): Partial<ResponseReader> {
    const onEnd = (end: ResponseEnd): void => {
      acknowledgement.respond(end);
      if (method === HANDSHAKE_END && end.status < 300 && end.failure === undefined)
        this.#serverStream.open();
    };
    return { onMessage: (text) => this.#options.stream.writeMessage(text), onEnd };
  }

  /** A reader with what every response of this client has. */
  #reader(own: Partial<ResponseReader>): ResponseReader {
    const { stream, maxBytes } = this.#options;
    return { onMessage: ignore, onEnd: ignore, whenWritable: stream.whenWritable, maxBytes, ...own };
  }

  #open(method: "GET" | "DELETE", reader: ResponseReader, lastEventId?: string): void {
    if (this.#source === undefined) return;
    const { relay, onFault } = this.#options;
    const request = this.#request(this.#source, method, reader, lastEventId);
    relay.open(method, request).catch((error: unknown) => {
      onFault(error);
      request.downstream.destroy();
    });
  }

  #request(
    { address, agent, incoming }: HttpSource,
    method: "POST" | "GET" | "DELETE",
    reader: ResponseReader,
    lastEventId?: string,
  ): HttpSource {
    const downstream = new StreamedResponse(reader);
    this.#options.drain.track(downstream);
    this.#responses.add(downstream);
    downstream.once("close", () => this.#responses.delete(downstream));
    const revisions = {
      protocolVersion: this.#protocolVersion,
      clientVersion: this.#handshake.clientVersion,
    };
    const head = messageHead(incoming, { method, sessionId: this.#sessionId, lastEventId, ...revisions });
    return { transport: "http", incoming: head, downstream, address, ...(agent && { agent }) };
  }
}

function ignore(): void {
  // Nothing depends on this part of the response.
}

/** Whether the server asks the client to log in, which the client does on the status alone. */
function isChallenge({ status, headers }: ResponseEnd): boolean {
  return (status === 401 || status === 403) && headers["www-authenticate"] !== undefined;
}
