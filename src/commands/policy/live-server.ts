/** Asks a server for its tools: over Streamable HTTP or the stdio of a child, in the era that it speaks. */

import type { Readable } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { askModernServer } from "./modern-server.ts";
import { CLIENT_INFO, collectPages, TOOLS_PAGE } from "./tools-page.ts";

export type ServerAddress =
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "stdio"; readonly command: string; readonly args: readonly string[] };

export type ServerAnswer =
  | {
      readonly ok: true;
      readonly tools: Json;
      /** As the server calls itself. */ readonly server: string | undefined;
    }
  | { readonly ok: false; readonly problem: string };

/** A package runner may have to fetch the server first. */
const CHILD_TIMEOUT_MS = 60_000;
const HTTP_TIMEOUT_MS = 15_000;

/** Every tool that the server lists; the connection, or the child, is closed again. */
export async function askServer(address: ServerAddress): Promise<ServerAnswer> {
  if (address.kind === "stdio") return askChild(address);
  const client = new Client(CLIENT_INFO);
  try {
    await client.connect(new StreamableHTTPClientTransport(address.url), { timeout: HTTP_TIMEOUT_MS });
    return toAnswer(await listTools(client, HTTP_TIMEOUT_MS), client.getServerVersion()?.name);
  } catch (error) {
    const pages = await askModernServer(address.url, HTTP_TIMEOUT_MS);
    return pages === undefined
      ? refused(address.url.origin + address.url.pathname, error)
      : toAnswer(pages, undefined);
  } finally {
    await client.close();
  }
}

async function askChild({ command, args }: Extract<ServerAddress, { kind: "stdio" }>): Promise<ServerAnswer> {
  const client = new Client(CLIENT_INFO);
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: ownEnvironment(),
    stderr: "pipe",
  });
  const lastWords = listen(transport.stderr);
  try {
    await client.connect(transport, { timeout: CHILD_TIMEOUT_MS });
    return toAnswer(await listTools(client, CHILD_TIMEOUT_MS), client.getServerVersion()?.name);
  } catch (error) {
    const answer = refused(command, error);
    const said = lastWords();
    return answer.ok || said === "" ? answer : { ok: false, problem: `${answer.problem}; it said: ${said}` };
  } finally {
    await client.close();
  }
}

function listTools(client: Client, timeout: number): Promise<unknown[]> {
  return collectPages((params) => {
    return client.request({ method: "tools/list", params }, TOOLS_PAGE, { timeout });
  });
}

function toAnswer(tools: readonly unknown[], server: string | undefined): ServerAnswer {
  const read = readJson(JSON.stringify(tools), { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 });
  if (!read.ok) return { ok: false, problem: `the server's tools/list cannot be read: ${read.detail}` };
  return { ok: true, tools: read.value, server };
}

function refused(name: string, error: unknown): ServerAnswer {
  const why = error instanceof Error ? (causeOf(error) ?? error.message) : String(error);
  return { ok: false, problem: `${name}: the server's tools cannot be listed: ${why.trim().slice(0, 300)}` };
}

/** The reason below `fetch failed`: `ECONNREFUSED`. */
function causeOf({ cause }: Error): string | undefined {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
}

/** The child runs as if the operator had started it: servers take their credentials from the environment. */
function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const LONGEST_WORDS = 300;

/** What a child wrote to stderr last: its last line says why it ended. */
function listen(stream: unknown): () => string {
  let text = "";
  if (isReadable(stream)) {
    stream.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4 * LONGEST_WORDS);
    });
  }
  return () => (text.trim().split("\n").at(-1) ?? "").slice(0, LONGEST_WORDS);
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && "on" in stream;
}
