/** One admitted message of a client with its caller, in the variants that are forwarded differently. */

import type { Agent } from "../../enforcement/request.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { RequestMessage } from "../../mcp/message.ts";
import { isToolsSubscription } from "../../mcp/message.ts";
import type { Client, TraceContext, Transport } from "../../mcp/vocabulary.ts";
import { type TaskRequest, taskRequestOf } from "../sessions/open-tasks.ts";
import type { Session } from "../sessions/sessions.ts";

/** The sender of an admitted message. */
export interface Caller {
  readonly transport: Transport;
  readonly agent: Agent;
  /** Undefined on stdio. */
  readonly address: string | undefined;
  /** The client as it describes itself. */
  readonly client: Client | undefined;
  /** Undefined on stdio, and for a message that names none. */
  readonly session: Session | undefined;
  /** From the HTTP headers. */
  readonly headerTrace: TraceContext | undefined;
}

interface WithResponse<C> {
  readonly caller: C;
  readonly lifecycle: RequestLifecycle;
}

interface WithoutResponse<C> {
  readonly caller: C;
  readonly lifecycle?: undefined;
}

export interface ToolCall<C> extends WithResponse<C> {
  readonly kind: "tool_call";
}

export interface ToolsList<C> extends WithResponse<C> {
  readonly kind: "tools_list";
  /** Whether it asks for the list from its start. */
  readonly isFirstPage: boolean;
}

/** `subscriptions/listen`; its response is a stream that lasts until the client leaves. */
export interface Subscription<C> extends WithResponse<C> {
  readonly kind: "subscription";
  /** Whether it asks for `notifications/tools/list_changed`. */
  readonly isForTools: boolean;
}

/** `tasks/...`: a request about one task. */
export interface TaskExchange<C> extends WithResponse<C> {
  readonly kind: "task_request";
  readonly task: TaskRequest;
}

export interface OtherRequest<C> extends WithResponse<C> {
  readonly kind: "other_request";
}

/** A notification or a response: nothing answers it. */
export interface OneWay<C> extends WithoutResponse<C> {
  readonly kind: "one_way";
}

/** HTTP alone: a GET, the stream of the server's own messages. */
export interface ServerStream<C> extends WithoutResponse<C> {
  readonly kind: "server_stream";
}

/** HTTP alone: a DELETE, the end of a session. */
export interface SessionEnd<C> extends WithoutResponse<C> {
  readonly kind: "session_end";
}

export type RequestExchange<C> =
  | ToolCall<C>
  | ToolsList<C>
  | Subscription<C>
  | TaskExchange<C>
  | OtherRequest<C>;

export type Exchange<C> = RequestExchange<C> | OneWay<C> | ServerStream<C> | SessionEnd<C>;

/** The variant of a request that is no tools/call. */
export function requestExchange<C>(
  message: RequestMessage,
  caller: C,
  lifecycle: RequestLifecycle,
): RequestExchange<C> {
  const { method, params } = message;
  if (method === "tools/list")
    return { kind: "tools_list", caller, lifecycle, isFirstPage: params?.has("cursor") !== true };
  if (method === "subscriptions/listen")
    return { kind: "subscription", caller, lifecycle, isForTools: isToolsSubscription(message) };
  const task = taskRequestOf(message);
  return task === undefined
    ? { kind: "other_request", caller, lifecycle }
    : { kind: "task_request", caller, lifecycle, task };
}
