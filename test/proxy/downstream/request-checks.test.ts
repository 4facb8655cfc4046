import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BODY,
  bodyOf,
  type EdgeSidecar,
  HOST,
  LENGTH,
  post,
  request,
  startEdgeSidecar,
  statusOf,
  TYPE,
} from "../../fixtures/edge-sidecar.ts";

let edge: EdgeSidecar;
beforeAll(async () => {
  edge = await startEdgeSidecar({
    settings: { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } },
    bounds: { messageBytes: 1024, requestMs: 300 },
    flags: { "allowed-host": "mcp.example.com", "allowed-origin": "https://app.example.com" },
  });
});
afterAll(() => edge.stop());

/** Bytes that are not JSON get the code for a parse error; every other refusal gets the code for an invalid request. */
function codeOf(cause: string): number {
  return cause === "syntax" ? -32_700 : -32_600;
}

describe("HTTP edge", () => {
  it.each([
    ["another path", request("POST /mcp/x HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["two slashes at the end", request("POST /mcp// HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["two slashes before it", request("POST //mcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["the path in a query", request("POST /?/mcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["an escaped query", request("POST /mcp%3Fx HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["another case", request("POST /MCP HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["an escaped path", request("POST /%6dcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["a dotted path", request("POST /x/../mcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["an absolute target", request("POST http://evil/mcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 404, "path"],
    ["PUT", request("PUT /mcp HTTP/1.1", [HOST, TYPE, LENGTH], BODY), 405, "method"],
    ["OPTIONS", request("OPTIONS /mcp HTTP/1.1", [HOST]), 405, "method"],
    ["HEAD", request("HEAD /mcp HTTP/1.1", [HOST]), 405, "method"],
    ["CONNECT", request("CONNECT /mcp HTTP/1.1", [HOST]), 405, "method"],
    ["CONNECT with a host", request("CONNECT other.example:443 HTTP/1.1", [HOST]), 405, "method"],
    ["an unknown expectation", post([HOST, TYPE, LENGTH, "Expect: 200-ok"]), 417, "header"],
    ["no Host", post([TYPE, LENGTH]), 403, "host"],
    ["an unknown Host", post(["Host: evil.example.com", TYPE, LENGTH]), 403, "host"],
    ["a Host that begins like a known one", post(["Host: localhost.evil.com", TYPE, LENGTH]), 403, "host"],
    ["a Host with a user", post(["Host: localhost@evil.com", TYPE, LENGTH]), 403, "host"],
    ["two Hosts", post([HOST, "Host: evil.com", TYPE, LENGTH]), 400, "header"],
    ["a foreign Origin", post([HOST, "Origin: https://evil.com", TYPE, LENGTH]), 403, "origin"],
    ["Origin null", post([HOST, "Origin: null", TYPE, LENGTH]), 403, "origin"],
    ["text/plain", post([HOST, "Content-Type: text/plain", LENGTH]), 415, "content_type"],
    ["no Content-Type", post([HOST, LENGTH]), 415, "content_type"],
    ["utf-16", post([HOST, "Content-Type: application/json; charset=utf-16", LENGTH]), 415, "content_type"],
    ["utf-80", post([HOST, "Content-Type: application/json; charset=utf-80", LENGTH]), 415, "content_type"],
    ["another type after it", post([HOST, `${TYPE}, text/plain`, LENGTH]), 415, "content_type"],
    ["two charsets", post([HOST, `${TYPE}; charset=utf-8; charset=utf-16`, LENGTH]), 415, "content_type"],
    ["half a quote", post([HOST, `${TYPE}; charset="utf-8`, LENGTH]), 415, "content_type"],
    ["JSON with parameters", post([HOST, `${TYPE}; version=1`, LENGTH]), 415, "content_type"],
    ["gzip", post([HOST, TYPE, LENGTH, "Content-Encoding: gzip"]), 415, "content_encoding"],
    ["two Content-Types", post([HOST, TYPE, TYPE, LENGTH]), 400, "header"],
    ["two Authorizations", post([HOST, TYPE, LENGTH, "Authorization: a", "Authorization: b"]), 400, "header"],
    ["two session ids", post([HOST, TYPE, LENGTH, "Mcp-Session-Id: a", "mcp-session-id: b"]), 400, "header"],
    ["two agents", post([HOST, TYPE, LENGTH, "X-Agent-Id: a", "X-Agent-Id: b"]), 400, "header"],
    ["an agent with _", post([HOST, TYPE, LENGTH, "X_Agent_Id: a"]), 400, "header"],
    ["a session id with _", post([HOST, TYPE, LENGTH, "Mcp_Session_Id: a"]), 400, "header"],
    ["a body on GET", request("GET /mcp HTTP/1.1", [HOST, LENGTH], BODY), 400, "header"],
    ["a length above the bound", post([HOST, TYPE, "Content-Length: 1025"], "{"), 413, "too_large"],
    [
      "chunks above the bound",
      post([HOST, TYPE, "Transfer-Encoding: chunked"], `800\r\n${"x".repeat(2048)}\r\n`),
      413,
      "too_large",
    ],
    ["length and chunks", post([HOST, TYPE, LENGTH, "Transfer-Encoding: chunked"]), 400, "header"],
    ["two lengths", post([HOST, TYPE, LENGTH, "Content-Length: 3"]), 400, "header"],
    ["a folded header", post([HOST, TYPE, LENGTH, "X: a", " b"]), 400, "header"],
    ["a space before the colon", post([HOST, TYPE, "Content-Length : 3"]), 400, "header"],
    ["another protocol", "\u0016\u0003\u0001\u0000", 400, "header"],
    ["a body that never ends", post([HOST, TYPE, "Content-Length: 100"], "{"), 408, "too_slow"],
    ["headers that never end", `POST /mcp HTTP/1.1\r\n${HOST}\r\n`, 408, "too_slow"],
    ["an array", post([HOST, TYPE, "Content-Length: 2"], "[]"), 400, "batch"],
    ["what is not JSON", post([HOST, TYPE, "Content-Length: 2"], "{;"), 400, "syntax"],
  ])("refuses %s, counts it once, and forwards nothing", async (_what, bytes, status, cause) => {
    const { sidecar, upstreamSaw, send } = edge;
    const refused = () => sidecar.metric("tollgate_messages_refused_total", { cause });
    const [records, count, seen] = [sidecar.audit().length, await refused(), upstreamSaw.length];
    const response = await send(bytes);
    expect(statusOf(response)).toBe(status);
    expect(sidecar.audit().slice(records)).toMatchObject([{ reason: "invalid_message" }]);
    expect(await refused()).toBe(count + 1);
    expect(upstreamSaw.length).toBe(seen);
    if (!bytes.startsWith("HEAD")) {
      expect(response).toMatch(/^content-type: application\/json\r$/im);
      expect(bodyOf(response)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: codeOf(cause) } });
    }
  });

  it.each([
    ["the loopback name", post([HOST, TYPE, LENGTH])],
    ["a port behind it", post(["Host: 127.0.0.1:8080", TYPE, LENGTH])],
    ["an allowed Host", post(["Host: MCP.example.com", TYPE, LENGTH])],
    ["an allowed Origin", post([HOST, "Origin: https://app.example.com", TYPE, LENGTH])],
    ["a loopback Origin", post([HOST, "Origin: http://localhost:6274", TYPE, LENGTH])],
  ])("serves %s", async (_what, bytes) => {
    expect(await edge.send(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json ; Charset=utf8",
    "application/json; charset=UTF8",
    'application/json; charset="utf-8"',
    'application/json; charset="UTF8"',
    "application/json; charset='utf-8'",
    "application/json; charset = utf-8",
    'application/json; charset= "utf-8"',
    "application/json;",
    "application/json; charset=utf-8;",
  ])("treats the Content-Type %s as JSON in UTF-8, and sends application/json upstream", async (type) => {
    expect(statusOf(await edge.send(post([HOST, `Content-Type: ${type}`, LENGTH])))).toBe(200);
    expect(edge.upstreamSaw.at(-1)?.headers["content-type"]).toBe("application/json");
  });

  it.each(["/mcp/", "/mcp?", "/mcp?x=1", "/mcp/?x=1", "/mcp?a=/other", "/mcp?x?y", "/mcp?api_key=secret"])(
    "takes %s for the endpoint, and sends no query upstream",
    async (target) => {
      const before = edge.upstreamSaw.length;
      const bytes = request(`POST ${target} HTTP/1.1`, [HOST, TYPE, LENGTH], BODY);
      expect(statusOf(await edge.send(bytes))).toBe(200);
      expect(edge.upstreamSaw.slice(before)).toMatchObject([{ url: "/mcp" }]);
    },
  );

  it.each([
    ["an upgrade", post([HOST, TYPE, LENGTH, "Connection: Upgrade", "Upgrade: h2c"])],
    ["a CONNECT", request("CONNECT /mcp HTTP/1.1", [HOST])],
    ["no HTTP", "\u0000\u0000"],
  ])("survives clients that disconnect before the response to %s", async (_what, bytes) => {
    for (let round = 0; round < 50; round += 1) {
      const socket = connect(edge.port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(bytes);
      socket.resetAndDestroy();
      await once(socket, "close");
    }
    expect(await edge.send(post([HOST, TYPE, LENGTH]))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ["is too slow", `POST /mcp HTTP/1.1\r\n${HOST}\r\n`],
    ["wants a CONNECT", request("CONNECT /mcp HTTP/1.1", [HOST])],
  ])("closes the connection of a client that %s and does not close it itself", async (_what, bytes) => {
    const { port } = edge;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once("end", resolve));
    // A write fails only after the other side has closed its socket.
    const writing = setInterval(() => socket.write("x"), 50);
    await closed;
    clearInterval(writing);
  });
});
