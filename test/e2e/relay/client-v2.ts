/** The client of `@modelcontextprotocol/client` 2.x, which speaks either era. */

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { textOf } from "./content.ts";
import type { RelayClient } from "./relay-client.ts";
import { CLIENT_INFO, MODEL_ANSWER, USER_ANSWER } from "./relay-client.ts";

export interface ClientV2 extends RelayClient {
  readonly sdk: Client;
}

/** `auto` asks the server first; `legacy` does not. */
export function connectV2(url: string, mode: "auto" | "legacy"): Promise<ClientV2> {
  return connectV2Over(new StreamableHTTPClientTransport(new URL(url)), mode);
}

export async function connectV2Over(
  transport: Parameters<Client["connect"]>[0],
  mode: "auto" | "legacy",
): Promise<ClientV2> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const sdk = new Client(CLIENT_INFO, { capabilities, versionNegotiation: { mode } });
  const notifications = answerAndRecord(sdk);
  await sdk.connect(transport);
  return {
    sdk,
    notifications,
    listTools: async () => (await sdk.listTools()).tools.map((tool) => tool.name),
    call: async (name, input = {}, { signal, onProgress } = {}) => {
      const onprogress = onProgress && (({ progress }: { progress: number }) => onProgress(progress));
      const options = { ...(signal && { signal }), ...(onprogress && { onprogress }) };
      return textOf((await sdk.callTool({ name, arguments: input }, options)).content);
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
  sdk.setRequestHandler("sampling/createMessage", () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: MODEL_ANSWER },
  }));
  sdk.setRequestHandler("elicitation/create", () => ({ action: "accept", content: USER_ANSWER }));
  sdk.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///work" }] }));
  sdk.setNotificationHandler("notifications/message", ({ method, params }) => {
    notifications.push(`${method} ${String(params.data)}`);
  });
  sdk.setNotificationHandler("notifications/resources/updated", ({ method, params }) => {
    notifications.push(`${method} ${params.uri}`);
  });
  for (const method of [
    "notifications/tools/list_changed",
    "notifications/resources/list_changed",
  ] as const) {
    sdk.setNotificationHandler(method, () => {
      notifications.push(method);
    });
  }
  return notifications;
}
