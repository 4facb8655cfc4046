/** A pass-through on loopback that keeps the messages it has seen. */

import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";

import { listenOnLoopback } from "../../fixtures/servers/loopback.ts";

export interface Tap {
  /** The MCP endpoint on this side. */
  readonly url: string;
  /** Bodies of POSTs as they came. */
  readonly seen: readonly string[];
  readonly close: () => Promise<void>;
}

/** Passes everything on to `target`, an MCP endpoint. */
export async function startTap(target: string): Promise<Tap> {
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => pass(incoming, outgoing, target, seen));
  const listener = await listenOnLoopback(server, 0);
  return { url: `${listener.origin}/mcp`, seen, close: listener.close };
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, target: string, seen: string[]): void {
  const { method, headers } = incoming;
  const onward = request(target, { method, headers: { ...headers, host: new URL(target).host } });
  onward.on("response", (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
    answer.on("error", () => outgoing.destroy()).pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  const parts: Buffer[] = [];
  incoming.on("data", (part: Buffer) => parts.push(part));
  incoming.on("end", () => {
    const text = Buffer.concat(parts).toString("utf8");
    if (method === "POST") seen.push(text);
    onward.end(text);
  });
}
