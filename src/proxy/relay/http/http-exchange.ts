/** One HTTP request of a client, its caller once it is admitted, and the state that HTTP callers share. */

import type { IncomingMessage } from "node:http";
import type { Observer } from "../../../enforcement/observer.ts";
import type { EndOfResponse } from "../../../enforcement/request-lifecycle.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import type { ClientResponse, RequestHead } from "../../http/client-response.ts";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import type { Drain } from "../../http/drain.ts";
import type { OpenTasks } from "../../sessions/open-tasks.ts";
import type { SessionIds } from "../../sessions/session-ids.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import type { TaskOwners } from "../../sessions/task-owners.ts";
import type { Caller, Exchange } from "../exchange.ts";
import type { RelayRuntime } from "../relay.ts";
import type { ServerNotifications } from "./server-notifications.ts";
import type { RefusedServerRequest, ServerRequests } from "../server-request-rules.ts";
import type { Source } from "../transport.ts";

export interface HttpSource extends Source {
  readonly transport: "http";
  readonly incoming: RequestHead;
  readonly downstream: ClientResponse;
  /** The request while its body may be unread. */
  readonly arriving?: IncomingMessage;
}

export interface HttpCaller extends Caller {
  readonly transport: "http";
  /** The server's id of the session; undefined for a message that names none. */
  readonly serverSessionId: string | undefined;
  readonly incoming: RequestHead;
  readonly downstream: ClientResponse;
}

export type HttpExchange = Exchange<HttpCaller>;

/** The event streams that are open to clients. */
export interface ClientStreams {
  /** Streams open now; read by the metrics. */
  readonly count: OpenStreams;
  /** Streams that carry the server's own messages. */
  readonly notifications: ServerNotifications;
  readonly drain: Drain;
}

export interface OpenStreams {
  open: number;
}

/** The state that HTTP callers share, and its bounds. */
export interface HttpState {
  readonly sessions: Sessions;
  readonly sessionIds: SessionIds;
  readonly tasks: OpenTasks;
  readonly taskOwners: TaskOwners;
  readonly streams: ClientStreams;
  /** Bounds requests in flight, and GET streams. */
  readonly requestLimit: ConcurrencyLimit;
  readonly streamLimit: ConcurrencyLimit;
  /** Absent: every request of a session comes to this process. */
  readonly elsewhere?: RequestsElsewhere;
}

/** Messages about requests that another worker of this sidecar may have. */
export interface RequestsElsewhere {
  readonly onCancelled: (session: string, rpcId: string) => void;
  readonly onAnswered: (
    session: string,
    rpcId: string,
    summary: MessageSummary,
    response: EndOfResponse,
  ) => void;
}

/** The collaborators of forwarding a response. */
export interface ResponseContext {
  readonly observer: Required<Observer>;
  readonly enforcement: RelayRuntime["enforcement"];
  readonly state: HttpState;
  readonly serverRequests: ServerRequests;
  /** Answers a request of the server in the agent's stead, and records it. */
  readonly refuseServerRequest: (caller: HttpCaller, refused: RefusedServerRequest) => void;
  /** Longest message that is buffered to be filtered, in bytes. */
  readonly maxListBytes: number;
  /** How long an event stream may be quiet before a comment is sent; 0 for no comments. */
  readonly streamQuietMs: number;
}
