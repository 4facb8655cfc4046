import { describe, expect, it } from "vitest";
import { callBody, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, sendJson } from "../fixtures/loopback-server.ts";
import { post as postTo } from "../fixtures/post.ts";
import { type TestSidecar, untilReady } from "../fixtures/start-sidecar.ts";

interface Started {
  readonly guarded: IdentifiedSidecar;
  readonly issuer: Issuer;
  readonly token: string;
}

async function startWith(more: string, moreOfJwt = ""): Promise<Started> {
  const issuer = await Issuer.start();
  atEnd(() => issuer.close());
  const jwt = `jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}"${moreOfJwt} }`;
  const guarded = await startIdentifiedSidecar(`identity:\n  ${jwt}\n${more}`);
  await untilReady(guarded.sidecar);
  return { guarded, issuer, token: await issuer.token("alice") };
}

describe("a token", () => {
  it("is forwarded when the settings say so", async () => {
    const { guarded, token } = await startWith("  forward-token: true\n");
    await guarded.call({ authorization: `Bearer ${token}` });
    expect(guarded.seen.at(-1)).toMatchObject({ authorization: `Bearer ${token}` });
  });

  it("of another scheme is not forwarded", async () => {
    const { guarded } = await startWith("");
    expect((await guarded.call({ authorization: "Basic YWxpY2U6eA==" })).status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: "anonymous", source: "none", verified: false });
    expect(guarded.seen.at(-1)).not.toHaveProperty("authorization");
  });

  it("may be signed only as the settings allow", async () => {
    const { guarded, issuer } = await startWith("", ", algorithms: [ES256]");
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
    const message = { method: "tools/call", params: { name: "work", _meta: meta } };
    expect((await postTo(guarded.sidecar.url, message, { "x-verified-agent": "root" })).status).toBe(200);
    expect(guarded.sidecar.audit().at(-1)).toMatchObject({
      agent: { name: "anonymous", source: "none", verified: false },
      client: { name: "root" },
    });
    expect(guarded.seen.at(-1)).not.toHaveProperty("x-verified-agent");
  });

  it("that is bad is refused even when tokens are optional", async () => {
    const { guarded, token } = await startWith("");
    expect((await guarded.call()).status).toBe(200);
    expect((await guarded.call({ authorization: `Bearer ${token}x` })).status).toBe(401);
    expect(guarded.seen.length).toBe(1);
  });

  it("is forwarded when no identity source takes tokens", async () => {
    const guarded = await startIdentifiedSidecar("identity: {}\n");
    await guarded.call({ authorization: "Bearer x" });
    expect(guarded.seen.at(-1)).toMatchObject({ authorization: "Bearer x" });
  });
});

describe("an upstream that does OAuth itself", () => {
  const CHALLENGE = `Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/api/mcp"`;
  const DOCUMENT = `{"resource": "https://mcp.example.com/api/mcp",  "authorization_servers": []}`;
  let seen: string[];
  let sidecar: TestSidecar;

  async function start(config: string): Promise<void> {
    seen = [];
    const upstream = await serve((_body, response, { method, url, headers: { authorization = "-" } }) => {
      seen.push(`${method} ${url} ${authorization}`);
      if (url === "/.well-known/oauth-protected-resource/api/mcp") return DOCUMENT;
      if (url !== "/api/mcp") return sendJson(response, "{}", 404);
      if (authorization === "Bearer good") return EMPTY_RESULT;
      response.setHeader("www-authenticate", CHALLENGE);
      return sendJson(response, `{"error":"unauthorized"}`, 401);
    });
    sidecar = await startSidecar({ upstream: upstream.url.replace("/mcp", "/api/mcp"), config });
  }

  function post(authorization: string): Promise<Response> {
    return postTo(sidecar.url, callBody(), { authorization });
  }

  function get(path: string, method = "GET"): Promise<Response> {
    return fetch(new URL(path, sidecar.url), { method });
  }

  it("gets the token, and its 401 is passed unchanged", async () => {
    await start("identity: { passthrough: true }\n");
    const refused = await post("Bearer bad");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe(CHALLENGE);
    expect(await refused.text()).toBe(`{"error":"unauthorized"}`);
    expect((await post("Bearer good")).status).toBe(200);
    expect(seen).toEqual(["POST /api/mcp Bearer bad", "POST /api/mcp Bearer good"]);
  });

  it("serves its own protected-resource document at the well-known address", async () => {
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
