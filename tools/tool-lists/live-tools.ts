/** Starts an installed server on stdio and lists its tools with the official client. */

import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { ComparedTool } from "./compare.ts";
import { type InstalledServer, searchPath } from "./install.ts";

const ANSWER_MS = 60_000;

/** Returns all pages of tools/list. The server is stopped before this returns. */
export async function listLiveTools(server: InstalledServer, signal: AbortSignal): Promise<ComparedTool[]> {
  const { start, folder, programs } = server;
  const fill = (text: string): string => text.replaceAll("{folder}", folder);
  const given = Object.entries(start.env ?? {}).map(([name, value]) => [name, fill(value)]);
  const transport = new StdioClientTransport({
    command: join(programs, start.command),
    args: start.args.map(fill),
    // Security: pass nothing of this environment, such as credentials, to the server.
    env: { PATH: searchPath(server), HOME: folder, ...Object.fromEntries(given) },
    cwd: folder,
    stderr: "ignore",
  });
  const client = new Client({ name: "tollgate-tool-lists", version: "1.0.0" });
  const options = { signal, timeout: ANSWER_MS };
  try {
    await client.connect(transport, options);
    const tools: ComparedTool[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor }, options);
      tools.push(...page.tools.map(({ name, inputSchema }) => ({ name, inputSchema: plain(inputSchema) })));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return tools;
  } finally {
    await client.close();
  }
}

function plain(schema: {
  readonly properties?: object | undefined;
  readonly required?: readonly string[] | undefined;
}): ComparedTool["inputSchema"] {
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}));
  return { properties, required: schema.required ?? [] };
}
