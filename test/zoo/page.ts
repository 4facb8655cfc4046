/** docs/compatibility.md, from the comparisons of a full run. */

import { fileURLToPath } from "node:url";
import { isPossible, type Comparison } from "./cells.ts";
import { CLIENTS, type ZooClient } from "./clients.ts";
import { failsDirectly } from "./differences.ts";
import { type Route, ROUTES } from "./routes.ts";
import { SERVERS, type ZooServer } from "./servers.ts";

export const PAGE = fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url));

const HEAD = `<!-- Written by npm run test:zoo; do not edit. -->

# Compatibility

Client libraries and servers of MCP that run the same script directly and through Tollgate: connect, list, call, read, get, complete, cancel.
The transcripts of the client are compared step by step. They must be equal, but for times, ids and ports, or the difference
must have a reason. \`npm run test:zoo\` runs everything and writes this page; \`npm run test:zoo -- --quick\` runs a part.
\`test/zoo/README.md\` says what it needs.

## Modes

| mode | the client speaks | Tollgate | compared with |
| --- | --- | --- | --- |
| pass-through | Streamable HTTP | \`--upstream URL\` | the client at the server's URL |
| wrap | stdio | \`-- COMMAND\` | the client that starts the server itself |
| bridge | Streamable HTTP | \`--listen HOST:PORT -- COMMAND\` | the client that starts the server itself, or, where it starts none, the client at the server's URL |
| sse to http | Streamable HTTP | \`--upstream URL --upstream-transport sse\` | the client over HTTP+SSE, or, where it does not speak that, over Streamable HTTP, at a revision before 2026-07-28 |
| http to sse | HTTP+SSE | \`--upstream URL --serve-sse\` | the client over HTTP+SSE, or, where the server does not speak that, over Streamable HTTP, at a revision before 2026-07-28 |
`;

export function pageOf(comparisons: readonly Comparison[]): string {
  const failing = CELLS.map(failsDirectly).filter((reason) => reason !== undefined);
  const reasons = [...reasonsOf(comparisons), ...failing];
  return [
    HEAD,
    "## Parts\n",
    table(["part", "library"], [...CLIENTS.map(rowOf("client")), ...SERVERS.map(rowOf("server"))]),
    ...SERVERS.map((server) => section(server, comparisons, reasons)),
    "## Differences\n",
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
    "",
  ].join("\n");
}

function rowOf(kind: "client" | "server"): (part: ZooClient | ZooServer) => readonly string[] {
  return ({ name, library }) => [`${kind} ${name}`, library];
}

/** The reasons in the order of the cells, each once. */
function reasonsOf(comparisons: readonly Comparison[]): readonly string[] {
  return [
    ...new Set(
      comparisons.flatMap(({ differences }) => differences.map(({ reason }) => reason ?? UNEXPLAINED)),
    ),
  ];
}

const CELLS = CLIENTS.flatMap((client) =>
  SERVERS.flatMap((server) => ROUTES.map((route) => ({ client, server, route }))),
);

const UNEXPLAINED = "Unexplained.";

function section(server: ZooServer, comparisons: readonly Comparison[], reasons: readonly string[]): string {
  const routes = ROUTES.filter((route) => route.upstream !== "sse" || server.sse !== undefined);
  const rows = CLIENTS.map((client) => [
    client.name,
    ...routes.map((route) =>
      outcome(comparisons.find(isOf(client, server, route)), { client, server, route }, reasons),
    ),
  ]);
  return [`## Server: ${server.name}\n`, table(["client", ...routes.map(({ name }) => name)], rows)].join(
    "\n",
  );
}

function isOf(client: ZooClient, server: ZooServer, route: Route): (comparison: Comparison) => boolean {
  return ({ cell }) => cell.client === client && cell.server === server && cell.route === route;
}

function outcome(
  comparison: Comparison | undefined,
  cell: Comparison["cell"],
  reasons: readonly string[],
): string {
  const failing = failsDirectly(cell);
  if (failing !== undefined) return `does not work directly, [${reasons.indexOf(failing) + 1}]`;
  if (comparison === undefined) return isPossible(cell) ? "not run" : "not spoken by the client";
  const { failure, steps, differences } = comparison;
  if (failure !== undefined) return "fails";
  const numbers = new Set(differences.map(({ reason }) => reasons.indexOf(reason ?? UNEXPLAINED) + 1));
  const but = [...numbers].map((number) => `[${number}]`).join(" ");
  return differences.length === 0
    ? `${steps} equal`
    : `${steps - differences.length} of ${steps} equal, ${but}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
