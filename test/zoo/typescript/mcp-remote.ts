/** `mcp-remote`, which serves a remote server over stdio, with a client of the TypeScript SDK 1.x before it. */

import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inPackages } from "./packages.ts";
import { runSteps, type Target, type ZooClient } from "./run-steps.ts";
import { connectV1 } from "./sdk-v1-client.ts";

await runSteps(connect);

async function connect({ http, sse }: Target): Promise<ZooClient> {
  const url = http ?? sse ?? "";
  // mcp-remote keeps what it learns of a sign-in in files of this folder.
  const folder = mkdtempSync(join(tmpdir(), "zoo-mcp-remote-"));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      inPackages("mcp-remote/dist/proxy.js"),
      url,
      "--transport",
      http === undefined ? "sse-only" : "http-only",
    ],
    env: { MCP_REMOTE_CONFIG_DIR: folder },
    stderr: "ignore",
  });
  const client = await connectV1(transport);
  return {
    ...client,
    close: async () => {
      await client.close();
      const signInFiles = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      rmSync(folder, { recursive: true });
      if (signInFiles.length > 0)
        throw new Error(`mcp-remote began to sign in: ${signInFiles.map(({ name }) => name).join(", ")}`);
    },
  };
}
