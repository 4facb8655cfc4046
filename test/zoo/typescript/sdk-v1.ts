/** The client of `@modelcontextprotocol/sdk` 1.x. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

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
  const sdk = new Client(CLIENT_INFO, { capabilities: { sampling: {}, elicitation: {}, roots: {} } });
  const logs: unknown[] = [];
  sdk.setRequestHandler(CreateMessageRequestSchema, () => MODEL_ANSWER);
  sdk.setRequestHandler(ElicitRequestSchema, () => USER_ANSWER);
  sdk.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
  sdk.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params));
  await sdk.connect(transportTo(target));
  return {
    logs,
    can: ["sampling", "elicitation", "roots", "cancel"],
    initialized: {
      server: sdk.getServerVersion(),
      capabilities: sdk.getServerCapabilities(),
      instructions: sdk.getInstructions(),
    },
    ping: () => sdk.ping(),
    tools: () => sdk.listTools(),
    call: (name, input, { signal, onProgress }) =>
      sdk.callTool({ name, ...(input && { arguments: input }) }, CallToolResultSchema, {
        ...(signal && { signal }),
        ...(onProgress && { onprogress: (progress) => onProgress({ ...progress }) }),
      }),
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
  // The types of the transport and of the client disagree on optional members.
  if (http !== undefined)
    return new StreamableHTTPClientTransport(new URL(http)) as Parameters<Client["connect"]>[0];
  if (sse !== undefined) return new SSEClientTransport(new URL(sse));
  const [command = "", ...args] = stdio ?? [];
  return new StdioClientTransport({ command, args, stderr: "ignore" });
}
