/** One legacy session: its child, the stream of what the server says by itself, and what waits to be said. */

import { randomUUID } from "node:crypto";
import { type Body, eventStream, type Headers, JSON_BODY } from "./response-body.ts";
import type { ChildMessage } from "./child-message.ts";
import type { Children, Member } from "./child-pool.ts";
import { cancelledId, type ClientMessage } from "./client-message.ts";
import { HeldMessages } from "./held-messages.ts";
import type { PostReply } from "./post-response.ts";
import { setMember } from "../../../json/edit-json.ts";

export interface SessionParts {
  readonly children: Children;
  readonly nowMs: () => number;
  /** How long a request waits for `notifications/initialized`. */
  readonly initializedMs: number;
  readonly onEnd: (id: string) => void;
}

export class BridgeSession {
  readonly id = randomUUID();
  readonly headers: Headers = { "mcp-session-id": this.id };
  readonly jsonHeaders: Headers = { ...JSON_BODY, ...this.headers };
  readonly #parts: SessionParts;
  readonly #member: Member;
  readonly #replies = new Set<PostReply>();
  readonly #held = new HeldMessages();
  readonly #initialized = Promise.withResolvers<void>();
  readonly #waiting: NodeJS.Timeout;
  #isInitialized = false;
  #stream: Body | undefined;
  #usedAtMs: number;
  #isOpened = false;
  #isEnded = false;

  /** @throws UpstreamError while no child may be started */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#usedAtMs = parts.nowMs();
    this.#member = parts.children.take({
      unrelated: (message) => this.#hear(message),
      died: () => this.#close(),
    });
    void this.#initialized.promise.then(() => (this.#isInitialized = true));
    // Clients that forget to say it are served all the same.
    this.#waiting = setTimeout(this.#initialized.resolve, parts.initializedMs);
    this.#waiting.unref();
  }

  /** How long nothing has happened in it; 0 while a request is under way or its stream is open. */
  get idleMs(): number {
    const isBusy = this.#replies.size > 0 || this.#stream?.isOpen === true;
    return isBusy ? 0 : this.#parts.nowMs() - this.#usedAtMs;
  }

  /** Whether its handshake has begun. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  get hasRoom(): boolean {
    return this.#member.switchboard.hasRoom();
  }

  /** Sends a request when the child may hear it; its messages go to `reply`. */
  request(message: ClientMessage, reply: PostReply): void {
    const isHandshake = message.method === "initialize";
    this.#isOpened = true;
    this.#begin(reply, isHandshake);
    // Some servers fail for good when they are asked before the handshake is over.
    if (isHandshake || this.#isInitialized) this.#ask(message, reply, isHandshake);
    else void this.#initialized.promise.then(() => this.#ask(message, reply, isHandshake));
  }

  #ask(message: ClientMessage, reply: PostReply, isHandshake: boolean): void {
    if (reply.isOver) return;
    const { switchboard } = this.#member;
    const ours = switchboard.request(message, reply);
    reply.onAbandoned = () => switchboard.cancel(ours);
    // Until it is initialized there is no session that a stream could belong to.
    if (!isHandshake) reply.sent();
  }

  /** Sends a notification, or an answer to what the server asked. */
  send({ text, method }: ClientMessage): void {
    this.#usedAtMs = this.#parts.nowMs();
    const { switchboard } = this.#member;
    // What it says from now on concerns this session alone.
    if (method === "notifications/initialized") this.#member.restartOnExit = false;
    if (method !== "notifications/cancelled") switchboard.send(text);
    else {
      const ours = switchboard.findId(cancelledId(text) ?? "");
      if (ours !== undefined) switchboard.send(setMember(text, ["params", "requestId"], ours));
    }
    if (method === "notifications/initialized") this.#initialized.resolve();
  }

  /** Opens the stream of what the server says by itself; undefined when it is open already. */
  open(): Body | undefined {
    if (this.#stream?.isOpen === true) return undefined;
    const stream = eventStream(this.headers);
    stream.once("close", () => (this.#usedAtMs = this.#parts.nowMs()));
    this.#stream = stream;
    for (const text of this.#held.take()) stream.writeEvent(text);
    return stream;
  }

  /** Ends the session and its child. */
  async end(): Promise<void> {
    this.#close();
    await this.#member.stop();
  }

  #begin(reply: PostReply, isHandshake: boolean): void {
    this.#usedAtMs = this.#parts.nowMs();
    this.#replies.add(reply);
    reply.onOver = (isSuccess) => {
      this.#replies.delete(reply);
      this.#usedAtMs = this.#parts.nowMs();
      // A client that was not let in does not come back to end its session.
      if (isHandshake && !isSuccess) void this.end();
    };
    if (this.#stream?.isOpen === true || !reply.acceptsStream) return;
    for (const text of this.#held.take()) reply.message(text);
  }

  /** What the child says outside of any request, which over stdio may well be about one. */
  #hear({ text }: ChildMessage): void {
    const listening = [...this.#replies].filter((reply) => reply.acceptsStream);
    // The stream of the only request comes first: what is about it then stays in order with its answer.
    if (listening.length === 1 && listening[0]?.message(text) === true) return;
    if (this.#stream?.isOpen === true) return this.#stream.writeEvent(text);
    if (listening.at(-1)?.message(text) !== true) this.#held.put(text);
  }

  #close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#waiting);
    this.#initialized.resolve();
    this.#stream?.finish();
    this.#parts.onEnd(this.id);
  }
}
