import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EdgeSidecar,
  HOST,
  request,
  startEdgeSidecar,
  statusOf,
  validPost,
} from "../../fixtures/edge-sidecar.ts";
import { Issuer } from "../../fixtures/issuer.ts";
import { atEnd, serve, startSidecar } from "../../fixtures/lifetime.ts";

const ALLOWED = ["https://app.example.com", "null", "vscode-file://vscode-app", "http://localhost:6274"];
const REFUSED = [
  "https://evil.example",
  "https://app.example.com:8443",
  "http://app.example.com",
  "vscode-file://other",
];

let edge: EdgeSidecar;
beforeAll(async () => {
  edge = await startEdgeSidecar(
    {
      flags: { "allowed-origin": "https://app.example.com,null,vscode-file://vscode-app" },
      bounds: { messageBytes: 1024 },
      policy: {
        version: "1",
        default: "allow",
        tools: { denied: { rules: [{ name: "no", action: "deny" }] } },
      },
    },
    {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "X-Of-The-Server",
      "access-control-allow-credentials": "true",
      vary: "Accept",
    },
  );
});
afterAll(() => edge.stop());

/** The values of a response header, one for each line. */
function headerOf(response: string, name: string): string[] {
  const head = response.slice(0, response.indexOf("\r\n\r\n"));
  return [...head.matchAll(new RegExp(`^${name}: *(.*)\r?$`, "gim"))].map(([, value = ""]) => value.trim());
}

function preflight(origin: string, headers: readonly string[] = [], target = "/mcp"): string {
  const lines = [HOST, `Origin: ${origin}`, "Access-Control-Request-Method: POST", ...headers];
  return request(`OPTIONS ${target} HTTP/1.1`, lines);
}

describe("a preflight", () => {
  it.each(ALLOWED)("of the allowed origin %s is answered with what it may send", async (origin) => {
    const before = edge.upstreamSaw.length;
    const names = "content-type,mcp-protocol-version,authorization";
    const response = await edge.send(preflight(origin, [`Access-Control-Request-Headers: ${names}`]));
    expect(statusOf(response)).toBe(204);
    expect(headerOf(response, "access-control-allow-origin")).toEqual([origin]);
    expect(headerOf(response, "access-control-allow-methods")).toEqual(["GET, POST, DELETE"]);
    expect(headerOf(response, "access-control-allow-headers")).toEqual([names]);
    expect(Number(headerOf(response, "access-control-max-age")[0])).toBeGreaterThan(0);
    expect(headerOf(response, "vary")[0]).toMatch(/^Origin\b/);
    expect(edge.upstreamSaw.length).toBe(before);
  });

  it.each(REFUSED)("of the origin %s is refused without a header of CORS", async (origin) => {
    const response = await edge.send(preflight(origin));
    expect(statusOf(response)).toBe(403);
    expect(response).not.toMatch(/access-control/i);
  });

  it.each([
    ["for another path", 404, preflight("null", [], "/other")],
    ["without a method", 405, request("OPTIONS /mcp HTTP/1.1", [HOST, "Origin: null"])],
    [
      "without an origin",
      405,
      request("OPTIONS /mcp HTTP/1.1", [HOST, "Access-Control-Request-Method: POST"]),
    ],
    ["with a body", 400, preflight("null", ["Content-Length: 2"]) + "{}"],
    ["for another Host", 403, preflight("null").replace(HOST, "Host: evil.example")],
  ])("%s is refused with %d", async (_what, status, bytes) => {
    expect(statusOf(await edge.send(bytes))).toBe(status);
  });

  it("that asks for headers which are no names gets none", async () => {
    const response = await edge.send(preflight("null", ["Access-Control-Request-Headers: a(b)"]));
    expect(statusOf(response)).toBe(204);
    expect(headerOf(response, "access-control-allow-headers")).toEqual([]);
  });
});

const CALL = (name: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}"}}`;

describe("a response", () => {
  it.each([
    ["of the server", 200, validPost(["Origin: null"])],
    ["to a denied call", 200, validPost(["Origin: null"], CALL("denied"))],
    ["to bytes that are no JSON", 400, validPost(["Origin: null"], "{;")],
    ["to a message that is too large", 413, validPost(["Origin: null"], "x".repeat(2000))],
    ["to another path", 404, validPost(["Origin: null"]).replace("/mcp", "/other")],
    ["to another method", 405, request("PUT /mcp HTTP/1.1", [HOST, "Origin: null"])],
    [
      "to a GET that the server answers with no stream",
      502,
      request("GET /mcp HTTP/1.1", [HOST, "Origin: null"]),
    ],
  ])("%s may be read by an allowed origin: %d", async (_what, status, bytes) => {
    const response = await edge.send(bytes);
    expect(statusOf(response)).toBe(status);
    expect(headerOf(response, "access-control-allow-origin")).toEqual(["null"]);
    expect(headerOf(response, "access-control-expose-headers")).toEqual([
      "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After",
    ]);
    expect(headerOf(response, "vary").join(", ")).toMatch(/\bOrigin\b/);
    expect(headerOf(response, "access-control-allow-credentials")).toEqual([]);
  });

  it.each([
    ["without an origin", validPost([])],
    ["to a refused origin", validPost(["Origin: https://evil.example"])],
  ])("%s has no header of CORS, not even the server's", async (_what, bytes) => {
    expect(await edge.send(bytes)).not.toMatch(/access-control/i);
  });

  it("keeps the server's own Vary", async () => {
    expect(headerOf(await edge.send(validPost(["Origin: null"])), "vary")).toEqual(["Accept, Origin"]);
  });
});

it("lets an allowed origin read a stream, beside no header of the server's own", async () => {
  const upstream = await serve((_body, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "access-control-allow-origin": "*" });
    response.end('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
  });
  const sidecar = await startSidecar({ upstream: upstream.url });
  const response = await fetch(sidecar.url, {
    method: "POST",
    headers: { "content-type": "application/json", origin: "http://localhost:6274" },
    body: CALL("x"),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:6274");
  expect(response.headers.get("vary")).toBe("Origin");
  expect(await response.text()).toContain('"result"');
});

it("answers a preflight without a credential, and lets an allowed origin read a 401 and the metadata", async () => {
  const issuer = await Issuer.start();
  atEnd(() => issuer.close());
  const upstream = await serve();
  const config = `identity:\n  required: true\n  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}" }`;
  const { url } = await startSidecar({ upstream: upstream.url, config });
  const headers = { origin: "http://localhost:6274", "access-control-request-method": "POST" };
  const metadata = new URL("/.well-known/oauth-protected-resource/mcp", url);
  for (const target of [url, metadata])
    expect((await fetch(target, { method: "OPTIONS", headers })).status).toBe(204);
  const refused = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", origin: headers.origin },
    body: CALL("x"),
  });
  expect(refused.status).toBe(401);
  const document = await fetch(metadata, { headers: { origin: headers.origin } });
  expect(document.status).toBe(200);
  for (const response of [refused, document])
    expect(response.headers.get("access-control-allow-origin")).toBe(headers.origin);
});
