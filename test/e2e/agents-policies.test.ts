import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

let folder: string;
let upstream: LoopbackServer;
let sidecar: TestSidecar;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-agents-"));
  const write = (name: string, policy: object): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ version: "1", ...policy }));
    return file;
  };
  upstream = await serveOnLoopback((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const result = text.includes("tools/list")
        ? `{"tools":[{"name":"run"},{"name":"read"}]}`
        : `{"content":[]}`;
      sendJson(response, `{"jsonrpc":"2.0","id":1,"result":${result}}`);
    });
  });
  const readers = write("readers.json", { default: "deny", hide: ["run"], tools: { read: {} } });
  const runners = write("runners.json", { default: "allow" });
  sidecar = await startTestSidecar({
    upstream: upstream.url,
    settings: {
      identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } },
      agents: [
        { match: "batch-*", policy: runners },
        { match: "*-reader", policy: readers },
        { match: "batch-reader", policy: readers },
      ],
    },
  });
});
afterAll(async () => {
  await sidecar.stop();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(agent: string | undefined, method: string, params: object): Promise<string> {
  const headers = { "content-type": "application/json", ...(agent !== undefined && { "x-agent-id": agent }) };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  return (await fetch(sidecar.url, { method: "POST", headers, body })).text();
}

describe("agents' policies", () => {
  it.each([
    ["batch-nightly", "run", "content"],
    ["night-reader", "read", "content"],
    ["night-reader", "run", "Unknown tool: run"],
    ["batch-reader", "run", "content"],
    ["stranger", "read", "no policy covers this agent"],
    ["xbatch-", "read", "no policy covers this agent"],
    [undefined, "read", "no policy covers this agent"],
  ])("judge %s by the first binding that matches: %s", async (agent, tool, said) => {
    expect(await send(agent, "tools/call", { name: tool })).toContain(said);
  });

  it.each([
    ["batch-nightly", ["run", "read"]],
    ["night-reader", ["read"]],
    ["stranger", []],
  ])("show %s its own tools", async (agent, names) => {
    const list = JSON.parse(await send(agent, "tools/list", {})) as { result: { tools: { name: string }[] } };
    expect(list.result.tools.map(({ name }) => name)).toEqual(names);
  });

  it("are not chosen by what a client claims about itself", async () => {
    const claim = {
      _meta: { "io.modelcontextprotocol/clientInfo": { name: "batch-nightly", version: "1" } },
    };
    expect(await send(undefined, "tools/call", { name: "run", ...claim })).toContain(
      "no policy covers this agent",
    );
  });

  it("are recorded as the reason of a denial", async () => {
    await send("stranger", "tools/call", { name: "read" });
    expect(sidecar.audit().at(-1)).toMatchObject({
      effect: "deny",
      reason: "no_policy",
      rule: "(no policy)",
    });
  });
});
