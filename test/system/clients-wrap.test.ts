/** A client that starts the command which `tollgate clients wrap` wrote into its file reaches the real server, and `status` sees it. */

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, it } from "vitest";
import { parseJsonc } from "../../src/commands/clients/text/jsonc-tree.ts";
import { serversIn } from "../../src/commands/clients/text/servers.ts";
import { parseToml } from "../../src/commands/clients/text/toml-tree.ts";
import { atEnd, temporaryFolder } from "../fixtures/lifetime.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/main.ts");
const SERVER = join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** Only a server that hangs takes so long. */
const PATIENT = { timeout: 300_000 };

const start = promisify(execFile);

/** Runs `tollgate clients` with a home folder of its own. */
async function clients(home: string, ...argv: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  const { stdout } = await start(process.execPath, [MAIN, "clients", ...argv], { cwd: home, env });
  return stdout;
}

const FILES = {
  vscode: {
    path: ".config/Code/User/mcp.json",
    text: `{
  // started by VS Code
  "servers": {
    "everything": { "type": "stdio", "command": ${JSON.stringify(process.execPath)}, "args": [${JSON.stringify(SERVER)}, /* over pipes */ "stdio"], },
  },
}
`,
    container: "servers",
    parse: parseJsonc,
  },
  codex: {
    path: ".codex/config.toml",
    text: `[mcp_servers.everything] # over pipes
command = '${process.execPath}'
args = [
  '${SERVER}',
  "stdio", # the transport
]
`,
    container: "mcp_servers",
    parse: parseToml,
  },
} as const;

describe("a server that tollgate clients wrap has wrapped", () => {
  it.each(Object.entries(FILES))(
    "in the file of %s serves the official SDK",
    async (client, { path, text, container, parse }) => {
      const home = temporaryFolder();
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      await clients(home, "wrap", "--yes");

      const parsed = parse(readFileSync(file, "utf8"));
      const places = { containers: [[container]], plainUrl: "http" } as const;
      const [entry] = parsed.ok ? serversIn(parsed.root, places) : [];
      if (entry?.transport !== "stdio") throw new Error(`${client}: no command`);
      const transport = new StdioClientTransport({
        command: entry.command.text,
        args: entry.args.map((arg) => arg.text),
        stderr: "ignore",
      });
      const sdk = new Client({ name: "end-to-end", version: "1" });
      atEnd(() => sdk.close());
      await sdk.connect(transport, PATIENT);
      const result = await sdk.callTool(
        { name: "echo", arguments: { message: "hello" } },
        undefined,
        PATIENT,
      );
      expect(result.content).toEqual([{ type: "text", text: "Echo: hello" }]);

      const { servers } = JSON.parse(await clients(home, "status", "--format", "json"));
      expect(servers).toMatchObject([{ client, server: "everything", processes: 1, calls: 1, denied: 0 }]);
      await sdk.close();
      await clients(home, "unwrap", "--yes");
      expect(readFileSync(file, "utf8")).toBe(text);
    },
    PATIENT.timeout,
  );
});
