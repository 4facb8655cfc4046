/** The two ends that HTTP and stdio each give to the relay, and the values that pass between them. */

import type { MaybePromise } from "../../enforcement/maybe-promise.ts";
import type { Permit } from "../../enforcement/permit.ts";
import type { Agent } from "../../enforcement/request.ts";
import type { LocalResponse } from "../../mcp/error-response.ts";
import type { Message, RelayedMessage, RequestMessage } from "../../mcp/message.ts";
import type { RefusalCause, TraceContext, Transport } from "../../mcp/vocabulary.ts";
import type { Caller, Exchange } from "./exchange.ts";

/** Nothing, or a promise when something had to be waited for. */
export type Work = MaybePromise<void>;

/** The source of a message: the agent that its proof names, absent without proof. */
export interface Source {
  readonly transport: Transport;
  /** The caller's IP address; absent on stdio. */
  readonly address?: string | undefined;
  readonly agent?: Agent;
}

/** The agent that sends a message, and the client as it describes itself. */
export type Sender = Pick<Caller, "agent" | "client">;

/** A message that may not pass: it is counted, recorded and answered, never forwarded. */
export interface RefusedMessage {
  readonly cause: RefusalCause;
  /** One sentence for the log and the response; never a part of the message. */
  readonly detail: string;
  readonly bytes: number;
  readonly agent?: Agent;
  readonly address?: string | undefined;
  readonly response: LocalResponse;
}

export type Admitted<C> = (C & { readonly refused?: undefined }) | { readonly refused: RefusedMessage };

/** The client's side. */
export interface Downstream<S extends Source, C> {
  readonly authenticate: (source: S, message: Message) => Sender;
  /** The caller, when the message may use its session, task and id and there is room for it. `bytes` is its length. */
  readonly admit: (source: S, message: Message, sender: Sender, bytes: number) => MaybePromise<Admitted<C>>;
  /** The response to a request that the policy lets pass and that there is no room for; undefined when there is. */
  readonly overload: (caller: C, message: RequestMessage) => LocalResponse | undefined;
  /** The client cancels its request of this id. */
  readonly cancel: (caller: C, id: string) => void;
  readonly isGone: (caller: C) => boolean;
  readonly respond: (source: S, response: LocalResponse) => Work;
}

/** A tools/call goes upstream by its permit, any other message as it is. */
export type Outgoing = Permit | RelayedMessage;

/** The server's side: sends, forwards the response when it comes, and refunds a permit whose call was never sent. */
export interface Forwarder<C> {
  readonly send: (exchange: Exchange<C>, outgoing: Outgoing, trace: TraceContext | undefined) => Work;
}
