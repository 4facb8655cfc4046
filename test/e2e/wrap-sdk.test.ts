/** Official clients of both SDK generations, official servers, and a wrapped server between them. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { isRunning, openDescriptors, listProcessTree } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { MAIN, serverFile } from "../fixtures/start-wrap.ts";
import { connectV1Over } from "./relay/client-v1.ts";
import { connectV2Over } from "./relay/client-v2.ts";
import { MODEL_ANSWER, type RelayClient, USER_ANSWER } from "./relay/relay-client.ts";

const FLAGS = ["--admin", "127.0.0.1:0", "--log-level", "error"];

const folder = temporaryFolder();
const policy = temporaryFile("policy.json", {
  version: "1",
  default: "allow",
  hide: ["safe"],
  tools: { delete_all: { action: "deny" } },
});
let clients: Pick<RelayClient, "close">[] = [];
let descriptors = 0;

beforeAll(() => {
  descriptors = openDescriptors();
});

afterEach(async () => {
  const processes = listProcessTree(process.pid).filter((pid) => pid !== process.pid);
  for (const client of clients) await client.close();
  clients = [];
  await until(() => !processes.some(isRunning) && openDescriptors() <= descriptors);
});

type Connect = (command: readonly string[]) => Promise<RelayClient>;

const CLIENTS: readonly { readonly name: string; readonly connect: Connect }[] = [
  { name: "client 1.x", connect: (command) => connectV1Over(new StdioV1(parameters(command))) },
  {
    name: "client 2.x with a configured era",
    connect: (command) => connectV2Over(new StdioV2(parameters(command)), "legacy"),
  },
  {
    name: "client 2.x that detects the era",
    connect: (command) => connectV2Over(new StdioV2(parameters(command)), "auto"),
  },
];

function parameters([command = "", ...args]: readonly string[]) {
  return { command, args: [...args], stderr: "ignore" as const };
}

const wrapped = (server: readonly string[], flags: readonly string[] = []): readonly string[] => [
  process.execPath,
  MAIN,
  ...FLAGS,
  ...flags,
  "--",
  ...server,
];

/** Servers from npm, started as their packages document. */
const EVERYTHING = packaged(
  import.meta.resolve("@modelcontextprotocol/server-everything/package.json"),
  "stdio",
);
const MEMORY = packaged(import.meta.resolve("@modelcontextprotocol/server-memory/package.json"));
const FILESYSTEM = packaged(import.meta.resolve("@modelcontextprotocol/server-filesystem/package.json"));

function packaged(manifest: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, fileURLToPath(new URL("dist/index.js", manifest)), ...args];
}

describe.each(CLIENTS)("$name", ({ connect }) => {
  const open = async (command: readonly string[]): Promise<RelayClient> => {
    const client = await connect(command);
    clients.push(client);
    return client;
  };

  it("receives the same from server-everything as without Tollgate", async () => {
    const through = await open(wrapped(EVERYTHING));
    const direct = await open(EVERYTHING);
    expect(await through.listTools()).toEqual(await direct.listTools());
    expect(await through.call("get-sum", { a: 20, b: 22 })).toContain("42");
    expect(await through.call("trigger-sampling-request", { prompt: "six by nine" })).toContain(MODEL_ANSWER);
    expect(await through.call("trigger-elicitation-request")).toContain(USER_ANSWER.name);
    const seen: number[] = [];
    const onProgress = (progress: number) => seen.push(progress);
    await through.call("trigger-long-running-operation", { duration: 0.3, steps: 3 }, { onProgress });
    // A client 2.x forgets a progress that it reads together with the answer; that none is lost on the way is held elsewhere.
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([1, 2, 3].slice(0, seen.length));
  });

  it("reads back the data that it stored in server-memory", async () => {
    const client = await open(
      wrapped(MEMORY, ["--env", `MEMORY_FILE_PATH=${join(folder, `memory-${Math.random()}`)}`]),
    );
    await client.call("create_entities", {
      entities: [{ name: "ada", entityType: "person", observations: ["writes programs"] }],
    });
    expect(await client.call("search_nodes", { query: "ada" })).toContain("writes programs");
  });

  it("is denied calls and sees no hidden tool, in either era of the server", async () => {
    const client = await open(wrapped([process.execPath, serverFile("sdk-v2")], ["--policy", policy]));
    expect(await client.listTools()).toEqual(["delete_all"]);
    expect(await client.call("delete_all")).toContain("[POLICY DENIED]");
    await expect(client.call("safe")).rejects.toThrow("Unknown tool: safe");
  });
});

it("writes and reads a file through server-filesystem", async () => {
  // A client with roots would tell the server to look elsewhere.
  const client = new Client({ name: "no-roots", version: "1.0.0" });
  clients.push({ close: () => client.close() });
  await client.connect(new StdioV1(parameters(wrapped([...FILESYSTEM, folder]))));
  const path = join(folder, "note.txt");
  const content = "two lines\nof text\r\n";
  await client.callTool({ name: "write_file", arguments: { path, content } });
  const read = await client.callTool({ name: "read_text_file", arguments: { path } });
  expect(read).toMatchObject({ content: [{ text: content }] });
});
