/** Servers of the HTTP+SSE transport that differ, or fail. */

import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { atEnd } from "../../../fixtures/lifetime.ts";
import { listenOnLoopback } from "../../../fixtures/servers/loopback.ts";
import {
  endpointEvent,
  messageEvent,
  openStream,
  resultOf,
  type SseBehaviour,
  type SseTestServer,
  startSseServer,
} from "../../../fixtures/servers/sse-server.ts";
import {
  startTestSidecar,
  type TestSidecar,
  type TestSidecarOptions,
  until,
} from "../../../fixtures/start-sidecar.ts";

const SSE = { "upstream-transport": "sse" };

async function start(
  behaviour: SseBehaviour = {},
  options: TestSidecarOptions = { flags: SSE },
): Promise<{ server: SseTestServer; sidecar: TestSidecar }> {
  const server = await startSseServer(behaviour);
  atEnd(server.close);
  const sidecar = await startTestSidecar({ upstream: server.url, ...options });
  atEnd(sidecar.stop);
  return { server, sidecar };
}

type Headers = Readonly<Record<string, string>>;

function post({ url }: TestSidecar, message: object, headers: Headers = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
  });
}

const INITIALIZE = {
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

/** Begins a session and returns the headers that name it. */
async function begin(sidecar: TestSidecar, headers: Headers = {}): Promise<Headers> {
  const response = await post(sidecar, INITIALIZE, headers);
  expect(response.status).toBe(200);
  const session = { "mcp-session-id": response.headers.get("mcp-session-id") ?? "", ...headers };
  await post(sidecar, { method: "notifications/initialized" }, session);
  return session;
}

function call(sidecar: TestSidecar, session: Headers, id: number | string = 7): Promise<Response> {
  return post(sidecar, { id, method: "tools/call", params: { name: "run", arguments: {} } }, session);
}

describe("the revision that a client of Streamable HTTP sees", () => {
  it.each([
    // asked, agreed, seen
    ["2025-11-25", "2024-11-05", "2025-03-26"],
    ["2025-03-26", "2024-11-05", "2025-03-26"],
    ["2025-06-18", "2024-10-07", "2025-03-26"],
    ["2024-11-05", "2024-11-05", "2024-11-05"],
    ["2025-11-25", "2025-03-26", "2025-03-26"],
    ["2025-11-25", "2025-11-25", "2025-11-25"],
    ["2025-11-25", "next", "next"],
  ])("asked for %s and answered with %s, is %s", async (asked, agreed, seen) => {
    const { sidecar } = await start({ revision: agreed });
    const response = await post(sidecar, {
      ...INITIALIZE,
      params: { ...INITIALIZE.params, protocolVersion: asked },
    });
    expect(await response.text()).toContain(`"protocolVersion":"${seen}"`);
  });
});

describe("a session", () => {
  it("has a connection of its own: two with one request id stay apart", async () => {
    const { sidecar } = await start();
    const sessions = [await begin(sidecar), await begin(sidecar)];
    const texts = await Promise.all(sessions.map(async (each) => (await call(sidecar, each)).text()));
    expect(texts.map((text) => /session \d/.exec(text)?.[0])).toEqual(["session 1", "session 2"]);
    for (const text of texts) expect(text).toContain('"id":7');
  });

  it("ends with DELETE, and then closes its stream", async () => {
    const { sidecar, server } = await start();
    const session = await begin(sidecar);
    expect(server.streams.length).toBe(1);
    expect((await fetch(sidecar.url, { method: "DELETE", headers: session })).status).toBe(200);
    await until(() => server.streams.length === 0);
    expect((await call(sidecar, session)).status).toBe(404);
  });

  it("is forgotten when the server ends its stream, so that the client begins another", async () => {
    const { sidecar, server } = await start();
    const session = await begin(sidecar);
    server.streams[0]?.end();
    await until(async () => (await call(sidecar, session)).status === 404);
    expect((await call(sidecar, await begin(sidecar))).status).toBe(200);
  });

  it("is sent its client's newest token, on the stream and with each message, and not the session's id", async () => {
    const { sidecar, server } = await start();
    const session = await begin(sidecar, { authorization: "Bearer first" });
    await call(sidecar, { ...session, authorization: "Bearer second" });
    expect(server.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ["GET", "Bearer first"],
      ["POST", "Bearer first"],
      ["POST", "Bearer first"],
      ["POST", "Bearer second"],
    ]);
    expect(server.requests.some(({ headers }) => "mcp-session-id" in headers)).toBe(false);
  });

  it("delivers messages of the server that belong to no request to the client's own stream", async () => {
    const { sidecar, server } = await start();
    const session = await begin(sidecar);
    const stream = await fetch(sidecar.url, { headers: { accept: "text/event-stream", ...session } });
    server.streams[0]?.write(
      messageEvent({
        jsonrpc: "2.0",
        method: "notifications/message",
        params: { level: "info", data: "hello" },
      }),
    );
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('"hello"');
    await reader?.cancel();
  });

  it("keeps a notification before the requests that follow it, however slowly the server takes it", async () => {
    const order: string[] = [];
    const { sidecar } = await start({
      onMessage: (message, response, stream) => {
        const isNotice = message.id === undefined;
        setTimeout(
          () => {
            order.push(message.method ?? "");
            response.writeHead(202).end();
            if (!isNotice) stream?.write(messageEvent(resultOf(message, 1)));
          },
          isNotice ? 50 : 0,
        );
      },
    });
    const session = await begin(sidecar);
    await post(sidecar, { method: "notifications/roots/list_changed" }, session);
    await call(sidecar, session);
    expect(order).toEqual(["notifications/initialized", "notifications/roots/list_changed", "tools/call"]);
  });
});

