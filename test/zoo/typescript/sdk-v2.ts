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

await runSteps(connect);

async function connect(target: Target): Promise<ZooClient> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const sdk = new Client(CLIENT_INFO, {
    capabilities,
    versionNegotiation: { mode: target.isLegacy === true ? "legacy" : "auto" },
  });
  const logs: unknown[] = [];
  sdk.setRequestHandler("sampling/createMessage", () => MODEL_ANSWER);
  sdk.setRequestHandler("elicitation/create", () => USER_ANSWER);
  sdk.setRequestHandler("roots/list", () => ROOTS);
  sdk.setNotificationHandler("notifications/message", ({ params }) => void logs.push(params));
  await sdk.connect(transportTo(target));
  return {
    logs,
    can: ["sampling", "elicitation", "roots", "cancel"],
    initialized: {
      protocolVersion: sdk.getNegotiatedProtocolVersion(),
      server: sdk.getServerVersion(),
      capabilities: sdk.getServerCapabilities(),
      instructions: sdk.getInstructions(),
    },
    ping: () => sdk.ping(),
    tools: () => sdk.listTools(),
    call: (name, input, { signal, onProgress }) =>
      sdk.callTool(
        { name, ...(input && { arguments: input }) },
        {
          ...(signal && { signal }),
          ...(onProgress && { onprogress: (progress) => onProgress({ ...progress }) }),
        },
      ),
    resources: () => sdk.listResources(),
    templates: () => sdk.listResourceTemplates(),
    read: (uri) => sdk.readResource({ uri }),
    prompts: () => sdk.listPrompts(),
    prompt: (name, input) => sdk.getPrompt({ name, arguments: input as Record<string, string> }),
    complete: (name, argument, value) =>
      sdk.complete({ ref: { type: "ref/prompt", name }, argument: { name: argument, value } }),
    level: (level) => sdk.setLoggingLevel(level as "info"),
    close: () => sdk.close(),
  };
}

function transportTo({ http, sse, stdio }: Target): Parameters<Client["connect"]>[0] {
  if (http !== undefined) return new StreamableHTTPClientTransport(new URL(http));
  if (sse !== undefined) return new SSEClientTransport(new URL(sse));
  const [command = "", ...args] = stdio ?? [];
  return new StdioClientTransport({ command, args, stderr: "ignore" });
}
