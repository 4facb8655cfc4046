/** Arguments held against the schemas of a server: over HTTP, of a wrapped server, and of one behind the bridge. */

import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { INITIALIZE } from "../fixtures/bridge.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { post, postForText } from "../fixtures/post.ts";
import { WrapClient } from "../fixtures/start-wrap.ts";

const SCHEMA = {
  type: "object",
  properties: { force: { type: "boolean" }, count: { type: "integer", maximum: 9_007_199_254_740_992 } },
  required: ["force"],
};
const TOOLS = [
  { name: "delete", inputSchema: SCHEMA },
  { name: "far", inputSchema: { properties: { a: { $ref: "https://a.example/b.json" } } } },
];
const VALIDATE = { version: "1", default: "allow", arguments: "validate" };

async function start(policy: object) {
  const executed: string[] = [];
  const { url } = await serve((body) => {
    const { id, method } = JSON.parse(body);
    if (method === "tools/call") executed.push(body);
    const result = method === "tools/list" ? { tools: TOOLS } : { content: [] };
    return JSON.stringify({ jsonrpc: "2.0", id, result });
  });
  const sidecar = await startSidecar({ upstream: url, policy });
  const list = () => postForText(sidecar.url, { method: "tools/list" });
  /** The text of the denial, or "passed". */
  const call = async (args: string, tool = "delete") => {
    const message = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
    const { result } = JSON.parse(await (await post(sidecar.url, message)).text());
    return result.isError === true ? String(result.content[0].text) : "passed";
  };
  return { executed, sidecar, list, call };
}

describe("a server over HTTP", () => {
  it("never receives arguments that its schema does not allow, and the agent reads why", async () => {
    const { executed, sidecar, list, call } = await start(VALIDATE);
    await list();
    expect(await call(`{"force":"true"}`)).toBe(
      "[POLICY DENIED] the arguments do not fit the tool's input schema: args.force must be a boolean, got a string. Rule: /arguments. Correct this, and make the call again; the same call will be denied again.",
    );
    for (const args of ["{}", `{"force":1}`, `{"force":null}`, `{"force":true,"count":9007199254740993}`]) {
      expect(await call(args)).toContain("[POLICY DENIED] the arguments do not fit");
    }
    expect(await call("{}", "far")).toContain("the tool's input schema cannot be compiled");
    expect(executed).toEqual([]);
    expect(await call(`{"force":true,"count":9007199254740992}`)).toBe("passed");
    const labels = { tool: "delete", cause: "invalid", check: "validate" };
    expect(await sidecar.metric("tollgate_arguments_invalid_total", labels)).toBe(5);
    expect(await sidecar.metric("tollgate_tool_denials_total", { reason: "arguments_invalid" })).toBe(6);
  });

  it("receives no call before it has listed its tools, and all that fit afterwards", async () => {
    const { executed, list, call } = await start(VALIDATE);
    expect(await call(`{"force":true}`)).toContain("send tools/list, then make the same call again");
    expect(executed).toEqual([]);
    await list();
    expect(await call(`{"force":true}`)).toBe("passed");
  });

  it("receives everything by default, and what does not fit is counted", async () => {
    const { sidecar, list, call } = await start({ version: "1", default: "allow" });
    await list();
    expect(await call(`{"force":"true"}`)).toBe("passed");
    const labels = { tool: "delete", cause: "invalid", check: "observe" };
    expect(await sidecar.metric("tollgate_arguments_invalid_total", labels)).toBe(1);
    expect(await sidecar.metric("tollgate_tool_denials_total")).toBe(0);
  });
});

const EVERYTHING = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);

describe("server-everything", () => {
  it("is held to its schemas when it is wrapped", async () => {
    const policy = temporaryFile("policy.json", JSON.stringify(VALIDATE));
    const client = new WrapClient({
      server: [process.execPath, EVERYTHING, "stdio"],
      flags: ["--policy", policy],
    });
    onTestFinished(async () => void (await client.close()));
    const { params } = INITIALIZE as { readonly params: object };
    await client.ask(1, "initialize", params);
    client.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    const unknown = await client.call(2, "get-sum", { a: 1, b: 2 });
    expect(unknown.result?.content?.[0]?.text).toContain("send tools/list");
    await client.ask(3, "tools/list");
    const wrong = await client.call(4, "get-sum", { a: "1", b: 2 });
    expect(wrong.result?.content?.[0]?.text).toContain("args.a must be a number, got a string");
    const right = await client.call(5, "get-sum", { a: 1, b: 2 });
    expect(right.result?.content?.[0]?.text).toContain("3");
    const logged = await client.logged("the arguments of a tool cannot be checked");
    expect(logged).toMatchObject({ tool: "get-sum", cause: "schema_unknown", check: "validate" });
  });

  it("is held to its schemas behind the bridge", async () => {
    const sidecar = await startSidecar({
      command: [process.execPath, EVERYTHING, "stdio"],
      policy: VALIDATE,
    });
    const accept = { accept: "application/json, text/event-stream" };
    const opened = await post(sidecar.url, INITIALIZE, accept);
    await opened.text();
    const headers = { ...accept, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    await post(sidecar.url, { id: undefined, method: "notifications/initialized" }, headers);
    await (await post(sidecar.url, { method: "tools/list" }, headers)).text();
    const call = async (args: object) => {
      const message = { method: "tools/call", params: { name: "get-sum", arguments: args } };
      return (await post(sidecar.url, message, headers)).text();
    };
    expect(await call({ a: true, b: 2 })).toContain("args.a must be a number, got a boolean");
    expect(await call({ a: 1, b: 2 })).toContain("The sum of 1 and 2 is 3");
  });
});