/** A server that names this endpoint. */
function named(reference: string): SseBehaviour {
  return { onStream: (response) => openStream(response, endpointEvent(reference)) };
}

describe("the endpoint that the server names", () => {
  it.each(["/messages/?session=1", "messages?session=1", "./messages?session=1", "?x=1&session=1"])(
    "may be relative: %s",
    async (reference) => {
      const { sidecar, server } = await start(named(reference));
      await post(sidecar, INITIALIZE).catch(() => undefined);
      expect(server.requests.find(({ method }) => method === "POST")?.url).toBe(
        new URL(reference, server.url).href.replace(new URL(server.url).origin, ""),
      );
    },
    5_000,
  );

  it.each([
    "http://127.0.0.1:1/messages",
    "//127.0.0.1:1/messages",
    "https://127.0.0.1/messages",
    "http://[",
  ])("must not be at another server: %s", async (reference) => {
    const { sidecar, server } = await start(named(reference));
    const response = await post(sidecar, INITIALIZE);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('"id":1');
    expect(server.requests.length).toBe(1);
  });

  it("arrives in pieces, with CRLF and comments around it", async () => {
    const event = ": hello\r\n\r\nevent: endpoint\r\ndata: /messages?session=1\r\n\r\n";
    const { sidecar } = await start({
      onStream: (response) => {
        openStream(response, event.slice(0, 25));
        setImmediate(() => response.write(event.slice(25)));
      },
    });
    expect((await call(sidecar, await begin(sidecar))).status).toBe(200);
  });
});

describe("a client gets an error under its id", () => {
  it("when the server ends the stream within a call", async () => {
    const { sidecar } = await start({
      onMessage: (message, response, stream) => {
        response.writeHead(202).end();
        if (message.id !== undefined) stream?.destroy();
      },
    });
    const response = await call(sidecar, await begin(sidecar));
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('"id":7');
  });

  it("when an event is longer than may be read", async () => {
    const { sidecar } = await start(
      {
        onMessage: (message, response, stream) => {
          response.writeHead(202).end();
          const result = { content: [{ type: "text", text: "x".repeat(10_000) }] };
          if (message.id !== undefined)
            stream?.write(messageEvent({ jsonrpc: "2.0", id: message.id, result }));
        },
      },
      { flags: SSE, bounds: { listBytes: 5_000 } },
    );
    const response = await call(sidecar, await begin(sidecar));
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(/"id":7.*too long/);
  });

  it("when the server names no endpoint in time", async () => {
    const { sidecar } = await start(
      { onStream: (response) => openStream(response, ": nothing\n\n") },
      { flags: SSE, bounds: { upstreamConnectMs: 50 } },
    );
    const response = await post(sidecar, INITIALIZE);
    expect(response.status).toBe(504);
    expect(await response.text()).toContain('"id":1');
  });

  it("when nothing listens at the address", async () => {
    const { sidecar, server } = await start();
    await server.close();
    expect((await post(sidecar, INITIALIZE)).status).toBe(502);
  });

  it("when the stream is no event stream", async () => {
    const { sidecar } = await start({
      onStream: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>hello"),
    });
    expect((await post(sidecar, INITIALIZE)).status).toBe(502);
  });
});

describe("the server's own refusal reaches the client", () => {
  it("with its status and challenge, when the stream needs a token", async () => {
    const { sidecar } = await start({
      onStream: (response) => response.writeHead(401, { "www-authenticate": "Bearer realm=x" }).end(),
    });
    const response = await post(sidecar, INITIALIZE);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer realm=x");
  });

  it("with its status, when it takes a message no more", async () => {
    const { sidecar } = await start({ onMessage: (_message, response) => response.writeHead(403).end() });
    expect((await call(sidecar, await begin(sidecar))).status).toBe(403);
  });
});

describe("the transport of a server is found out", () => {
  it("by its refusal of `initialize`, once for all sessions", async () => {
    const { sidecar, server } = await start({}, {});
    await begin(sidecar);
    await begin(sidecar);
    expect(server.requests.filter(({ url, method }) => url === "/sse" && method === "POST").length).toBe(1);
  });

  it("and a server that speaks neither is forwarded as it answers", async () => {
    const web = createServer((_request, response) =>
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not here"}'),
    );
    const { origin, close } = await listenOnLoopback(web, 0);
    atEnd(close);
    const sidecar = await startTestSidecar({ upstream: `${origin}/elsewhere` });
    atEnd(sidecar.stop);
    const direct = await fetch(`${origin}/elsewhere`, { method: "POST" });
    expect((await post(sidecar, INITIALIZE)).status).toBe(direct.status);
  });

  it("and a client with a session from before a restart must begin another", async () => {
    const { sidecar } = await start({}, {});
    expect((await call(sidecar, { "mcp-session-id": "of-a-former-process" })).status).toBe(404);
    expect((await call(sidecar, await begin(sidecar))).status).toBe(200);
  });

  it("and a client that leaves while it is found out leaves no stream behind", async () => {
    let opened: Promise<unknown> | undefined;
    const { sidecar, server } = await start(
      { onStream: (response) => void (opened = once(response, "close")) },
      {},
    );
    const abort = new AbortController();
    const request = fetch(sidecar.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", ...INITIALIZE }),
      signal: abort.signal,
    }).catch(() => undefined);
    await until(() => opened !== undefined);
    abort.abort();
    await Promise.all([request, opened]);
    expect(server.streams).toEqual([]);
  });
});
