import { beforeAll, describe, expect, it } from "vitest";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar } from "../fixtures/start-sidecar.ts";

const LIST = `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"},{"name":"read"}]}}`;

let sidecar: TestSidecar;

beforeAll(async () => {
  const upstream = await serve((body) => (body.includes("tools/list") ? LIST : EMPTY_RESULT));
  const readers = { version: "1", default: "deny", hide: ["run"], tools: { read: {} } };
  const policy = temporaryFile("readers.json", readers);
  const agents = [
    { match: "batch-*", policy: temporaryFile("runners.json", { version: "1", default: "allow" }) },
    { match: "*-reader", policy },
    { match: "batch-reader", policy },
  ];
  sidecar = await startSidecar({ upstream: upstream.url, settings: { ...AGENT_HEADER, agents } });
});

function send(agent: string | undefined, method: string, params: object): Promise<string> {
  return postForText(sidecar.url, { method, params }, agent === undefined ? {} : { "x-agent-id": agent });
}

describe("agents' policies", () => {
  it.each([
    ["batch-nightly", "run", "content"],
    ["night-reader", "read", "content"],
    ["night-reader", "run", "Unknown tool: run"],
    ["batch-reader", "run", "content"],
    ["unbound", "read", "no policy covers this agent"],
    ["xbatch-", "read", "no policy covers this agent"],
    [undefined, "read", "no policy covers this agent"],
  ])("decide calls of %s by the first binding that matches: %s", async (agent, tool, answer) => {
    expect(await send(agent, "tools/call", { name: tool })).toContain(answer);
  });

  it.each([
    ["batch-nightly", ["run", "read"]],
    ["night-reader", ["read"]],
    ["unbound", []],
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
    await send("unbound", "tools/call", { name: "read" });
    expect(sidecar.audit().at(-1)).toMatchObject({
      effect: "deny",
      reason: "no_policy",
      rule: "(no policy)",
    });
  });
});
