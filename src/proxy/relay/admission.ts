/** Who may send a request here at all: by proof, by whose session and task it names, and while there is a place. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../enforcement/clock.ts";
import type { Observer, Refusal } from "../../enforcement/observer.ts";
import { ANONYMOUS, principalOf } from "../../enforcement/request.ts";
import type { Caller, Exchange } from "./exchange.ts";
import { overloadResponse } from "./upstream-errors.ts";
import { type LocalResponse, sendResponse, type RefusedRequest } from "../../mcp/error-response.ts";
import type { Challenge } from "../../identity/challenge.ts";
import type { AuthenticationOutcome, Authenticator } from "../../identity/authenticator.ts";
import { clientOf, messageId, type Message } from "../../mcp/message.ts";
import { type OwnedResource, notFoundResponse } from "./ownership.ts";
import type { ConcurrencyLimit } from "../http/concurrency-limit.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { TaskOwners } from "../sessions/task-owners.ts";
import { taskRequestOf } from "../sessions/open-tasks.ts";

export interface AdmissionParts {
  readonly identity: Authenticator;
  readonly challenge: Challenge;
  readonly sessions: Sessions;
  readonly taskOwners: TaskOwners;
  /** Requests in flight, and streams that clients hold open. */
  readonly requests: ConcurrencyLimit;
  readonly openStreams: ConcurrencyLimit;
  readonly observer: Required<Observer>;
  readonly clock: Clock;
  readonly nextId: () => string;
}

export interface Refused extends Omit<RefusedRequest, "status"> {
  readonly answer: LocalResponse;
  readonly bytes: number;
}

export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Who is calling, by what the request shows beside its body. */
  identify(incoming: IncomingMessage): AuthenticationOutcome | Promise<AuthenticationOutcome> {
    return this.#parts.identity.authenticate(incoming);
  }

  /** The caller, when it may call at all; answers and returns undefined when its proof is bad or missing. */
  admit(
    incoming: IncomingMessage,
    downstream: ServerResponse,
    proof: AuthenticationOutcome,
  ): Caller | undefined {
    if (proof.kind === "agent") return { incoming, downstream, agent: proof.agent };
    if (proof.kind === "none") return { incoming, downstream };
    const detail = proof.kind === "rejected" ? proof.detail : "proof of identity is required here";
    const answer = this.#parts.challenge.unauthorized(proof.kind, detail);
    this.refuse({ incoming, downstream }, { cause: "unauthenticated", detail, bytes: 0, answer });
    return undefined;
  }

  /** Answers what may not pass: counted, recorded, never forwarded. */
  refuse({ agent = ANONYMOUS, downstream }: Caller, { cause, detail, bytes, answer }: Refused): void {
    this.noteRefusal({ cause, detail, bytes, agent });
    sendResponse(downstream, answer);
  }

  /** Counts and records what was answered elsewhere. */
  noteRefusal(refused: Omit<Refusal, "id" | "atMs" | "transport">): void {
    const { observer, clock, nextId } = this.#parts;
    observer.messageRefused({ id: nextId(), atMs: clock.wallMs(), transport: "http", ...refused });
  }

  /** Who is calling, in which session; answers and returns undefined when session or task are another's, or there is no place. */
  enter(caller: Caller, message: Message | undefined): Exchange | undefined {
    const { sessions, identity, taskOwners } = this.#parts;
    const header = caller.incoming.headers["mcp-session-id"];
    // Security: also on a modern body, which a server of the old era takes for a message of that session.
    const id = typeof header === "string" ? header : undefined;
    const client = (message === undefined ? undefined : clientOf(message)) ?? sessions.clientOf(id);
    const agent = caller.agent ?? identity.agentWithoutCredential(client);
    const { incoming, downstream } = caller;
    const base = { incoming, downstream, agent, client };
    const principal = principalOf(agent);
    const session = id === undefined ? undefined : sessions.use(id, principal);
    if (id !== undefined && session === undefined) return this.#refuseStranger(base, message, "session");
    const task = message?.kind === "request" ? taskRequestOf(message) : undefined;
    if (task !== undefined && taskOwners.use(task.taskId, principal) === "refused")
      return this.#refuseStranger(base, message, "task");
    const exchange = { incoming, downstream, agent, client, session, task };
    return this.#takePlace(exchange, message) ? exchange : undefined;
  }

  #refuseStranger(caller: Caller, message: Message | undefined, owned: OwnedResource): undefined {
    const answer = notFoundResponse(owned, message === undefined ? undefined : messageId(message));
    this.refuse(caller, {
      cause: "ownership",
      detail: `the ${owned} belongs to another agent`,
      bytes: 0,
      answer,
    });
  }

  /** Takes the place that this request holds until its answer has ended; answers when there is none. */
  #takePlace({ incoming, downstream, agent }: Exchange, message: Message | undefined): boolean {
    // What ends or answers a request that is under way needs no place of its own.
    if (message?.kind === "notification" || message?.kind === "response") return true;
    const { requests, openStreams } = this.#parts;
    const places = incoming.method === "GET" ? openStreams : requests;
    const principal = principalOf(agent);
    if (places.acquire(principal)) {
      downstream.on("close", () => places.release(principal));
      return true;
    }
    const detail =
      incoming.method === "GET" ? "too many streams are open" : "too many requests are in flight";
    const answer = overloadResponse(detail, message === undefined ? undefined : messageId(message));
    this.refuse({ incoming, downstream, agent }, { cause: "overload", detail, bytes: 0, answer });
    return false;
  }
}
