/** The client of `@modelcontextprotocol/client` 2.x, which asks the server for its revision and speaks either era. */

import { Client, SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import {
  CLIENT_INFO,
  MODEL_ANSWER,
  ROOTS,
  runSteps,
  type Target,
  USER_ANSWER,
  type ZooClient,
} from "./run-steps.ts";
import { CAPABILITIES, operationsOf } from "./sdk.ts";

await runSteps(connect);

async function connect(target: Target): Promise<ZooClient> {
  const sdk = new Client(CLIENT_INFO, {
    capabilities: CAPABILITIES,
    versionNegotiation: { mode: target.isLegacy === true ? "legacy" : "auto" },
  });
  const logs: unknown[] = [];
  sdk.setRequestHandler("sampling/createMessage", () => MODEL_ANSWER);
  sdk.setRequestHandler("elicitation/create", () => USER_ANSWER);
  sdk.setRequestHandler("roots/list", () => ROOTS);
  sdk.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params));
  await sdk.connect(transportTo(target));
  const client = operationsOf(sdk, logs, (params, options) => sdk.callTool(params, options));
  const protocolVersion = sdk.getNegotiatedProtocolVersion();
  return { ...client, initialized: { protocolVersion, ...client.initialized } };
}

function transportTo({ http, sse, stdio }: Target): Parameters<Client["connect"]>[0] {
  if (http !== undefined) return new StreamableHTTPClientTransport(new URL(http));
  if (sse !== undefined) return new SSEClientTransport(new URL(sse));
  const [command = "", ...args] = stdio ?? [];
  return new StdioClientTransport({ command, args, stderr: "ignore" });
}
