/** One child and the requests that are under way on it, each under an id of ours, so that no two clients can meet. */

import type { Child } from "../child/child.ts";
import { ChildError } from "../child/child-error.ts";
import { memberSpan, setMember } from "../../../json/edit-json.ts";
import { UpstreamError } from "../../upstream.ts";
import { type ChildMessage, readChildMessage } from "./child-message.ts";
import { SUBSCRIPTION_ID_KEY } from "../../../mcp/message.ts";
import { type ClientMessage, isSameId } from "./client-message.ts";
import type { ResponseWriter } from "./post-response.ts";

/** Who has the child: one session, or all clients of the modern era. */
export interface ChildOwner {
  /** A message that belongs to no request under way. */
  readonly onUnrelated: (message: ChildMessage) => void;
  /** The child has ended by itself; its requests were told. */
  readonly onExit: () => void;
}

/** Why a child's message went nowhere: no message at all, or nobody waits for it. */
export type ChildMessageDropped = "not_json_rpc" | "unmatched";

interface InFlight {
  /** The client's own token. */
  readonly id: string;
  readonly progressToken?: string;
  readonly reply: ResponseWriter;
}

/** Requests that one child may have under way. */
const MAX_IN_FLIGHT = 4_096;
/** What a child that does not read may leave unsent, in bytes. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;

const NO_OWNER: ChildOwner = { onUnrelated: () => undefined, onExit: () => undefined };

export class ChildMultiplexer {
  readonly #onDropped: (cause: ChildMessageDropped) => void;
  readonly #inFlight = new Map<string, InFlight>();
  #child: Child | undefined;
  #owner: ChildOwner = NO_OWNER;
  #count = 0;
  #isEnded = false;
  #unsentBytes = 0;

  constructor(onDropped: (cause: ChildMessageDropped) => void) {
    this.#onDropped = onDropped;
  }

  attach(child: Child): void {
    this.#child = child;
  }

  setOwner(owner: ChildOwner): void {
    this.#owner = owner;
  }

  /** Requests under way. */
  get size(): number {
    return this.#inFlight.size;
  }

  hasRoom(): boolean {
    return this.#inFlight.size < MAX_IN_FLIGHT && this.#unsentBytes < MAX_UNSENT_BYTES;
  }

  /** Sends a request; what comes of it goes to `reply`. Returns the id that the child knows it by. */
  request({ text, id = "null", progressToken }: ClientMessage, reply: ResponseWriter): string {
    const ours = String((this.#count += 1));
    if (this.#isEnded) {
      reply.fail(new UpstreamError("broken", false));
      return ours;
    }
    this.#inFlight.set(ours, { id, reply, ...(progressToken !== undefined && { progressToken }) });
    const renamed = setMember(text, ["id"], ours);
    this.#write(
      progressToken === undefined ? renamed : setMember(renamed, ["params", "_meta", "progressToken"], ours),
      (cause) => this.#fail(ours, new UpstreamError("broken", mayBeRead(cause), cause)),
    );
    return ours;
  }

  /** Sends what awaits no answer. */
  send(text: string): void {
    // Nobody waits for what comes of it.
    this.#write(text, () => undefined);
  }

  /** Tells the child that nobody waits for this request any more. */
  cancel(ours: string): void {
    if (this.#inFlight.delete(ours)) this.send(cancellation(ours));
  }

  /** The answer to this request came and could not be kept. */
  failTooLarge(ours: string): void {
    this.#fail(ours, new UpstreamError("broken", true));
  }

  /** The id by which the child knows a request of this client id; undefined when none is under way. */
  findId(clientId: string): string | undefined {
    for (const [ours, { id }] of this.#inFlight) if (isSameId(id, clientId)) return ours;
    return undefined;
  }

  /** One line of the child's stdout. */
  receive(line: Buffer): void {
    const message = readChildMessage(line);
    if (message === undefined) this.#onDropped("not_json_rpc");
    else if (message.method === undefined && message.id !== undefined)
      this.#deliverResponse(message, message.id);
    else this.#deliverMessage(message);
  }

  /** The child has ended: nothing under way will be answered. */
  end(): void {
    this.#isEnded = true;
    const left = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { reply } of left) reply.fail(new UpstreamError("broken", true));
    this.#owner.onExit();
  }

  #write(text: string, onFailure: (cause: unknown) => void): void {
    this.#unsentBytes += text.length;
    const taken = (): void => void (this.#unsentBytes -= text.length);
    this.#child?.sendBatched(text).then(taken, (cause: unknown) => {
      taken();
      onFailure(cause);
    });
  }

  #fail(ours: string, error: UpstreamError): void {
    const underWay = this.#inFlight.get(ours);
    this.#inFlight.delete(ours);
    underWay?.reply.fail(error);
  }

  #deliverResponse({ text, errorCode }: ChildMessage, ours: string): void {
    const underWay = this.#inFlight.get(ours);
    if (underWay === undefined) return this.#onDropped("unmatched");
    this.#inFlight.delete(ours);
    const restored = setMember(text, ["id"], underWay.id);
    underWay.reply.writeResponse(withSubscription(restored, "result", underWay.id), errorCode);
  }

  #deliverMessage(message: ChildMessage): void {
    const { text, id, progressToken, subscriptionId } = message;
    const token = id === undefined ? (progressToken ?? subscriptionId) : undefined;
    if (token === undefined) return this.#owner.onUnrelated(message);
    const underWay = this.#inFlight.get(token);
    const asked = progressToken === undefined ? underWay?.id : underWay?.progressToken;
    if (underWay === undefined || asked === undefined) return this.#onDropped("unmatched");
    const restored =
      progressToken === undefined
        ? withSubscription(text, "params", asked)
        : setMember(text, ["params", "progressToken"], asked);
    if (!underWay.reply.writeMessage(restored)) this.#onDropped("unmatched");
  }
}

/** The message with its client's own id where it names its subscription. */
function withSubscription(text: string, part: "params" | "result", clientId: string): string {
  if (!text.includes(SUBSCRIPTION_ID_KEY)) return text;
  const path = [part, "_meta", SUBSCRIPTION_ID_KEY];
  return memberSpan(text, path) === undefined ? text : setMember(text, path, clientId);
}

function mayBeRead(cause: unknown): boolean {
  return cause instanceof ChildError && cause.wasSent;
}

function cancellation(ours: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${ours},"reason":"the client has left"}}`;
}
