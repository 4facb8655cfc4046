/** The client of `@ai-sdk/mcp`. It has no ping, no progress and no log messages. */

import type { Json } from "../plan.ts";
import { packageModule } from "./packages.ts";
import { CLIENT_INFO, runSteps, type Target, USER_ANSWER, type ZooClient } from "./run-steps.ts";

interface AiSdk {
  readonly ElicitationRequestSchema: unknown;
  createMCPClient(config: object): Promise<AiClient>;
}

interface AiClient {
  readonly initializeResult: Json;
  listTools(): Promise<unknown>;
  tools(): Promise<Readonly<Record<string, AiTool>>>;
  callTool(params: object): Promise<unknown>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(params: object): Promise<unknown>;
  listPrompts(): Promise<unknown>;
  getPrompt(params: object): Promise<unknown>;
  complete(params: object): Promise<unknown>;
  onElicitationRequest(schema: unknown, handler: () => object): void;
  close(): Promise<void>;
}

interface AiTool {
  execute(input: object, options: object): Promise<unknown>;
}

interface AiStdio {
  readonly Experimental_StdioMCPTransport: new (config: object) => object;
}

await runSteps(connect);

async function connect(target: Target): Promise<ZooClient> {
  const { createMCPClient, ElicitationRequestSchema } =
    await packageModule<AiSdk>("@ai-sdk/mcp/dist/index.js");
  const client = await createMCPClient({
    transport: await transportTo(target),
    clientName: CLIENT_INFO.name,
    version: CLIENT_INFO.version,
    capabilities: { elicitation: {} },
    protocolVersionDiscovery: target.isLegacy !== true,
  });
  client.onElicitationRequest(ElicitationRequestSchema, () => USER_ANSWER);
  // An agent has the tools in this form.
  const tools = await client.tools();
  return {
    logs: [],
    can: ["elicitation"],
    initialized: client.initializeResult,
    tools: () => client.listTools(),
    call: (name, input = {}) =>
      tools[name]?.execute(input, { toolCallId: "1", messages: [] }) ??
      client.callTool({ name, arguments: input }),
    resources: () => client.listResources(),
    templates: () => client.listResourceTemplates(),
    read: (uri) => client.readResource({ uri }),
    prompts: () => client.listPrompts(),
    prompt: (name, input) => client.getPrompt({ name, arguments: input }),
    complete: (name, argument, value) =>
      client.complete({ ref: { type: "ref/prompt", name }, argument: { name: argument, value } }),
    close: () => client.close(),
  };
}

async function transportTo({ http, sse, stdio }: Target): Promise<object> {
  if (http !== undefined) return { type: "http", url: http };
  if (sse !== undefined) return { type: "sse", url: sse };
  const [command, ...args] = stdio ?? [];
  const { Experimental_StdioMCPTransport } = await packageModule<AiStdio>(
    "@ai-sdk/mcp/dist/mcp-stdio/index.js",
  );
  const transport = new Experimental_StdioMCPTransport({ command, args, stderr: "ignore" });
  // Else it takes a server for an older one that does not answer `server/discover` within a second, which is less than some need to start.
  return Object.assign(transport, { waitsForProtocolVersionDiscovery: true });
}
