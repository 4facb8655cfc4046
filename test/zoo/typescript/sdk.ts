/** The operations of the TypeScript SDK of either version: their clients have methods of the same names. */

import type { Json } from "../plan.ts";
import type { CallOptions, ZooClient } from "./run-steps.ts";

/** The methods of either client that take the same and return what a transcript can hold. */
export interface SdkClient {
  getServerVersion(): unknown;
  getServerCapabilities(): unknown;
  getInstructions(): unknown;
  ping(): Promise<unknown>;
  listTools(): Promise<unknown>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  listPrompts(): Promise<unknown>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<unknown>;
  complete(params: CompleteParams): Promise<unknown>;
  setLoggingLevel(level: "info"): Promise<unknown>;
  close(): Promise<void>;
}

interface CompleteParams {
  readonly ref: { readonly type: "ref/prompt"; readonly name: string };
  readonly argument: { readonly name: string; readonly value: string };
}

export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: {} };

/** Options of one call in the words of the SDK. */
export interface SdkCallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: object) => void;
}

/** The operations of a connected client. `logs` is filled by the client's own handler. */
export function operationsOf(
  sdk: SdkClient,
  logs: unknown[],
  callTool: (
    params: { name: string; arguments?: Record<string, unknown> },
    options: SdkCallOptions,
  ) => Promise<unknown>,
): ZooClient {
  return {
    logs,
    can: ["sampling", "elicitation", "roots", "cancel", "progress"],
    initialized: initializedBy(sdk),
    ping: () => sdk.ping(),
    tools: () => sdk.listTools(),
    call: (name, input, options) =>
      callTool({ name, ...(input && { arguments: input }) }, sdkOptions(options)),
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

/** The server as the client knows it. */
export function initializedBy(sdk: SdkClient): Json {
  return {
    server: sdk.getServerVersion(),
    capabilities: sdk.getServerCapabilities(),
    instructions: sdk.getInstructions(),
  };
}

function sdkOptions({ signal, onProgress }: CallOptions): SdkCallOptions {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onprogress: (progress) => onProgress({ ...progress }) }),
  };
}
