/** Many clients' requests on one child: each is sent under a request id of the bridge, so that ids of two clients never collide. */

import { memberSpan, setMember } from "../../../json/edit-json.ts";
import { SUBSCRIPTION_ID_KEY } from "../../../mcp/message.ts";
import { otherForm, unreadableResponseId } from "../../../mcp/unreadable-response.ts";
import { isToolList, listFailure } from "../../tools/list-fault.ts";
import { UpstreamError, type UpstreamFault, type UpstreamResponse } from "../../upstream.ts";
import { ChildError } from "../child/child-error.ts";
import { type ChildMessage, readChildMessage } from "./child-message.ts";
import { type ClientMessage, isSameId } from "./client-message.ts";
import type { ResponseWriter } from "./post-exchange.ts";

/** Where messages to the server are written: a child, or a connection. */
export interface MessageSink {
  /** Writes a message that has no response, before every later message. @throws ChildError, UpstreamError or Refusal */
  readonly send: (text: string) => Promise<void>;
  /** Writes a request. @throws ChildError, UpstreamError or Refusal */
  readonly sendBatched: (text: string) => Promise<void>;
}

/** The server refused a message with an HTTP response, which its client receives. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly response: UpstreamResponse;

  constructor(response: UpstreamResponse) {
    super(`the server refused the message with status ${response.statusCode}`);
    this.response = response;
  }
}

/** The user of a child: one session, or all modern clients together. */
export interface ChildOwner {
  /** Called for a message that belongs to no request in flight. */
  readonly onUnrelated: (message: ChildMessage) => void;
  /** Called when the child has ended by itself, after its requests have failed. */
  readonly onExit: () => void;
}

/** `not_json_rpc`: the line is no message; `unmatched`: it belongs to no request in flight. */
export type ChildMessageDropped = "not_json_rpc" | "unmatched";

interface InFlight {
  /** The client's own request id, as a token. */
  readonly id: string;
  readonly progressToken?: string;
  readonly writer: ResponseWriter;
}

