/** The client of `@modelcontextprotocol/sdk` 1.x, which speaks up to 2025-11-25. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

import { textOf } from "./content.ts";
import type { RelayClient } from "./relay-client.ts";
import { CLIENT_INFO, MODEL_ANSWER, USER_ANSWER } from "./relay-client.ts";

interface SdkClient extends RelayClient {
  readonly sdk: Client;
}

export interface ClientV1 extends SdkClient {
  readonly transport: StreamableHTTPClientTransport;
}

/** With a `sessionId`, it goes on with that session. */
export async function connectV1(
  url: string,
  { headers = {}, sessionId }: { headers?: Record<string, string>; sessionId?: string } = {},
): Promise<ClientV1> {
  const session = sessionId === undefined ? {} : { sessionId };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, ...session });
  return { transport, ...(await connectV1Over(transport)) };
}

export async function connectV1Over(transport: Parameters<Client["connect"]>[0]): Promise<SdkClient> {
  const sdk = new Client(CLIENT_INFO, { capabilities: { sampling: {}, elicitation: {}, roots: {} } });
  const notifications = answerAndRecord(sdk);
  await sdk.connect(transport);
  return {
    sdk,
    notifications,
    listTools: async () => (await sdk.listTools()).tools.map((tool) => tool.name),
    call: async (name, input = {}, { signal, onProgress } = {}) => {
      const onprogress = onProgress && (({ progress }: { progress: number }) => onProgress(progress));
      const options = { ...(signal && { signal }), ...(onprogress && { onprogress }) };
      return textOf((await sdk.callTool({ name, arguments: input }, CallToolResultSchema, options)).content);
    },
    readText: async (uri) => textOf((await sdk.readResource({ uri })).contents),
    promptText: async (name, input) => {
      const { messages } = await sdk.getPrompt({ name, arguments: input });
      return textOf(messages.map((message) => message.content));
    },
    completions: async (prompt, name, value) => {
      const ref = { type: "ref/prompt" as const, name: prompt };
      return (await sdk.complete({ ref, argument: { name, value } })).completion.values;
    },
    close: () => sdk.close(),
  };
}

function answerAndRecord(sdk: Client): readonly string[] {
  const notifications: string[] = [];
  sdk.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: MODEL_ANSWER },
  }));
  sdk.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: USER_ANSWER }));
  sdk.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///work" }] }));
  sdk.setNotificationHandler(LoggingMessageNotificationSchema, ({ method, params }) => {
    notifications.push(`${method} ${String(params.data)}`);
  });
  sdk.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ method, params }) => {
    notifications.push(`${method} ${params.uri}`);
  });
  sdk.setNotificationHandler(ToolListChangedNotificationSchema, ({ method }) => {
    notifications.push(method);
  });
  sdk.setNotificationHandler(ResourceListChangedNotificationSchema, ({ method }) => {
    notifications.push(method);
  });
  return notifications;
}
