/** Lists the tools of a server over Streamable HTTP or stdio, in the protocol revision that it supports. */

import type { Readable } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { listModernTools } from "./modern-server.ts";
import { CLIENT_INFO, collectPages, TOOLS_PAGE } from "./tools-page.ts";

/** A server at a URL, or a command that starts one on stdio. */
export type ServerAddress =
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "stdio"; readonly command: string; readonly args: readonly string[] };

export type ServerTools =
  | {
      readonly ok: true;
      readonly tools: Json;
      /** The server's name in its `serverInfo`; undefined in the modern revision. */
      readonly server: string | undefined;
    }
  | { readonly ok: false; readonly problem: string };

/** Long, since a package runner may have to download the server first. */
const CHILD_TIMEOUT_MS = 60_000;
const HTTP_TIMEOUT_MS = 15_000;

/** All tools that the server lists; closes the connection or the child process. */
export async function listServerTools(address: ServerAddress): Promise<ServerTools> {
  if (address.kind === "stdio") return listChildTools(address);
  const client = new Client(CLIENT_INFO);
  try {
    await client.connect(new StreamableHTTPClientTransport(address.url), { timeout: HTTP_TIMEOUT_MS });
    return toServerTools(await listTools(client, HTTP_TIMEOUT_MS), client.getServerVersion()?.name);
  } catch (error) {
    const pages = await listModernTools(address.url, HTTP_TIMEOUT_MS);
    return pages === undefined
      ? listFailure(address.url.origin + address.url.pathname, error)
      : toServerTools(pages, undefined);
  } finally {
    await client.close();
  }
}

async function listChildTools({
  command,
  args,
}: Extract<ServerAddress, { kind: "stdio" }>): Promise<ServerTools> {
  const client = new Client(CLIENT_INFO);
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: ownEnvironment(),
    stderr: "pipe",
  });
  const lastStderrLine = keepLastLine(transport.stderr);
  try {
    await client.connect(transport, { timeout: CHILD_TIMEOUT_MS });
    return toServerTools(await listTools(client, CHILD_TIMEOUT_MS), client.getServerVersion()?.name);
  } catch (error) {
    const failure = listFailure(command, error);
    const lastLine = lastStderrLine();
    return lastLine === ""
      ? failure
      : { ok: false, problem: `${failure.problem}; its stderr ends with: ${lastLine}` };
  } finally {
    await client.close();
  }
}

function listTools(client: Client, timeout: number): Promise<unknown[]> {
  return collectPages((params) => {
    return client.request({ method: "tools/list", params }, TOOLS_PAGE, { timeout });
  });
}

function toServerTools(tools: readonly unknown[], server: string | undefined): ServerTools {
  const read = readJson(JSON.stringify(tools), { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 });
  if (!read.ok) return { ok: false, problem: `the server's tools/list cannot be read: ${read.detail}` };
  return { ok: true, tools: read.value, server };
}

function listFailure(name: string, error: unknown): Extract<ServerTools, { ok: false }> {
  const why = error instanceof Error ? (causeOf(error) ?? error.message) : String(error);
  return { ok: false, problem: `${name}: the server's tools cannot be listed: ${why.trim().slice(0, 300)}` };
}

/** The error code of the cause, such as `ECONNREFUSED` below `fetch failed`. */
function causeOf({ cause }: Error): string | undefined {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
}

/** The child inherits the environment of the operator, since servers read credentials from it. */
function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const MAX_STDERR_LENGTH = 300;

/** Returns a function that gives the last line of stderr, which often says why the child ended. */
function keepLastLine(stream: unknown): () => string {
  let text = "";
  if (isReadable(stream)) {
    stream.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4 * MAX_STDERR_LENGTH);
    });
  }
  return () => (text.trim().split("\n").at(-1) ?? "").slice(0, MAX_STDERR_LENGTH);
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && "on" in stream;
}
