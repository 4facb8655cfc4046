/** The differences that are right, each with its reason. */

import type { Cell } from "./cells.ts";
import type { Difference } from "./transcript.ts";

interface Known {
  /** Part of the name of the step. */
  readonly step: string;
  readonly routes?: readonly string[];
  readonly clients?: readonly string[];
  readonly servers?: readonly string[];
  /** Must be found in what the client got through Tollgate. */
  readonly through?: RegExp;
  /** One sentence, and the place in the specification where there is one. */
  readonly reason: string;
}

const KNOWN: readonly Known[] = [
  {
    step: "call work",
    routes: ["bridge"],
    through: /"logs":\[\]/,
    reason:
      "A log message of revision 2026-07-28 does not reach the client through the bridge. The line of a stdio server names no request, " +
      "all clients of that revision share one child, and a log message must go to no other stream than the one of the request that asked " +
      "for it (specification 2026-07-28, Logging, Per-request log level; decision 0009).",
  },
  ...["ping", "level"].map((step) => ({
    step,
    routes: ["bridge"],
    clients: ["Go SDK"],
    through: /_meta has no io\.modelcontextprotocol\/protocolVersion/,
    reason:
      "The Go SDK sends `ping` and `logging/setLevel`, which revision 2026-07-28 does not have, without the members of `_meta` that this " +
      "revision requires of each request. A server that speaks stdio may let that pass; one that speaks HTTP refuses it with -32602, as " +
      "the Go SDK's own does, and so does the bridge (specification 2026-07-28, Basic, `_meta`).",
  })),
  {
    step: "initialize",
    routes: ["sse to http"],
    through: /"protocolVersion":"2025-03-26"/,
    reason:
      "A server that agrees on 2024-11-05 appears with 2025-03-26 to a client of Streamable HTTP, a transport that the older revision does not " +
      "have (specification 2025-03-26, Transports; decision 0112).",
  },
  {
    step: "call ask",
    routes: ["sse to http", "http to sse"],
    servers: ["Java SDK"],
    through: /Ada|Method not found/,
    reason:
      "Over HTTP+SSE, the Java SDK's server answers the POST of a call when the tool has ended, and some clients send nothing before " +
      "that, so the tool never gets the client's answer. Tollgate takes the POST at once, and responses come on the stream (specification " +
      "2024-11-05, Transports, HTTP with SSE), so the tool gets the answer, also one that says that the revision has no elicitation.",
  },
  {
    step: "initialize",
    routes: ["sse to http"],
    clients: ["Java SDK"],
    through: /"protocolVersion":"2025-11-25"/,
    reason:
      "The Java SDK's client asks for 2024-11-05 over HTTP+SSE and for 2025-11-25 over Streamable HTTP, and gets the revision that it asked for " +
      "(specification 2025-11-25, Lifecycle, Version Negotiation).",
  },
  {
    step: "initialize",
    routes: ["http to sse"],
    clients: ["Java SDK"],
    servers: ["rmcp"],
    through: /"protocolVersion":"2024-11-05"/,
    reason:
      "The Java SDK's client asks for 2024-11-05 over HTTP+SSE and for 2025-11-25 over Streamable HTTP, and gets the revision that it asked for " +
      "(specification 2025-11-25, Lifecycle, Version Negotiation).",
  },
  {
    step: "call work",
    routes: ["http to sse"],
    clients: ["mcp-go"],
    servers: ["rmcp"],
    through: /"logs":\[\{/,
    reason:
      "rmcp sends log messages on the stream that a client opens with GET, and mcp-go opens none over Streamable HTTP. HTTP+SSE has one stream, " +
      "on which they come (specification 2024-11-05, Transports, HTTP with SSE).",
  },
  {
    step: "initialize",
    routes: ["http to sse"],
    servers: ["Java SDK"],
    through: /"protocolVersion":"2025-11-25"/,
    reason:
      "The Java SDK's server of HTTP+SSE knows 2024-11-05 alone. Its server of Streamable HTTP, which Tollgate asks, agrees on the revision that " +
      "the client asked for, as a server must that knows it (specification 2025-11-25, Lifecycle, Version Negotiation).",
  },
];

/** A pair that does not work without Tollgate either, so that there is nothing to compare with. */
interface Failing {
  readonly client: string;
  readonly server: string;
  readonly route: string;
  readonly reason: string;
}

const FAILING: readonly Failing[] = [
  {
    client: "Go SDK",
    server: "Java SDK",
    route: "pass-through",
    reason:
      "The Go SDK's client and the Java SDK's server do not work directly over Streamable HTTP: the client waits for the head of the stream " +
      "that it opens with GET, and the server sends none before its first message, which no text of the specification forbids " +
      "(2025-11-25, Transports, Listening for Messages from the Server).",
  },
];

/** Every reason, as the page has it. */
export const REASONS: readonly string[] = [...KNOWN, ...FAILING].map(({ reason }) => reason);

/** Why the pair does not work directly; undefined where it does. */
export function failsDirectly({ client, server, route }: Cell): string | undefined {
  return FAILING.find(
    (pair) => pair.client === client.name && pair.server === server.name && pair.route === route.name,
  )?.reason;
}

export function reasonFor({ client, server, route }: Cell, difference: Difference): string | undefined {
  return KNOWN.find(
    ({ step, routes, clients, servers, through }) =>
      difference.step.includes(step) &&
      routes?.includes(route.name) !== false &&
      clients?.includes(client.name) !== false &&
      servers?.includes(server.name) !== false &&
      through?.test(difference.through) !== false,
  )?.reason;
}
