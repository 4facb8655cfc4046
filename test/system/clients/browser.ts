/** A page's client of MCP, by the browser builds of both official SDKs: connects, lists the tools, calls one, and ends its session. */

import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const ABOUT = { name: "page", version: "1.0.0" };
const ECHO = { name: "echo", arguments: { message: "from a page" } };

/** The parts of a server that a page has seen. */
export interface SeenByPage {
  readonly hasSession: boolean;
  readonly tools: number;
  readonly content: unknown;
}

/** The part of a client of either SDK that the page uses. */
interface Connected {
  readonly listTools: () => Promise<{ readonly tools: readonly unknown[] }>;
  readonly callTool: (call: typeof ECHO) => Promise<Readonly<Record<string, unknown>>>;
  readonly close: () => Promise<void>;
}

interface Session {
  readonly sessionId?: string | undefined;
  readonly terminateSession: () => Promise<void>;
}

async function useV1(url: string): Promise<SeenByPage> {
  const client = new ClientV1(ABOUT);
  const transport = new TransportV1(new URL(url));
  await client.connect(transport);
  return listAndCall(client, transport);
}

async function useV2(url: string): Promise<SeenByPage> {
  const client = new ClientV2(ABOUT);
  const transport = new TransportV2(new URL(url));
  await client.connect(transport);
  return listAndCall(client, transport);
}

async function listAndCall(client: Connected, session: Session): Promise<SeenByPage> {
  const hasSession = session.sessionId !== undefined;
  const { tools } = await client.listTools();
  const result = await client.callTool(ECHO);
  await session.terminateSession();
  await client.close();
  return { hasSession, tools: tools.length, content: result["content"] };
}

Object.assign(globalThis, { clients: { "1.x": useV1, "2.x": useV2 } });
