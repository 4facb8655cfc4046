import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { UpstreamResponse, UpstreamExchange } from "../../../src/proxy/upstream.ts";
import { UpstreamHttp } from "../../../src/proxy/upstream/http.ts";
import { newAuthority, newCertificate } from "../../fixtures/certificates.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { PING, relayed } from "../../fixtures/messages.ts";
import { type RawRequest, type RawServer, serveRaw } from "../../fixtures/raw-server.ts";
import { until } from "../../fixtures/start-sidecar.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let server: RawServer;
let upstream: UpstreamHttp;
let onRequest: (request: RawRequest) => void;

beforeEach(async () => {
  onRequest = ({ socket }) => socket.write(OK);
  server = await serveRaw((request) => onRequest(request));
  upstream = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000, maxAgeMs: 60_000 });
});
afterEach(() => {
  upstream.close();
  server.close();
});

function post(): UpstreamExchange {
  return upstream.relay(PING, {});
}

async function bodyOf(response: UpstreamResponse): Promise<string> {
  if (response.bufferedBody !== undefined) return response.bufferedBody.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function ask(): Promise<string> {
  return bodyOf(await post().response);
}

/** The connection of each request so far. */
function usedConnections(): number[] {
  return server.requests.map(({ connection }) => connection);
}

describe("a connection", () => {
  it("carries several requests in sequence", async () => {
    expect([await ask(), await ask(), await ask()]).toEqual(["ok", "ok", "ok"]);
    expect(usedConnections()).toEqual([1, 1, 1]);
  });

  it("carries one request at a time, so concurrent requests use two connections", async () => {
    onRequest = ({ socket, connection }) => socket.write(OK.replace("ok", `${connection} `));
    const both = await Promise.all([ask(), ask()]);
    expect(both.toSorted()).toEqual(["1 ", "2 "]);
  });

  it.each([
    ["has Connection: close", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok"],
    ["has the version HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"],
    [
      "announces a close within a second",
      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok",
    ],
    ["has more bytes after its end", `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    [
      "has chunks and more bytes after its end",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil",
    ],
  ])("is not used again after a response that %s", async (_case, response) => {
    onRequest = ({ socket }) => socket.write(response);
    expect([await ask(), await ask()]).toEqual(["ok", "ok"]);
    expect(usedConnections()).toEqual([1, 2]);
  });

  it("takes no new request once it has its age, however busy it is", async () => {
    const maxAgeMs = 300;
    const aging = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000, maxAgeMs });
    const endMs = performance.now() + 4 * maxAgeMs;
    while (performance.now() < endMs) await bodyOf(await aging.relay(PING, {}).response);
    expect(new Set(usedConnections()).size).toBeGreaterThanOrEqual(4);
    expect(usedConnections().length).toBeGreaterThan(20);
    aging.close();
  });

  it("carries a response that lasts longer than its age to the end", async () => {
    onRequest = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      setTimeout(() => socket.write("k"), 200);
    };
    const aging = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000, maxAgeMs: 20 });
    const bodies = [await aging.relay(PING, {}).response, await aging.relay(PING, {}).response].map(bodyOf);
    expect(await Promise.all(bodies)).toEqual(["ok", "ok"]);
    expect(usedConnections()).toEqual([1, 2]);
    aging.close();
  });

  it("is closed when bytes arrive without a request, and those bytes are no response", async () => {
    await Promise.all([ask(), ask()]);
    const [first, second] = server.requests;
    first?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    await until(() => first?.socket.destroyed === true);
    expect(second?.socket.destroyed).toBe(false);
    expect(await Promise.all([ask(), ask()])).toEqual(["ok", "ok"]);
    expect(usedConnections().toSorted()).toEqual([1, 2, 2, 3]);
  });

  it("is used again before the client has read the last response", async () => {
    const half = "x".repeat(40_000);
    onRequest = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n");
    const response = await post().response;
    if (response.bufferedBody !== undefined) throw new Error("the response must be a stream");
    server.requests[0]?.socket.write(half);
    await until(() => response.readableLength === 40_000);
    server.requests[0]?.socket.write(half);
    await until(() => response.complete);
    onRequest = ({ socket }) => socket.write(OK);
    expect(await ask()).toBe("ok");
    expect(usedConnections()).toEqual([1, 1]);
    expect(await bodyOf(response)).toBe(half + half);
  });

  it("is closed when the server ends it, and the next request uses another", async () => {
    await ask();
    const { socket } = server.requests[0] ?? {};
    socket?.end();
    await until(() => socket?.destroyed === true);
    expect(await ask()).toBe("ok");
  });

  it("that breaks during a request fails the request, which is not sent again", async () => {
    await ask();
    onRequest = ({ socket }) => socket.destroy();
    await expect(post().response).rejects.toMatchObject({ fault: "broken", wasSent: true });
    expect(usedConnections()).toEqual([1, 1]);
  });

  it("is closed a second before the end that the server announces", async () => {
    onRequest = ({ socket }) => socket.write(OK.replace("\r\n", "\r\nKeep-Alive: timeout=2\r\n"));
    await ask();
    await until(() => server.requests[0]?.socket.destroyed === true);
    expect(await ask()).toBe("ok");
    expect(usedConnections()).toEqual([1, 2]);
  });

  it("is closed when the response came before all of the request was sent", async () => {
    const bytes = 32 * 1024 * 1024;
    const sockets: Socket[] = [];
    const earlyServer = createServer((socket) => {
      sockets.push(socket.pause().on("error", () => undefined));
      socket.write(OK);
    }).listen(0, "127.0.0.1");
    await once(earlyServer, "listening");
    const port = Object(earlyServer.address()).port;
    const client = new UpstreamHttp({
      url: new URL(`http://127.0.0.1:${port}/`),
      connectMs: 5_000,
      idleMs: 60_000,
      maxAgeMs: 60_000,
    });
    const long = relayed(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(bytes)}"}}`);
    expect(await bodyOf(await client.relay(long, {}).response)).toBe("ok");
    const [socket] = sockets;
    await new Promise((resolve) => socket?.once("close", resolve).resume());
    expect(socket?.bytesRead).toBeLessThan(bytes);
    earlyServer.close();
  });
});

describe("a response", () => {
  it("of an unreachable server is an error that says that nothing was sent", async () => {
    const [port] = await freePorts(1);
    const url = new URL(`http://127.0.0.1:${port}/mcp`);
    const nowhere = new UpstreamHttp({ url, connectMs: 5_000, idleMs: 60_000, maxAgeMs: 60_000 });
    const { response } = nowhere.relay(PING, {});
    await expect(response).rejects.toMatchObject({ fault: "unreachable", wasSent: false });
  });

  it("that takes too long is a timeout, and its connection is closed", async () => {
    const impatientUpstream = new UpstreamHttp({
      url: server.url,
      connectMs: 5_000,
      idleMs: 500,
      maxAgeMs: 60_000,
    });
    onRequest = () => undefined;
    const { response } = impatientUpstream.relay(PING, {});
    await expect(response).rejects.toMatchObject({ fault: "timeout", wasSent: true });
    await until(() => server.requests[0]?.socket.destroyed === true);
  });

  it.each([
    ["is no HTTP", "hello\r\n\r\n"],
    ["has two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"],
    ["ends within its head", "HTTP/1.1 200 OK\r\nContent-"],
  ])("that %s is a broken one", async (_case, bytes) => {
    onRequest = ({ socket }) => socket.end(bytes);
    await expect(post().response).rejects.toMatchObject({ fault: "broken", wasSent: true });
    expect(server.requests).toHaveLength(1);
  });

  it("without a length lasts until the connection closes", async () => {
    onRequest = ({ socket }) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello");
    expect(await ask()).toBe("hello");
  });

  it.each([
    ["has no length", "HTTP/1.1 200 OK\r\n\r\nhello"],
    ["has a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
    ["has chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ])("that %s is incomplete when its connection is reset", async (_case, bytes) => {
    onRequest = ({ socket }) => socket.write(bytes);
    const response = await post().response;
    if (response.bufferedBody !== undefined) throw new Error("the response must be a stream");
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.once("data", () => server.requests[0]?.socket.resetAndDestroy());
    await closed;
    expect([response.complete, response.readableEnded]).toEqual([false, false]);
  });

  it("that arrives in one piece is buffered", async () => {
    expect((await post().response).bufferedBody?.toString()).toBe("ok");
  });

  it("that arrives in parts is a stream, and its connection is used again", async () => {
    onRequest = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    const response = await post().response;
    server.requests[0]?.socket.write("world");
    expect(await bodyOf(response)).toBe("helloworld");
    onRequest = ({ socket }) => socket.write(OK);
    expect(await ask()).toBe("ok");
    expect(usedConnections()).toEqual([1, 1]);
  });

  it("is read no faster than the client reads, and complete in the end", async () => {
    const bytes = 64 * 1024 * 1024;
    onRequest = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
      for (let sent = 0; sent < bytes; sent += 1024 * 1024) socket.write(Buffer.alloc(1024 * 1024));
    };
    const response = await post().response;
    if (response.bufferedBody !== undefined) throw new Error("the response must be a stream");
    const { socket } = server.requests[0] ?? {};
    // The buffers of the two sockets are full; the remaining bytes wait at the server.
    let waiting = -1;
    await until(() => {
      const isSteady = waiting === socket?.writableLength;
      waiting = socket?.writableLength ?? 0;
      return isSteady;
    });
    expect(waiting).toBeGreaterThan(bytes / 2);
    expect(response.readableLength).toBeLessThan(1024 * 1024);
    let read = 0;
    for await (const chunk of response) read += Buffer.from(chunk).length;
    expect([read, response.complete]).toEqual([bytes, true]);
  });

  it("that is an event stream may be quiet for longer than the timeout", async () => {
    const impatientUpstream = new UpstreamHttp({
      url: server.url,
      connectMs: 5_000,
      idleMs: 500,
      maxAgeMs: 60_000,
    });
    onRequest = ({ socket, text }) => {
      if (text.startsWith("GET"))
        socket.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
    };
    const stream = await impatientUpstream.open("GET", {}).response;
    for (let turn = 0; turn < 2; turn += 1)
      await expect(impatientUpstream.relay(PING, {}).response).rejects.toMatchObject({ fault: "timeout" });
    server.requests[0]?.socket.write("5\r\nhello\r\n0\r\n\r\n");
    expect(await bodyOf(stream)).toBe("hello");
    impatientUpstream.close();
  });

  it.each([
    ["before its head", ""],
    ["within its head", "HTTP/1.1 200 OK\r\n"],
    ["within its body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
  ])("that the client has aborted closes its connection, %s", async (_when, bytes) => {
    onRequest = ({ socket }) => socket.write(bytes);
    const exchange = post();
    exchange.response.catch(() => undefined);
    await until(() => server.requests.length === 1);
    exchange.abort();
    await until(() => server.requests[0]?.socket.destroyed === true);
  });

  it("that is complete is not aborted afterwards, nor is the next one on its connection", async () => {
    const first = post();
    await first.response;
    onRequest = () => undefined;
    const second = post();
    await until(() => server.requests.length === 2);
    first.abort();
    server.requests[1]?.socket.write(OK);
    expect(await bodyOf(await second.response)).toBe("ok");
    expect(usedConnections()).toEqual([1, 1]);
  });
});

/** Replaces the plain server by one with TLS; returns the certificate of its authority. */
async function serveTls(dns: string): Promise<string> {
  const authority = await newAuthority();
  server.close();
  server = await serveRaw(
    (request) => onRequest(request),
    await newCertificate(authority, { commonName: dns, dns: [dns] }),
  );
  upstream = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000, maxAgeMs: 60_000 });
  return authority.cert;
}

describe("a server with TLS", () => {
  const before = getCACertificates("default");
  afterEach(() => setDefaultCACertificates(before));

  it("serves several requests on one connection", async () => {
    setDefaultCACertificates([await serveTls("localhost")]);
    expect([await ask(), await ask()]).toEqual(["ok", "ok"]);
    expect(usedConnections()).toEqual([1, 1]);
    expect(server.requests[0]?.socket).toMatchObject({ servername: "localhost", alpnProtocol: "http/1.1" });
  });

  it.each([
    ["of an untrusted authority", "localhost", false],
    ["for another name", "elsewhere.example", true],
  ])("receives no request when its certificate is %s", async (_what, dns, isTrusted) => {
    const cert = await serveTls(dns);
    if (isTrusted) setDefaultCACertificates([cert]);
    await expect(post().response).rejects.toMatchObject({ fault: "unreachable", wasSent: false });
    expect(server.requests).toEqual([]);
  });

  it("that never completes the handshake is unreachable, and receives no request", async () => {
    const url = new URL(server.url.href.replace("http:", "https:"));
    const secure = new UpstreamHttp({ url, connectMs: 50, idleMs: 60_000, maxAgeMs: 60_000 });
    await expect(secure.relay(PING, {}).response).rejects.toMatchObject({
      fault: "unreachable",
      wasSent: false,
    });
    expect(server.requests).toEqual([]);
  });
});