/** Requests in flight on one child. */
const MAX_IN_FLIGHT = 4_096;
/** Bytes that wait for a child that does not read. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;

const NO_OWNER: ChildOwner = { onUnrelated: () => undefined, onExit: () => undefined };

export class ChildMultiplexer {
  readonly #onDropped: (cause: ChildMessageDropped) => void;
  /** By the child's request id. */
  readonly #inFlight = new Map<string, InFlight>();
  #sink: MessageSink | undefined;
  #owner: ChildOwner = NO_OWNER;
  #lastId = 0;
  #isEnded = false;
  #unsentBytes = 0;

  constructor(onDropped: (cause: ChildMessageDropped) => void) {
    this.#onDropped = onDropped;
  }

  attach(sink: MessageSink): void {
    this.#sink = sink;
  }

  setOwner(owner: ChildOwner): void {
    this.#owner = owner;
  }

  hasRoom(): boolean {
    return this.#inFlight.size < MAX_IN_FLIGHT && this.#unsentBytes < MAX_UNSENT_BYTES;
  }

  /** Sends a request, whose messages go to `writer`. Returns the id that the child knows it by. */
  request({ text, id = "null", progressToken }: ClientMessage, writer: ResponseWriter): string {
    const childRequestId = String((this.#lastId += 1));
    if (this.#isEnded) {
      writer.fail(new UpstreamError("broken", false));
      return childRequestId;
    }
    this.#inFlight.set(childRequestId, { id, writer, ...(progressToken !== undefined && { progressToken }) });
    const renamed = setMember(text, ["id"], childRequestId);
    const sent =
      progressToken === undefined
        ? renamed
        : setMember(renamed, ["params", "_meta", "progressToken"], childRequestId);
    this.#write(sent, this.#sink?.sendBatched(sent)).catch((cause: unknown) =>
      this.#failToSend(childRequestId, cause),
    );
    return childRequestId;
  }

  /** Sends a message that has no response. A write failure is ignored. */
  send(text: string): void {
    this.#write(text, this.#sink?.send(text)).catch(() => undefined);
  }

  /** Cancels a request after its client has disconnected. */
  cancel(childRequestId: string): void {
    if (this.#inFlight.delete(childRequestId)) this.send(cancellation(childRequestId));
  }

  /** Fails a request whose response is longer than a line may be. */
  failTooLarge(childRequestId: string): void {
    this.#fail(this.#keyOf(childRequestId), new UpstreamError("too_large", true));
  }

  /** The child's id for a client's request id; undefined when no such request is in flight. */
  findId(clientId: string): string | undefined {
    for (const [childRequestId, { id }] of this.#inFlight) if (isSameId(id, clientId)) return childRequestId;
    return undefined;
  }

  /** Takes one line of the child's stdout. */
  receive(line: Buffer): void {
    const message = readChildMessage(line);
    if (message === undefined) this.#dropUnreadable(line);
    else if (message.method === undefined && message.id !== undefined)
      this.#deliverResponse(message, message.id);
    else this.#deliverMessage(message);
  }

  /** Fails every request in flight: the child has ended, or the connection, because of `fault`. */
  end(fault: UpstreamFault = "broken"): void {
    this.#isEnded = true;
    const left = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { writer } of left) writer.fail(new UpstreamError(fault, true));
    this.#owner.onExit();
  }

  /** Counts the bytes that wait until they are written. */
  async #write(text: string, written: Promise<void> | undefined): Promise<void> {
    this.#unsentBytes += text.length;
    try {
      await written;
    } finally {
      this.#unsentBytes -= text.length;
    }
  }

  #failToSend(childRequestId: string, cause: unknown): void {
    if (!(cause instanceof Refusal)) {
      const error = cause instanceof UpstreamError ? cause : undefined;
      return this.#fail(childRequestId, error ?? new UpstreamError("broken", mayHaveBeenRead(cause), cause));
    }
    const request = this.#inFlight.get(childRequestId);
    this.#inFlight.delete(childRequestId);
    request?.writer.respond(cause.response);
  }

  #fail(childRequestId: string, error: UpstreamError): void {
    const request = this.#inFlight.get(childRequestId);
    this.#inFlight.delete(childRequestId);
    request?.writer.fail(error);
  }

  #dropUnreadable(line: Buffer): void {
    this.#onDropped("not_json_rpc");
    const [first] = this.#inFlight.keys();
    const id = unreadableResponseId(line, {
      has: (each) => this.#inFlight.has(each),
      only: this.#inFlight.size === 1 ? first : undefined,
    });
    if (id === undefined) return;
    const failure = isToolList(line) ? listFailure(line.toString("utf8")) : undefined;
    this.#fail(id, new UpstreamError("unreadable", true, undefined, failure));
  }

  /** Some servers answer the request 7 with the id "7". */
  #keyOf(id: string): string {
    return this.#inFlight.has(id) ? id : (otherForm(id) ?? id);
  }

  #deliverResponse({ text, errorCode }: ChildMessage, id: string): void {
    const childRequestId = this.#keyOf(id);
    const request = this.#inFlight.get(childRequestId);
    if (request === undefined) return this.#onDropped("unmatched");
    this.#inFlight.delete(childRequestId);
    const restored = setMember(text, ["id"], request.id);
    request.writer.writeResponse(restoreSubscriptionId(restored, "result", request.id), errorCode);
  }

  #deliverMessage(message: ChildMessage): void {
    const { text, id, progressToken, subscriptionId } = message;
    const token = id === undefined ? (progressToken ?? subscriptionId) : undefined;
    if (token === undefined) return this.#owner.onUnrelated(message);
    const request = this.#inFlight.get(token);
    const clientToken = progressToken === undefined ? request?.id : request?.progressToken;
    if (request === undefined || clientToken === undefined) return this.#onDropped("unmatched");
    const restored =
      progressToken === undefined
        ? restoreSubscriptionId(text, "params", clientToken)
        : setMember(text, ["params", "progressToken"], clientToken);
    if (!request.writer.writeMessage(restored)) this.#onDropped("unmatched");
  }
}

/** Puts the client's own request id where the message names its subscription. */
function restoreSubscriptionId(text: string, part: "params" | "result", clientId: string): string {
  if (!text.includes(SUBSCRIPTION_ID_KEY)) return text;
  const path = [part, "_meta", SUBSCRIPTION_ID_KEY];
  return memberSpan(text, path) === undefined ? text : setMember(text, path, clientId);
}

function mayHaveBeenRead(cause: unknown): boolean {
  return cause instanceof ChildError && cause.wasSent;
}

function cancellation(childRequestId: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${childRequestId},"reason":"the client has left"}}`;
}
