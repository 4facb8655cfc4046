/** An upstream MCP server over stdio, offered as Streamable HTTP: each legacy session has a child, modern clients share one. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Permit } from "../../enforcement/permit.ts";
import { sessionRequired } from "./bridge/responses.ts";
import { ChildPool, type ChildPoolOptions } from "./bridge/child-pool.ts";
import { readClientMessage } from "./bridge/client-message.ts";
import { StatelessRequests } from "./bridge/stateless-requests.ts";
import { type InputSchemaOf, singleHeader } from "./bridge/header-checks.ts";
import { LegacySessions, STREAM_AFTER_MS } from "./bridge/legacy-sessions.ts";
import { SharedChild } from "./bridge/shared-child.ts";
import type { RelayedMessage } from "../../mcp/message.ts";
import { propagateInMessage } from "../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";
import type { Upstream, UpstreamExchange } from "../upstream.ts";

export interface UpstreamStdioOptions extends ChildPoolOptions {
  /** How long a session may be idle before it and its child end. */
  readonly idleMs: number;
  /** How long a client that accepts no stream waits for its response. */
  readonly responseMs: number;
  /** Tollgate's own version, for `clientInfo` when a child is probed. */
  readonly version: string;
  readonly inputSchemaOf: InputSchemaOf;
  readonly onSessionEnded: (id: string) => void;
  /** Called when an idle session ends early, for one that needs its place. */
  readonly onGaveWay?: (idleMs: number) => void;
}

const PROBE_MS = 30_000;

export class UpstreamStdio implements Upstream {
  readonly #pool: ChildPool;
  readonly #stateless: StatelessRequests;
  readonly #sessions: LegacySessions;

  constructor(options: UpstreamStdioOptions) {
    this.#pool = new ChildPool(options);
    this.#sessions = new LegacySessions({
      ...options,
      acquire: (owner) => this.#pool.acquire(owner),
      hasRoom: () => this.#pool.hasRoom(),
    });
    const shared = new SharedChild({
      pool: this.#pool,
      version: options.version,
      probeMs: PROBE_MS,
      makeRoom: () => this.#sessions.endLongestIdle(),
      onUnmatched: () => options.onDropped("unmatched"),
    });
    const timeouts = { streamAfterMs: STREAM_AFTER_MS, responseMs: options.responseMs };
    this.#stateless = new StatelessRequests(shared, timeouts, options.inputSchemaOf);
  }

  /** Whether the command starts and keeps running. */
  get isUp(): boolean {
    return this.#pool.isUp;
  }

  /** The number of running children, the spare one included. */
  get size(): number {
    return this.#pool.size;
  }

  /** Starts the first child. @throws ChildError when the command cannot be started */
  startSpare(): Promise<void> {
    return this.#pool.startSpare();
  }

  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. */
  call(permit: Permit, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#post(propagateInMessage(permit.message, trace), headers);
  }

  /** Sends any message but a tools/call, with `trace` as its trace context. */
  relay(message: RelayedMessage, headers: OutgoingHttpHeaders, trace?: TraceContext): UpstreamExchange {
    return this.#post(propagateInMessage(message, trace), headers);
  }

  /** Opens the server-initiated stream (GET), or ends a session (DELETE). */
  open(method: "GET" | "DELETE", headers: OutgoingHttpHeaders): UpstreamExchange {
    return this.#sessions.open(method, headers);
  }

  /** Stops every child; resolves when all have exited. */
  async close(): Promise<void> {
    this.#sessions.close();
    await this.#pool.close();
  }

  #post(text: string, headers: OutgoingHttpHeaders): UpstreamExchange {
    const message = readClientMessage(text);
    const id = singleHeader(headers, "mcp-session-id");
    if (message.isModern) return this.#stateless.post(message, headers);
    if (id !== undefined) return this.#sessions.post(id, message, headers);
    if (message.method === "initialize") return this.#sessions.begin(message, headers);
    return this.#stateless.claims(message, headers)
      ? this.#stateless.post(message, headers)
      : sessionRequired();
  }
}
