/** A server that routes by header: it executes what `Mcp-Method` and `Mcp-Name` name, whatever the body says. */

import { describe, expect, it } from "vitest";
import { serve, startSidecar as guard } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";

const DENY_DANGER = { version: "1", default: "allow", tools: { danger: { action: "deny" } } };
const RESULT = `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`;

interface Seen {
  readonly method: unknown;
  readonly name: unknown;
  readonly parameter: unknown;
}

async function start() {
  const seen: Seen[] = [];
  const { url } = await serve((_body, _response, { headers }) => {
    seen.push({
      method: headers["mcp-method"],
      name: headers["mcp-name"],
      parameter: headers["mcp-param-a"],
    });
    return RESULT;
  });
  const sidecar = await guard({ upstream: url, policy: DENY_DANGER });
  return { seen, url: sidecar.url };
}

const ROUTED = { "mcp-method": "tools/call", "mcp-name": "danger", "mcp-param-a": "500" };
const SAFE = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "safe", arguments: {} } };

describe("headers that name a denied tool", () => {
  it.each([
    ["a call of another tool", SAFE],
    ["a ping", { jsonrpc: "2.0", id: 1, method: "ping" }],
    ["a resource", { jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri: "a://b" } }],
    ["a notification", '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
  ])("are refused on a message of the older era that says otherwise: %s", async (_name, message) => {
    const { seen, url } = await start();
    const response = await post(url, message, ROUTED);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("does not agree with the message");
    expect(seen).toEqual([]);
  });

  it("are taken out of a message that has no method, and of one without a name", async () => {
    const { seen, url } = await start();
    await post(url, { jsonrpc: "2.0", id: 1, result: {} }, ROUTED);
    await post(url, { jsonrpc: "2.0", id: 1, method: "ping" }, { ...ROUTED, "mcp-method": "ping" });
    await fetch(url, { headers: { accept: "text/event-stream", ...ROUTED } });
    await fetch(url, { method: "DELETE", headers: ROUTED });
    expect(seen).toEqual([{}, { method: "ping" }, {}, {}]);
  });

  it("reach the server where they agree with the message", async () => {
    const { seen, url } = await start();
    const call = { ...SAFE, params: { name: "safe", arguments: { a: 500 } } };
    await post(url, call, { ...ROUTED, "mcp-name": "safe" });
    expect(seen).toEqual([{ method: "tools/call", name: "safe", parameter: "500" }]);
  });
});
