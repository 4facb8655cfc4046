/** The client of `@modelcontextprotocol/sdk` 1.x. */

import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { runSteps, type Target } from "./run-steps.ts";
import { connectV1 } from "./sdk-v1-client.ts";

await runSteps((target) => connectV1(transportTo(target)));

function transportTo({ http, sse, stdio }: Target): Parameters<Client["connect"]>[0] {
  // The types of the transport and of the client disagree on optional members.
  if (http !== undefined)
    return new StreamableHTTPClientTransport(new URL(http)) as Parameters<Client["connect"]>[0];
  if (sse !== undefined) return new SSEClientTransport(new URL(sse));
  const [command = "", ...args] = stdio ?? [];
  return new StdioClientTransport({ command, args, stderr: "ignore" });
}
