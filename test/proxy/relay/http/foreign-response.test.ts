import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { atEnd, serve, startSidecar } from "../../../fixtures/lifetime.ts";
import { sendEvents, sendJson } from "../../../fixtures/loopback-server.ts";
import { JSON_TYPE, post } from "../../../fixtures/post.ts";
import { type RawRequest, type RawServer, serveRaw } from "../../../fixtures/raw-server.ts";
import { AGENT_HEADER, type TestSidecar, until } from "../../../fixtures/start-sidecar.ts";

const SECRET = "of another agent";
const RESULT = { content: [{ type: "text", text: SECRET }] };
const call = (id: number | string) => ({ id, method: "tools/call", params: { name: "t", arguments: {} } });
const result = (id: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result: RESULT });
const error = (id: unknown) =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: SECRET } });
const event = (message: string) => `event: message\ndata: ${message}\n\n`;
const AGENTS = { policy: { version: "1", default: "allow" }, settings: AGENT_HEADER };

function http(body: string, type = "application/json", status = "200 OK"): string {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return `${head}\r\n\r\n${body}`;
}

/** How many connections carried calls. */
function connectionsOf({ requests }: RawServer): number {
  return new Set(
    requests.filter(({ text }) => text.includes("tools/call")).map(({ connection }) => connection),
  ).size;
}

async function rawServer(onRequest: (request: RawRequest) => void): Promise<RawServer> {
  const server = await serveRaw(onRequest);
  atEnd(server.close);
  return server;
}

describe("a response to another request", () => {
  it.each([
    ["a result", result(8), 200],
    ["an error", error(8), 200],
    ["an error beside status 400", error(8), 400],
    ["a result beside status 500", result(8), 500],
    ["a result whose id is another text", result("x"), 200],
    ["a result whose id comes last", `{"result":{"content":[]},"jsonrpc":"2.0","id":8}`, 200],
    ["a result without an id", `{"jsonrpc":"2.0","id":null,"result":{"content":[]}}`, 200],
  ])("is answered with a 502 under the client's own id when it is %s", async (_name, body, status) => {
    const { url } = await serve((_text, response) => sendJson(response, body, status));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(7));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ id: 7, error: { code: -32_603 } });
    await until(async () => (await ended(sidecar)) === 1);
  });

  it.each([
    ["the request's own id", 7, result(7), 200],
    ["the id as a number with a fraction of zero", 7, `{"jsonrpc":"2.0","id":7.0,"result":{}}`, 200],
    ["an error with the id null", 7, error(null), 400],
    ["an error without an id", 7, `{"jsonrpc":"2.0","error":{"code":-32000,"message":"x"}}`, 400],
    ["a body beyond 2xx that has an id but is no JSON-RPC", 7, `{"id":"e-1","error":"no"}`, 401],
    ["a request of the server", 7, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, 200],
  ])("is not seen in %s", async (_name, id, body, status) => {
    const { url } = await serve((_text, response) => sendJson(response, body, status));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(id));
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  });

  it.each([
    [7, "7"],
    ["7", 7],
  ])(
    "is not seen in a response whose id %o is given back as %o, which gets the request's",
    async (id, given) => {
      const { url } = await serve(result(given));
      const sidecar = await startSidecar({ upstream: url });
      expect(await (await post(sidecar.url, call(id))).text()).toBe(result(id));
    },
  );

  it("closes the connection that it arrived on", async () => {
    // Each response on a connection but the first is the one that the request before should have had.
    const last = new Map<number, string>();
    const server = await rawServer(({ socket, text, connection }) => {
      const id = /"id":(\d+)/.exec(text)?.[1] ?? "0";
      socket.write(http(result(Number(last.get(connection) ?? id))));
      last.set(connection, id);
    });
    const sidecar = await startSidecar({ upstream: server.url.href });
    const statuses: number[] = [];
    for (const id of [1, 2, 3, 4]) {
      const response = await post(sidecar.url, call(id));
      statuses.push(response.status);
      expect(await response.json()).toMatchObject({ id });
    }
    expect(statuses).toEqual([200, 502, 200, 502]);
    expect(connectionsOf(server)).toBe(2);
  });

  it("that follows the first at once is never read, nor one that comes while the connection is idle", async () => {
    const server = await rawServer(({ socket, text }) => {
      const id = Number(/"id":(\d+)/.exec(text)?.[1]);
      socket.write(http(result(id)));
      if (id === 1) socket.write(http(result(id)));
      else setTimeout(() => socket.write(http(result(id))), 20);
    });
    const sidecar = await startSidecar({ upstream: server.url.href });
    for (const id of [1, 2, 3]) {
      const response = await post(sidecar.url, call(id));
      expect(await response.json()).toMatchObject({ id, result: RESULT });
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(connectionsOf(server)).toBe(3);
  });

  it("never shows the results of one agent to others that call at once", async () => {
    const server = await rawServer(({ socket, text }) => {
      const id = Number(/"id":(\d+)/.exec(text)?.[1]);
      for (let copies = 0; copies < 2; copies += 1)
        setTimeout(() => socket.write(http(result(id))), copies * 2);
    });
    const sidecar = await startSidecar({ upstream: server.url.href });
    const ids = Array.from({ length: 200 }, (_, index) => index);
    const answered = await Promise.all(
      ids.map(async (id) => (await (await post(sidecar.url, call(id))).json()) as { id: unknown }),
    );
    expect(answered.map(({ id }) => id)).toEqual(ids);
  });

  it("that is longer than what is buffered is cut before its end", async () => {
    const long = JSON.stringify({ jsonrpc: "2.0", result: { text: "x".repeat(600_000) }, id: 8 });
    const { url } = await serve(long);
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(7));
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it("gives its session and its task to no other agent", async () => {
    const { url } = await serve((_text, response) => {
      response.setHeader("mcp-session-id", "s1");
      return result(0);
    });
    const sidecar = await startSidecar({ upstream: url, ...AGENTS });
    const initialize = { method: "initialize", params: { protocolVersion: "2025-11-25" } };
    const opened = await post(sidecar.url, { ...initialize, id: 0 }, { "x-agent-id": "alice" });
    const shifted = await post(sidecar.url, { ...initialize, id: 1 }, { "x-agent-id": "bob" });
    expect(shifted.status).toBe(502);
    expect(shifted.headers.get("mcp-session-id")).toBeNull();
    const use = { ...call(0), id: 0 };
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    expect((await post(sidecar.url, use, { "x-agent-id": "bob", ...session })).status).toBe(404);
    expect((await post(sidecar.url, use, { "x-agent-id": "alice", ...session })).status).toBe(200);
  });

  it.each([
    ["a notification", "POST", { jsonrpc: "2.0", method: "notifications/initialized" }],
    ["a response", "POST", { jsonrpc: "2.0", id: 3, result: {} }],
    ["the end of a session", "DELETE", undefined],
  ])("does not answer %s either", async (_name, method, message) => {
    const { url } = await serve((_text, response) => sendJson(response, result(8)));
    const sidecar = await startSidecar({ upstream: url });
    const body = message && JSON.stringify(message);
    const response = await fetch(sidecar.url, { method, headers: JSON_TYPE, ...(body && { body }) });
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain(SECRET);
  });
});

