/** A client of `@modelcontextprotocol/sdk` 1.x with the operations of the zoo, over any of its transports. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { CLIENT_INFO, MODEL_ANSWER, ROOTS, USER_ANSWER, type ZooClient } from "./run-steps.ts";
import { CAPABILITIES, operationsOf } from "./sdk.ts";

export async function connectV1(transport: Parameters<Client["connect"]>[0]): Promise<ZooClient> {
  const sdk = new Client(CLIENT_INFO, { capabilities: CAPABILITIES });
  const logs: unknown[] = [];
  sdk.setRequestHandler(CreateMessageRequestSchema, () => MODEL_ANSWER);
  sdk.setRequestHandler(ElicitRequestSchema, () => USER_ANSWER);
  sdk.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
  sdk.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params));
  await sdk.connect(transport);
  return operationsOf(sdk, logs, (params, options) => sdk.callTool(params, CallToolResultSchema, options));
}
