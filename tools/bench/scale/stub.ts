/** The server behind the sidecar, as a program: answers calls, lists tools, and sends events on open streams on command. */

import { createServer, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** A command from the parent process. */
export type StubCommand =
  /** Lists this many tools from now on. */
  | { readonly kind: "tools"; readonly count: number }
  /** Sends this many events, at this rate, to one stream after another. */
  | { readonly kind: "events"; readonly count: number; readonly perSecond: number }
  /** Sends one event to every stream. */
  | { readonly kind: "broadcast" };

/** Interval between events, so that two events rarely share a write. */
const TURN_MS = 1;
const TEXT = "x".repeat(200);
const SMALL = answer({ content: [{ type: "text", text: "x".repeat(1_000) }] });
const streams = new Set<ServerResponse>();
const large = new Map<number, Buffer>();
let list = answer({ tools: [] });

const server = createServer((request, response) => {
  if (request.method === "GET") return holdOpen(response);
  let head: Buffer | undefined;
  request.on("data", (chunk: Buffer) => (head ??= chunk));
  request.on("end", () => {
    const body = answerTo(head?.toString("latin1", 0, 300) ?? "");
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
}).listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
// A client keeps its connections; closing one while it is reused is not part of any measurement.
server.keepAliveTimeout = 0;

process.on(
  "message",
  (order: StubCommand) => void runCommand(order).then(() => process.send?.({ done: true })),
);
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

function answerTo(head: string): Buffer {
  if (head.includes('"method":"tools/list"')) return list;
  const [, bytes] = /"resultBytes":(\d+)/.exec(head) ?? [];
  return bytes === undefined ? SMALL : largeAnswer(Number(bytes));
}

function largeAnswer(bytes: number): Buffer {
  const known = large.get(bytes);
  if (known !== undefined) return known;
  const lines = Array.from({ length: Math.ceil(bytes / 1_000) }, () => "x".repeat(999));
  const made = answer({ content: [{ type: "text", text: lines.join("\n").slice(0, bytes) }] });
  large.set(bytes, made);
  return made;
}

function answer(result: object): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
}

function holdOpen(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  streams.add(response);
  response.on("close", () => streams.delete(response));
}

async function runCommand(order: StubCommand): Promise<void> {
  switch (order.kind) {
    case "tools":
      list = answer({ tools: Array.from({ length: order.count }, (_, index) => toolOf(index)) });
      return;
    case "broadcast":
      for (const stream of streams) stream.write(event());
      return;
    case "events":
      return sendEvents(order.count, order.perSecond);
  }
}

/** Each event carries its time of departure, on the clock shared by all programs of the machine. */
async function sendEvents(count: number, perSecond: number): Promise<void> {
  const open = [...streams];
  const startedMs = performance.now();
  for (let sent = 0; sent < count; await pause(TURN_MS)) {
    const due = Math.min(count, ((performance.now() - startedMs) * perSecond) / 1_000);
    for (; sent < due; sent += 1) open[sent % open.length]?.write(event());
  }
}

function event(): string {
  const data = { at: String(process.hrtime.bigint()), text: TEXT };
  const message = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data } };
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function argument(description: string): object {
  return { type: "string", description };
}

function toolOf(index: number): object {
  return {
    name: `service_operation_tool_${index}`,
    description: `Starts operation ${index} of the service and answers with its id. ${"It may take a while. ".repeat(15)}`,
    inputSchema: {
      type: "object",
      properties: {
        query: argument("what to look for, in the language of the service"),
        target: argument("where to run it: a cluster, a region or a workspace"),
        size: { type: "integer", minimum: 1, maximum: 10_000 },
      },
      required: ["query"],
    },
    annotations: { readOnlyHint: index % 2 === 0 },
  };
}
