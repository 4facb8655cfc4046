/** Relays the HTTP requests of clients: messages by POST, the server's stream by GET, the end of a session by DELETE. */

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Agent } from "../../../enforcement/request.ts";
import type { CallerAddressOf } from "../../../identity/hops/caller-address.ts";
import type { AuthenticationOutcome, Authenticator } from "../../../identity/authenticator.ts";
import type { Challenge } from "../../../identity/challenge.ts";
import type { HeaderPropagation } from "../../../mcp/header-propagation.ts";
import { InFlightRequests } from "../../sessions/in-flight-requests.ts";
import { type NotedMessage, summaryOf } from "../../sessions/state-notes.ts";
import type { Upstream } from "../../upstream.ts";
import { HttpDownstream } from "./http-downstream.ts";
import type { HttpCaller, HttpSource, HttpState } from "./http-exchange.ts";
import { HttpForwarder } from "./http-forwarder.ts";
import { settle } from "./response-outcome.ts";
import { Relay, type RelayRuntime } from "../relay.ts";
import { messageFor, type RefusedServerRequest, type ServerRequests } from "../server-request-rules.ts";
import type { RefusedMessage, Work } from "../transport.ts";

/** Authentication of callers, and the headers that carry it or replace it upstream. */
export interface HttpIdentity {
  readonly authenticator: Authenticator;
  readonly addressOf: CallerAddressOf;
  readonly challenge: Challenge;
  /** Headers that never go upstream, in lower case: those with credentials. */
  readonly withheldHeaders: ReadonlySet<string>;
  /** Headers that name the agent to the upstream; they replace the client's. */
  readonly agentHeaders: (agent: Agent) => OutgoingHttpHeaders;
}

export interface HttpRelayOptions {
  readonly runtime: RelayRuntime;
  readonly nextId: () => string;
  readonly upstream: Upstream;
  readonly identity: HttpIdentity;
  readonly state: HttpState;
  readonly serverRequests: ServerRequests;
  /** Longest message that is buffered to be filtered, in bytes. */
  readonly maxListBytes: number;
  /** How long an event stream may be quiet before a comment is sent; 0 for no comments. */
  readonly streamQuietMs: number;
  /** Reads and writes trace context in headers. */
  readonly propagation: HeaderPropagation;
}

export class HttpRelay {
  readonly #state: HttpState;
  readonly #inFlight: InFlightRequests;
  readonly #downstream: HttpDownstream;
  readonly #forwarder: HttpForwarder;
  readonly #addressOf: CallerAddressOf;
  readonly #relay: Relay<HttpSource, HttpCaller>;

  constructor({
    runtime,
    nextId,
    upstream,
    identity,
    state,
    serverRequests,
    maxListBytes,
    streamQuietMs,
    propagation,
  }: HttpRelayOptions) {
    const { enforcement, telemetry } = runtime;
    const inFlight = new InFlightRequests(state.elsewhere?.onCancelled);
    this.#inFlight = inFlight;
    const { withheldHeaders, agentHeaders } = identity;
    this.#state = state;
    this.#addressOf = identity.addressOf;
    this.#downstream = new HttpDownstream({
      authenticator: identity.authenticator,
      challenge: identity.challenge,
      state,
      tools: enforcement.tools,
      inFlight,
      propagation,
    });
    this.#forwarder = new HttpForwarder({
      upstream,
      withheldHeaders,
      agentHeaders,
      propagation,
      inFlight,
      context: {
        observer: telemetry.observer,
        enforcement,
        state,
        serverRequests,
        refuseServerRequest: (caller, refused) => this.#refuseServerRequest(caller, refused),
        maxListBytes,
        streamQuietMs,
      },
    });
    this.#relay = new Relay({ runtime, nextId, downstream: this.#downstream, forwarder: this.#forwarder });
  }

  /** Reads the caller's credentials. */
  identify(incoming: IncomingMessage): AuthenticationOutcome | Promise<AuthenticationOutcome> {
    return this.#downstream.identify(incoming);
  }

  /** The source of a request whose caller is not identified. */
  sourceOf(incoming: IncomingMessage, downstream: ServerResponse): HttpSource {
    return {
      transport: "http",
      incoming,
      arriving: incoming,
      downstream,
      address: this.#addressOf(incoming),
    };
  }

  /** The source of an identified request; answers and returns undefined when the credentials are bad or missing. */
  accept(
    incoming: IncomingMessage,
    downstream: ServerResponse,
    identified: AuthenticationOutcome,
  ): HttpSource | undefined {
    const source = this.sourceOf(incoming, downstream);
    if (identified.kind === "agent") return { ...source, agent: identified.agent };
    if (identified.kind === "none") return source;
    this.refuse(source, this.#downstream.unauthenticated(identified));
    return undefined;
  }

  /** Serves a POST whose whole body was read. */
  post(source: HttpSource, body: Buffer): Work {
    return this.#relay.relay(source, body);
  }

  /** Serves a GET or DELETE. */
  async open(method: "GET" | "DELETE", source: HttpSource): Promise<void> {
    const sender = this.#downstream.authenticate(source);
    const caller = await this.#downstream.admit(source, undefined, sender, 0);
    if (caller.refused !== undefined) return this.#relay.refuse(source, caller.refused);
    await this.#forwarder.open({ kind: method === "GET" ? "server_stream" : "session_end", caller });
    const { session, downstream } = caller;
    if (method === "DELETE" && session !== undefined && downstream.statusCode < 300)
      this.#state.sessions.close(session.id);
  }

  /** Cancels a request whose cancellation came to another worker. */
  cancelHere(session: string, rpcId: string): void {
    this.#inFlight.cancelHere(session, rpcId);
    this.#state.sessions.takeDeferredOf(session, rpcId)?.ended("cancelled");
  }

  /** Ends a request whose response came to another worker. */
  answeredElsewhere(session: string, rpcId: string, message: NotedMessage): void {
    const lifecycle = this.#state.sessions.takeDeferredOf(session, rpcId);
    if (lifecycle !== undefined) settle(lifecycle, summaryOf(message), message.response, this.#state.tasks);
  }

  /** Answers a request that may not pass. */
  refuse(source: HttpSource, refused: RefusedMessage): void {
    void this.#relay.refuse(source, refused);
  }

  /** Counts and records a request that was answered elsewhere, or not at all. */
  recordRefusal(refused: Omit<RefusedMessage, "response">): void {
    this.#relay.recordRefusal("http", refused);
  }

  #refuseServerRequest(caller: HttpCaller, refused: RefusedServerRequest): void {
    const detail = messageFor(refused);
    this.recordRefusal({
      cause: "server_request",
      detail,
      bytes: 0,
      agent: caller.agent,
      address: caller.address,
    });
    this.#forwarder.answerServer(caller, refused);
  }
}
