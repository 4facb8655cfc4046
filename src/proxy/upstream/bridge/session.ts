/** One legacy session: its child, the stream of what the server says by itself, and what waits to be said. */

import { randomUUID } from "node:crypto";
import { type EventStream, openEventStream, type Headers, JSON_HEADERS } from "./response-body.ts";
import type { ChildMessage } from "./child-message.ts";
import type { ChildPool, PooledChild } from "./child-pool.ts";
import { cancelledId, type ClientMessage } from "./client-message.ts";
import { BufferedMessages } from "./held-messages.ts";
import type { PostExchange } from "./post-response.ts";
import { setMember } from "../../../json/edit-json.ts";

export interface BridgeSessionOptions {
  readonly children: ChildPool;
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
  readonly #child: PooledChild;
  readonly #exchanges = new Set<PostExchange>();
  readonly #held = new BufferedMessages();
  readonly #initialized = Promise.withResolvers<void>();
  readonly #waiting: NodeJS.Timeout;
  #isInitialized = false;
  #stream: EventStream | undefined;
  #usedAtMs: number;
  #hasHandshake = false;
  #isEnded = false;

  /** @throws UpstreamError while no child may be started */
  constructor(parts: BridgeSessionOptions) {
    this.#options = parts;
    this.#usedAtMs = parts.nowMs();
    this.#child = parts.children.acquire({
      onUnrelated: (message) => this.#onUnrelated(message),
      onExit: () => this.#close(),
    });
    void this.#initialized.promise.then(() => (this.#isInitialized = true));
    // Clients that forget to say it are served all the same.
    this.#waiting = setTimeout(this.#initialized.resolve, parts.initializedMs);
    this.#waiting.unref();
  }

  /** How long nothing has happened in it; 0 while a request is under way or its stream is open. */
  get idleMs(): number {
    const isBusy = this.#exchanges.size > 0 || this.#stream?.isOpen === true;
    return isBusy ? 0 : this.#options.nowMs() - this.#usedAtMs;
  }

  /** Whether its handshake has begun. */
  get hasHandshake(): boolean {
    return this.#hasHandshake;
  }

  get hasRoom(): boolean {
    return this.#child.multiplexer.hasRoom();
  }

  /** Sends a request when the child may hear it; its messages go to `reply`. */
  request(message: ClientMessage, reply: PostExchange): void {
    const isHandshake = message.method === "initialize";
    this.#hasHandshake = true;
    this.#begin(reply, isHandshake);
    // Some servers fail for good when they are asked before the handshake is over.
    if (isHandshake || this.#isInitialized) this.#send(message, reply, isHandshake);
    else void this.#initialized.promise.then(() => this.#send(message, reply, isHandshake));
  }

  #send(message: ClientMessage, reply: PostExchange, isHandshake: boolean): void {
    if (reply.isDone) return;
    const { multiplexer: switchboard } = this.#child;
    const ours = switchboard.request(message, reply);
    reply.onCancelled = () => switchboard.cancel(ours);
    // Until it is initialized there is no session that a stream could belong to.
    if (!isHandshake) reply.startTimer();
  }

  /** Sends a notification, or an answer to what the server asked. */
  send({ text, method }: ClientMessage): void {
    this.#usedAtMs = this.#options.nowMs();
    const { multiplexer: switchboard } = this.#child;
    // What it says from now on concerns this session alone.
    if (method === "notifications/initialized") this.#child.restartOnExit = false;
    if (method !== "notifications/cancelled") switchboard.send(text);
    else {
      const ours = switchboard.findId(cancelledId(text) ?? "");
      if (ours !== undefined) switchboard.send(setMember(text, ["params", "requestId"], ours));
    }
    if (method === "notifications/initialized") this.#initialized.resolve();
  }

  /** Opens the stream of what the server says by itself; undefined when it is open already. */
  open(): EventStream | undefined {
    if (this.#stream?.isOpen === true) return undefined;
    const stream = openEventStream(this.headers);
    stream.once("close", () => (this.#usedAtMs = this.#options.nowMs()));
    this.#stream = stream;
    for (const text of this.#held.drain()) stream.writeEvent(text);
    return stream;
  }

  /** Ends the session and its child. */
  async end(): Promise<void> {
    this.#close();
    await this.#child.stop();
  }

  #begin(reply: PostExchange, isHandshake: boolean): void {
    this.#usedAtMs = this.#options.nowMs();
    this.#exchanges.add(reply);
    reply.onDone = (isSuccess) => {
      this.#exchanges.delete(reply);
      this.#usedAtMs = this.#options.nowMs();
      // A client that was not let in does not come back to end its session.
      if (isHandshake && !isSuccess) void this.end();
    };
    if (this.#stream?.isOpen === true || !reply.acceptsStream) return;
    for (const text of this.#held.drain()) reply.writeMessage(text);
  }

  /** What the child says outside of any request, which over stdio may well be about one. */
  #onUnrelated({ text }: ChildMessage): void {
    const listening = [...this.#exchanges].filter((reply) => reply.acceptsStream);
    // The stream of the only request comes first: what is about it then stays in order with its answer.
    if (listening.length === 1 && listening[0]?.writeMessage(text) === true) return;
    if (this.#stream?.isOpen === true) return this.#stream.writeEvent(text);
    if (listening.at(-1)?.writeMessage(text) !== true) this.#held.add(text);
  }

  #close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#waiting);
    this.#initialized.resolve();
    this.#stream?.finish();
    this.#options.onEnd(this.id);
  }
}
