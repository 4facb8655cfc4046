/** The messages of the bypass test: the shared file, and what it has not. */

import { z } from "zod";

import type { RecordedTool } from "../../fixtures/servers/executing-server.ts";
import vectorFile from "../../fixtures/message-bypass.json" with { type: "json" };

export interface Vector {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

const VectorFile = z.array(
  z.object({ name: z.string(), headers: z.record(z.string(), z.string()), body: z.base64() }),
);

/** A call of `delete_all` that hides nothing. */
export const PLAIN_CALL: Vector = {
  name: "plain call",
  headers: { "content-type": "application/json" },
  body: base64({
    jsonrpc: "2.0",
    id: 9,
    method: "tools/call",
    params: { name: "delete_all", arguments: {} },
  }),
};

export const VECTORS: readonly Vector[] = [
  ...VectorFile.parse(vectorFile),
  modernCall("modern", "delete_all", {}),
  modernCall("modern, another name in the header", "safe", {}),
  modernCall("modern, retried with answers", "delete_all", { inputResponses: {}, requestState: "x" }),
  modernCall("modern, as a task", "delete_all", { task: { ttl: 1000 } }),
];

/** On one line these are a ping and a call of `safe`: they pass as such, and execute no more than this. */
export const HARMLESS: ReadonlyMap<string, readonly RecordedTool[]> = new Map([
  ["CR smuggle in ping", []],
  ["CRLF smuggle in safe call args", ["safe"]],
]);

function modernCall(name: string, nameHeader: string, more: Readonly<Record<string, unknown>>): Vector {
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "bypass", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { name: "delete_all", arguments: {}, _meta: envelope, ...more };
  return {
    name,
    headers: {
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": nameHeader,
    },
    body: base64({ jsonrpc: "2.0", id: 9, method: "tools/call", params }),
  };
}

function base64(message: unknown): string {
  return Buffer.from(JSON.stringify(message)).toString("base64");
}