describe("a response to another request on the stream of a POST", () => {
  it.each([
    ["arrives whole", [event(result(8))]],
    ["arrives as an error", [event(error(8))]],
    ["carries lines of data", [`data: {"jsonrpc":"2.0","id":8,\ndata: "result":{"a":"${SECRET}"}}\n\n`]],
    ["ends its lines with CR", [`data: ${result(8)}\r\r`]],
    ["is cut off by the end of the stream", [`data: ${result(8)}\n`]],
  ])("is answered with a 502 when it %s", async (_name, events) => {
    const { url } = await serve((_text, response) => sendEvents(response, ...events));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(7));
    const text = await response.text();
    expect(text).not.toContain(SECRET);
    expect(response.status).toBe(502);
    expect(JSON.parse(text)).toMatchObject({ id: 7, error: { code: -32_603 } });
  });

  it("ends a stream that has begun with an error under the client's own id", async () => {
    const sidecar = await startSidecar({
      upstream: (await streaming([event(PROGRESS), event(result(8))])).url,
    });
    const response = await post(sidecar.url, call(7));
    const text = await response.text();
    expect(text.startsWith(event(PROGRESS))).toBe(true);
    expect(text).not.toContain(SECRET);
    expect(text).toContain(`data: {"jsonrpc":"2.0","id":7,"error":{"code":-32603`);
    await until(async () => (await ended(sidecar)) === 1);
  });

  it("is held back however its bytes are split", async () => {
    const bytes = [...`event: message\r\ndata: ${error(8)}\r\n\r\n`];
    const sidecar = await startSidecar({ upstream: (await streaming(bytes)).url });
    const text = await (await post(sidecar.url, call(7))).text();
    expect(text).not.toContain(SECRET);
    expect(text).toContain(`"id":7,"error"`);
  });

  it("is not looked for in an event of another name than `message`", async () => {
    const events = [`event: ping\ndata: ${error(8)}\n\n`, event(result(7))];
    const { url } = await serve((_text, response) => sendEvents(response, ...events));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(7));
    expect(await response.text()).toBe(events.join(""));
  });

  it("breaks the stream when it is too long to be held", async () => {
    const parts = [`data: {"jsonrpc":"2.0","result":"`, "x".repeat(400_000), `","id":8}\n\n`];
    const sidecar = await startSidecar({ upstream: (await streaming(parts)).url });
    const response = await post(sidecar.url, call(7));
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it("is refused on the stream of a filtered tools/list", async () => {
    const { url } = await serve((_text, response) => sendEvents(response, event(result(8))));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, { id: 7, method: "tools/list" });
    expect(response.status).toBe(502);
  });

  it("leaves the response before it as it was, and ends the stream", async () => {
    const { url } = await serve((_text, response) =>
      sendEvents(response, event(result("7")), event(error(8))),
    );
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, call(7));
    expect(await response.text()).toMatch(
      /^event: message\ndata: \{"jsonrpc":"2.0","id":"?7"?,"result".*\n\n\n*$/,
    );
  });
});

const PROGRESS = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`;

function streaming(parts: readonly string[]): Promise<{ url: string }> {
  return serve(async (_text, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    response.socket?.setNoDelay(true);
    for (const part of parts) {
      if (response.destroyed) return;
      if (!response.write(part)) await Promise.race([once(response, "drain"), once(response, "close")]);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    response.end();
  });
}

function ended(sidecar: TestSidecar): Promise<number> {
  return sidecar.metric("tollgate_tool_calls_total", { outcome: "upstream_error" });
}
