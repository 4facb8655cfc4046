/** One HTTP request and its response, from the caller to the upstream: what each part that handles them needs. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Observer } from "../../enforcement/observer.ts";
import type { Agent } from "../../enforcement/request.ts";
import type { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import type { Client } from "../../mcp/vocabulary.ts";
import type { CachedList } from "../tools/tools-list-cache.ts";
import type { Drain } from "../http/drain.ts";
import type { RefusedServerRequest, ServerRequests } from "./server-request-rules.ts";
import type { ServerNotifications } from "./server-notifications.ts";
import type { Session, Sessions } from "../sessions/sessions.ts";
import type { TaskOwners } from "../sessions/task-owners.ts";
import type { TaskRequest, OpenTasks } from "../sessions/open-tasks.ts";

/** One HTTP request from downstream, and the agent that its proof names; absent without proof. */
export interface Caller {
  readonly incoming: IncomingMessage;
  readonly downstream: ServerResponse;
  readonly agent?: Agent;
}

/** The two ends of one HTTP request, and who is at the far one. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly downstream: ServerResponse;
  readonly agent: Agent;
  readonly client: Client | undefined;
  readonly session: Session | undefined;
  /** Absent on GET, DELETE, notifications and responses. */
  readonly tracking?: RequestLifecycle;
  /** Of a tools/list: whether it asks for the list from its start. */
  readonly isFirstPage?: boolean;
  /** Of a request about a task: which one. */
  readonly task: TaskRequest | undefined;
  /** Of a `subscriptions/listen` that asks to hear of tools: its id, as a token. */
  readonly subscription?: string;
}

/** How many streams are open now; counted here, read by whoever shows it. */
export interface OpenStreams {
  open: number;
}

/** What forwarding a response needs: the sessions, tasks and streams that it may belong to, and the filters it passes. */
export interface ResponseContext {
  readonly sessions: Sessions;
  readonly tasks: OpenTasks;
  readonly taskOwners: TaskOwners;
  readonly streams: OpenStreams;
  readonly serverStreams: ServerNotifications;
  readonly answers: Drain;
  readonly observer: Required<Observer>;
  /** The message as this agent may see it: itself, or without hidden tools; undefined when it cannot be read. */
  readonly filterList: (agent: Agent, text: string, isFirstPage: boolean) => string | undefined;
  /** The same for a body whose list was read before; undefined for any other. */
  readonly recallList: (agent: Agent, body: readonly Buffer[]) => CachedList | undefined;
  readonly serverRequests: ServerRequests;
  /** Answers a request of the server in the agent's stead, and has it recorded. */
  readonly refuseServerRequest: (exchange: Exchange, refused: RefusedServerRequest) => void;
  /** Longest message that is held back to be filtered, in bytes. */
  readonly listBytes: number;
}
