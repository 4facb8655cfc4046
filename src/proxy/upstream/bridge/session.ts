/** One legacy session of the bridge: its child, its requests in flight and its server-initiated stream. */

import { randomUUID } from "node:crypto";
import { memberText, setMember } from "../../../json/edit-json.ts";
import { FIRST_OVER_HTTP, isOlderThanHttp } from "../../../mcp/message.ts";
import type { ChildMessage } from "./child-message.ts";
import type { PooledChild } from "./child-pool.ts";
import type { ChildOwner } from "./child-multiplexer.ts";
import { cancelledId, type ClientMessage } from "./client-message.ts";
import { type EventStream, type Headers, JSON_HEADERS, openEventStream } from "./event-stream.ts";
import type { PostExchange, ResponseWriter } from "./post-exchange.ts";

const LEGACY_VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

export interface BridgeSessionOptions {
  /** Returns the child, or the connection, of this session. @throws UpstreamError while there can be none */
  readonly acquire: (owner: ChildOwner) => PooledChild;
  /** `params.protocolVersion` of `initialize`, as a token: the server may have agreed on it. */
  readonly requestedVersion: string | undefined;
  readonly nowMs: () => number;
  /** How long a request waits for `notifications/initialized`. */
  readonly initializedMs: number;
  readonly onEnd: (id: string) => void;
}

export class BridgeSession {
  readonly id = randomUUID();
  readonly headers: Headers = { "mcp-session-id": this.id };
  readonly jsonHeaders: Headers = { ...JSON_HEADERS, ...this.headers };
  readonly #options: BridgeSessionOptions;
  /** The versions that a header of this session may name. */
  readonly versions: readonly string[];
  /** The child, or the connection, of this session alone. */
  readonly child: PooledChild;
  readonly #exchanges = new Set<PostExchange>();
  readonly #buffered = new BufferedMessages();
  readonly #initialized = Promise.withResolvers<void>();
  readonly #initializedTimer: NodeJS.Timeout;
  #isInitialized = false;
  #stream: EventStream | undefined;
  #usedAtMs: number;
  #hasHandshake = false;
  #isEnded = false;

  /** @throws UpstreamError while no child may be started */
  constructor(options: BridgeSessionOptions) {
    this.#options = options;
    const requested: unknown = JSON.parse(options.requestedVersion ?? "null");
    this.versions =
      typeof requested === "string" ? [...new Set([...LEGACY_VERSIONS, requested])] : LEGACY_VERSIONS;
    this.#usedAtMs = options.nowMs();
    this.child = options.acquire({
      onUnrelated: (message) => this.#onUnrelated(message),
      onExit: () => this.#close(),
    });
    void this.#initialized.promise.then(() => (this.#isInitialized = true));
    // Some clients never send `notifications/initialized`: their requests are sent after this time.
    this.#initializedTimer = setTimeout(this.#initialized.resolve, options.initializedMs).unref();
  }

  /** Time since the last message; 0 while a request is in flight or the stream is open. */
  get idleMs(): number {
    return this.#isBusy ? 0 : this.#options.nowMs() - this.#usedAtMs;
  }

  /** Whether its handshake is complete and it is not in use. Its client gets 404 next and begins again. */
  get mayGiveWay(): boolean {
    return this.#isInitialized && !this.#isBusy;
  }

