/** The client of `@langchain/mcp-adapters`: tools as an agent of LangChain calls them, the rest as the adapter offers it. */

import type { Json } from "../plan.ts";
import { packageModule } from "./packages.ts";
import { runSteps, type Target, type ZooClient } from "./run-steps.ts";
import { initializedBy, type SdkClient } from "./sdk.ts";

interface Adapters {
  readonly MultiServerMCPClient: new (config: object) => Adapter;
}

interface Adapter {
  getTools(): Promise<readonly AgentTool[]>;
  /** The connection, a client of the TypeScript SDK 1.x. */
  getClient(server: string): Promise<SdkClient & { callTool(params: object): Promise<unknown> }>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(server: string, uri: string): Promise<unknown>;
  setLoggingLevel(level: string): Promise<unknown>;
  close(): Promise<void>;
}

interface AgentTool {
  readonly name: string;
  readonly description: string;
  readonly schema: unknown;
  readonly metadata: unknown;
  invoke(call: object, config: object): Promise<Answer>;
}

interface Answer {
  readonly content: unknown;
  readonly artifact: unknown;
  readonly status: unknown;
}

const SERVER = "zoo";

await runSteps(connect);

async function connect(target: Target): Promise<ZooClient> {
  const { MultiServerMCPClient } = await packageModule<Adapters>("@langchain/mcp-adapters/dist/index.js");
  const logs: unknown[] = [];
  let onProgress: ((progress: Json) => void) | undefined;
  const adapter = new MultiServerMCPClient({
    mcpServers: { [SERVER]: connectionTo(target) },
    onMessage: (message: unknown) => void logs.push(message),
    onProgress: ({ progress, total, message }: Json) => onProgress?.({ progress, total, message }),
  });
  const tools = await adapter.getTools();
  const connection = await adapter.getClient(SERVER);
  return {
    logs,
    can: ["cancel", "progress"],
    initialized: initializedBy(connection),
    ping: () => connection.ping(),
    tools: async () =>
      tools.map(({ name, description, schema, metadata }) => ({ name, description, schema, metadata })),
    call: async (name, input = {}, options) => {
      onProgress = options.onProgress;
      const tool = tools.find((candidate) => candidate.name === name);
      if (tool === undefined) return connection.callTool({ name, arguments: input });
      const call = { type: "tool_call", id: "1", name, args: input };
      const { content, artifact, status } = await tool.invoke(
        call,
        options.signal ? { signal: options.signal } : {},
      );
      return { content, artifact, status };
    },
    resources: () => adapter.listResources(),
    templates: () => adapter.listResourceTemplates(),
    read: (uri) => adapter.readResource(SERVER, uri),
    prompts: () => connection.listPrompts(),
    prompt: (name, input) => connection.getPrompt({ name, arguments: input as Record<string, string> }),
    complete: (name, argument, value) =>
      connection.complete({ ref: { type: "ref/prompt", name }, argument: { name: argument, value } }),
    level: (level) => adapter.setLoggingLevel(level),
    close: () => adapter.close(),
  };
}

function connectionTo({ http, sse, stdio }: Target): object {
  if (http !== undefined) return { transport: "http", url: http, automaticSSEFallback: false };
  if (sse !== undefined) return { transport: "sse", url: sse };
  const [command, ...args] = stdio ?? [];
  return { transport: "stdio", command, args, stderr: "ignore" };
}
