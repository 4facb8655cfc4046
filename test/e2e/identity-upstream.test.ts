import { afterEach, describe, expect, it } from "vitest";
import { type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";
import { callBody, JSON_TYPE } from "../fixtures/identified.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function startWith(more: string): Promise<{ guarded: IdentifiedSidecar; token: string }> {
  const issuer = await Issuer.start();
  stops.push(() => issuer.close());
  const jwt = `jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}" }`;
  const guarded = await startIdentifiedSidecar(`identity:\n  ${jwt}\n${more}`);
  stops.push(guarded.stop);
  await until(async () => (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).status === 200);
  return { guarded, token: await issuer.token("alice") };
}

describe("a token", () => {
  it("goes upstream when the settings say so for this upstream", async () => {
    const { guarded, token } = await startWith("  forward-token: true\n");
    await guarded.call({ authorization: `Bearer ${token}` });
    expect(guarded.seen.at(-1)).toMatchObject({ authorization: `Bearer ${token}` });
  });

  it("of another scheme does not go upstream either", async () => {
    const { guarded } = await startWith("");
    expect((await guarded.call({ authorization: "Basic YWxpY2U6eA==" })).status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: "anonymous", source: "none", verified: false });
    expect(guarded.seen.at(-1)).not.toHaveProperty("authorization");
  });

  it("may be signed only as the settings allow", async () => {
    const issuer = await Issuer.start();
    stops.push(() => issuer.close());
    const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}", algorithms: [ES256] }`;
    const guarded = await startIdentifiedSidecar(`identity:\n  jwt: ${jwt}\n`);
    stops.push(guarded.stop);
    await until(async () => (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).status === 200);
    const statuses = issuer.keys.map(async (key) => {
      const token = await issuer.token("alice", { key });
      return [key.alg, (await guarded.call({ authorization: `Bearer ${token}` })).status];
    });
    expect(await Promise.all(statuses)).toEqual([
      ["RS256", 401],
      ["ES256", 200],
      ["EdDSA", 401],
      ["PS256", 401],
    ]);
  });

  it("is not replaced by what a client claims about itself, nor by a header of its own", async () => {
    const { guarded } = await startWith("  upstream-header: X-Verified-Agent\n");
    const meta = { "io.modelcontextprotocol/clientInfo": { name: "root", version: "1" } };
    const params = { name: "work", _meta: meta };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    const headers = { ...JSON_TYPE, "x-verified-agent": "root" };
    expect((await fetch(guarded.sidecar.url, { method: "POST", headers, body })).status).toBe(200);
    expect(guarded.sidecar.audit().at(-1)).toMatchObject({
      agent: { name: "anonymous", source: "none", verified: false },
      client: { name: "root" },
    });
    expect(guarded.seen.at(-1)).not.toHaveProperty("x-verified-agent");
  });

  it("that is bad is refused though nobody has to show one", async () => {
    const { guarded, token } = await startWith("");
    expect((await guarded.call()).status).toBe(200);
    expect((await guarded.call({ authorization: `Bearer ${token}x` })).status).toBe(401);
    expect(guarded.seen.length).toBe(1);
  });

  it("goes upstream when no source of identity takes tokens", async () => {
    const guarded = await startIdentifiedSidecar("identity: {}\n");
    stops.push(guarded.stop);
    await guarded.call({ authorization: "Bearer x" });
    expect(guarded.seen.at(-1)).toMatchObject({ authorization: "Bearer x" });
  });
});

describe("an upstream that does OAuth itself", () => {
  const CHALLENGE = `Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/api/mcp"`;
  const DOCUMENT = `{"resource": "https://mcp.example.com/api/mcp",  "authorization_servers": []}`;
  let seen: string[];
  let upstream: LoopbackServer;
  let sidecar: TestSidecar;

  async function start(config: string): Promise<void> {
    seen = [];
    upstream = await serveOnLoopback((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
      request.resume();
      if (request.url === "/.well-known/oauth-protected-resource/api/mcp")
        return sendJson(response, DOCUMENT);
      if (request.url !== "/api/mcp") return sendJson(response, "{}", 404);
      if (request.headers.authorization === "Bearer good")
        return sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
      response.setHeader("www-authenticate", CHALLENGE);
      return sendJson(response, `{"error":"unauthorized"}`, 401);
    });
    stops.push(upstream.close);
    sidecar = await startTestSidecar({ upstream: upstream.url.replace("/mcp", "/api/mcp"), config });
    stops.push(sidecar.stop);
  }

  function post(authorization: string): Promise<Response> {
    return fetch(sidecar.url, { method: "POST", headers: { ...JSON_TYPE, authorization }, body: callBody() });
  }

  function get(path: string, method = "GET"): Promise<Response> {
    return fetch(new URL(path, sidecar.url), { method });
  }

  it("gets the token, and its 401 comes through untouched", async () => {
    await start("identity: { passthrough: true }\n");
    const refused = await post("Bearer bad");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe(CHALLENGE);
    expect(await refused.text()).toBe(`{"error":"unauthorized"}`);
    expect((await post("Bearer good")).status).toBe(200);
    expect(seen).toEqual(["POST /api/mcp Bearer bad", "POST /api/mcp Bearer good"]);
  });

  it("says itself who issues its tokens, at its well-known address", async () => {
    await start("identity: { passthrough: true }\n");
    const suffixed = await get("/.well-known/oauth-protected-resource/mcp");
    expect([suffixed.status, await suffixed.text()]).toEqual([200, DOCUMENT]);
    expect((await get("/.well-known/oauth-protected-resource")).status).toBe(404);
    expect(seen).toEqual([
      "GET /.well-known/oauth-protected-resource/api/mcp -",
      "GET /.well-known/oauth-protected-resource -",
    ]);
  });

  it.each([
    ["/.well-known/oauth-protected-resource/api/mcp", "GET"],
    ["/.well-known/oauth-protected-resource/mcp/", "GET"],
    ["/.well-known/oauth-protected-resource/mcp?x=1", "GET"],
    ["/.well-known/oauth-protected-resource/../api/mcp", "GET"],
    ["/.well-known/oauth-protected-resource/mcp", "POST"],
    ["/.well-known/oauth-protected-resource", "DELETE"],
    ["/.well-known/oauth-authorization-server", "GET"],
    ["/.well-known/openid-configuration", "GET"],
  ])("is not reached at any other address (%s by %s)", async (path, method) => {
    await start("identity: { passthrough: true }\n");
    expect([404, 405]).toContain((await get(path, method)).status);
    expect(seen).toEqual([]);
  });

  it("is not asked for its document without passthrough", async () => {
    await start("identity: {}\n");
    expect((await get("/.well-known/oauth-protected-resource")).status).toBe(404);
    expect(seen).toEqual([]);
  });
});