  get #isBusy(): boolean {
    return this.#exchanges.size > 0 || this.#stream?.isOpen === true;
  }

  /** Whether a request was sent; `initialize` must be the first. */
  get hasHandshake(): boolean {
    return this.#hasHandshake;
  }

  get hasRoom(): boolean {
    return this.child.multiplexer.hasRoom();
  }

  /** Sends a request, after the handshake unless it is `initialize`; the child's messages go to `exchange`. */
  request(message: ClientMessage, exchange: PostExchange): void {
    const isHandshake = message.method === "initialize";
    this.#hasHandshake = true;
    this.#begin(exchange, isHandshake);
    // Some servers fail every later request when one comes before the handshake is complete.
    if (isHandshake || this.#isInitialized) this.#send(message, exchange, isHandshake);
    else void this.#initialized.promise.then(() => this.#send(message, exchange, isHandshake));
  }

  /** Sends a notification, or the response to a request of the server. */
  send({ text, method }: ClientMessage): void {
    this.#usedAtMs = this.#options.nowMs();
    const { multiplexer } = this.child;
    // From now on the child's exit ends this session only.
    if (method === "notifications/initialized") this.child.restartOnExit = false;
    if (method !== "notifications/cancelled") multiplexer.send(text);
    else {
      const childRequestId = multiplexer.findId(cancelledId(text) ?? "");
      if (childRequestId !== undefined)
        multiplexer.send(setMember(text, ["params", "requestId"], childRequestId));
    }
    if (method === "notifications/initialized") this.#initialized.resolve();
  }

  /** Opens the server-initiated stream; undefined when it is open already. */
  open(): EventStream | undefined {
    if (this.#stream?.isOpen === true) return undefined;
    const stream = openEventStream(this.headers);
    stream.once("close", () => (this.#usedAtMs = this.#options.nowMs()));
    this.#stream = stream;
    for (const text of this.#buffered.drain()) stream.writeEvent(text);
    return stream;
  }

  /** Ends the session and stops its child. */
  async end(): Promise<void> {
    this.#close();
    await this.child.stop();
  }

  /**
   * Clients refuse a revision that is older than Streamable HTTP where they speak that, so a server that agrees on one appears with the
   * first revision that has it: each of its messages is valid there too (decision 0112).
   */
  #withVersionOverHttp(exchange: PostExchange): ResponseWriter {
    const asked = this.#options.requestedVersion;
    if (asked === undefined || isOlderThanHttp(asked)) return exchange;
    return {
      writeMessage: (text) => exchange.writeMessage(text),
      writeResponse: (text, errorCode) => {
        const agreed = memberText(text, VERSION_PATH);
        const isOlder = agreed !== undefined && isOlderThanHttp(agreed);
        const shown = isOlder ? setMember(text, VERSION_PATH, JSON.stringify(FIRST_OVER_HTTP)) : text;
        exchange.writeResponse(shown, errorCode);
      },
      fail: (error) => exchange.fail(error),
      respond: (response) => exchange.respond(response),
    };
  }

  #send(message: ClientMessage, exchange: PostExchange, isHandshake: boolean): void {
    if (exchange.isDone) return;
    const { multiplexer } = this.child;
    const writer = isHandshake ? this.#withVersionOverHttp(exchange) : exchange;
    const childRequestId = multiplexer.request(message, writer);
    exchange.onCancelled = () => multiplexer.cancel(childRequestId);
    // Before the handshake there is no session that a stream could belong to.
    if (!isHandshake) exchange.startTimer();
  }

  #begin(exchange: PostExchange, isHandshake: boolean): void {
    this.#usedAtMs = this.#options.nowMs();
    this.#exchanges.add(exchange);
    exchange.onDone = (isSuccess) => {
      this.#exchanges.delete(exchange);
      this.#usedAtMs = this.#options.nowMs();
      // A client whose handshake failed sends no DELETE.
      if (isHandshake && !isSuccess) void this.end();
    };
    if (this.#stream?.isOpen === true || !exchange.acceptsStream) return;
    for (const text of this.#buffered.drain()) exchange.writeMessage(text);
  }

  /** Delivers a message that names no request, although it may be about one: stdio cannot tell. */
  #onUnrelated({ text }: ChildMessage): void {
    const streamable = [...this.#exchanges].filter((exchange) => exchange.acceptsStream);
    // The stream of the only request comes first, so that a message about it arrives before its response.
    if (streamable.length === 1 && streamable[0]?.writeMessage(text) === true) return;
    if (this.#stream?.isOpen === true) return this.#stream.writeEvent(text);
    if (streamable.at(-1)?.writeMessage(text) !== true) this.#buffered.add(text);
  }

  #close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#initializedTimer);
    this.#initialized.resolve();
    this.#stream?.finish();
    this.#options.onEnd(this.id);
  }
}

const MAX_BUFFERED = 256;
const MAX_BUFFERED_LENGTH = 1024 * 1024;

/** Messages of the server while no stream is open. Bounded: drops the oldest first. */
class BufferedMessages {
  #texts: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    while (this.#texts.length > MAX_BUFFERED || this.#length > MAX_BUFFERED_LENGTH) {
      this.#length -= this.#texts.shift()?.length ?? 0;
    }
  }

  /** Removes and returns all messages, oldest first. */
  drain(): readonly string[] {
    const texts = this.#texts;
    this.#texts = [];
    this.#length = 0;
    return texts;
  }
}

const VERSION_PATH = ["result", "protocolVersion"];
