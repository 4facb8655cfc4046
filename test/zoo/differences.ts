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
];

/** Every reason, as the page has it. */
export const REASONS: readonly string[] = KNOWN.map(({ reason }) => reason);

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
