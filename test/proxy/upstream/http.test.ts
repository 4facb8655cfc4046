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
  upstream = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000 });
});
afterEach(() => {
  upstream.close();
  server.close();
});

function post(): UpstreamExchange {
  return upstream.relay(PING, {});
}

async function bodyOf(answer: UpstreamResponse): Promise<string> {
  if (answer.bufferedBody !== undefined) return answer.bufferedBody.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function ask(): Promise<string> {
  return bodyOf(await post().response);
}

/** The connections that the requests so far came on. */
function used(): number[] {
  return server.requests.map(({ connection }) => connection);
}

describe("a connection", () => {
  it("carries one request after another", async () => {
    expect([await ask(), await ask(), await ask()]).toEqual(["ok", "ok", "ok"]);
    expect(used()).toEqual([1, 1, 1]);
  });

  it("carries one request at a time", async () => {
    onRequest = ({ socket, connection }) => socket.write(OK.replace("ok", `${connection} `));
    const both = await Promise.all([ask(), ask()]);
    expect(both.toSorted()).toEqual(["1 ", "2 "]);
  });

  it.each([
    ["says that it closes", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok"],
    ["is of the version before", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"],
    [
      "will close it within a second",
      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok",
    ],
    ["has more behind its end", `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    [
      "has chunks and more behind its end",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil",
    ],
  ])("is not used again after an answer that %s", async (_what, answer) => {
    onRequest = ({ socket }) => socket.write(answer);
    expect([await ask(), await ask()]).toEqual(["ok", "ok"]);
    expect(used()).toEqual([1, 2]);
  });

  it("is closed when something comes on it that nobody asked for, and that answers no request", async () => {
    await Promise.all([ask(), ask()]);
    const [first, second] = server.requests;
    first?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    await until(() => first?.socket.destroyed === true);
    expect(second?.socket.destroyed).toBe(false);
    expect(await Promise.all([ask(), ask()])).toEqual(["ok", "ok"]);
    expect(used().toSorted()).toEqual([1, 2, 2, 3]);
  });

  it("is used again though nobody has read its last answer yet", async () => {
    const half = "x".repeat(40_000);
    onRequest = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n");
    const answer = await post().response;
    if (answer.bufferedBody !== undefined) throw new Error("it cannot be whole");
    server.requests[0]?.socket.write(half);
    await until(() => answer.readableLength === 40_000);
    server.requests[0]?.socket.write(half);
    await until(() => answer.complete);
    onRequest = ({ socket }) => socket.write(OK);
    expect(await ask()).toBe("ok");
    expect(used()).toEqual([1, 1]);
    expect(await bodyOf(answer)).toBe(half + half);
  });

  it("is closed when its server ends it, and another is used", async () => {
    await ask();
    const { socket } = server.requests[0] ?? {};
    socket?.end();
    await until(() => socket?.destroyed === true);
    expect(await ask()).toBe("ok");
  });

  it("that dies as the next request comes fails that request, which is not sent again", async () => {
    await ask();
    onRequest = ({ socket }) => socket.destroy();
    await expect(post().response).rejects.toMatchObject({ fault: "broken", wasSent: true });
    expect(used()).toEqual([1, 1]);
  });

  it("is closed a second before its server would", async () => {
    onRequest = ({ socket }) => socket.write(OK.replace("\r\n", "\r\nKeep-Alive: timeout=2\r\n"));
    await ask();
    await until(() => server.requests[0]?.socket.destroyed === true);
    expect(await ask()).toBe("ok");
    expect(used()).toEqual([1, 2]);
  });

  it("is given up when it was answered before all of its request was sent", async () => {
    const bytes = 32 * 1024 * 1024;
    const sockets: Socket[] = [];
    const eager = createServer((socket) => {
      sockets.push(socket.pause().on("error", () => undefined));
      socket.write(OK);
    }).listen(0, "127.0.0.1");
    await once(eager, "listening");
    const port = Object(eager.address()).port;
    const impatient = new UpstreamHttp({
      url: new URL(`http://127.0.0.1:${port}/`),
      connectMs: 5_000,
      idleMs: 60_000,
    });
    const long = relayed(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(bytes)}"}}`);
    expect(await bodyOf(await impatient.relay(long, {}).response)).toBe("ok");
    const [socket] = sockets;
    await new Promise((resolve) => socket?.once("close", resolve).resume());
    expect(socket?.bytesRead).toBeLessThan(bytes);
    eager.close();
  });
});

describe("an answer", () => {
  it("whose server cannot be reached tells that nothing was sent", async () => {
    const [port] = await freePorts(1);
    const url = new URL(`http://127.0.0.1:${port}/mcp`);
    const nowhere = new UpstreamHttp({ url, connectMs: 5_000, idleMs: 60_000 });
    const { response } = nowhere.relay(PING, {});
    await expect(response).rejects.toMatchObject({ fault: "unreachable", wasSent: false });
  });

  it("that does not come in time is told as that, and its connection is closed", async () => {
    const hasty = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 500 });
    onRequest = () => undefined;
    const { response } = hasty.relay(PING, {});
    await expect(response).rejects.toMatchObject({ fault: "timeout", wasSent: true });
    await until(() => server.requests[0]?.socket.destroyed === true);
  });

  it.each([
    ["is no HTTP", "hello\r\n\r\n"],
    ["has two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"],
    ["is cut within its head", "HTTP/1.1 200 OK\r\nContent-"],
  ])("that %s is broken", async (_what, bytes) => {
    onRequest = ({ socket }) => socket.end(bytes);
    await expect(post().response).rejects.toMatchObject({ fault: "broken", wasSent: true });
    expect(server.requests).toHaveLength(1);
  });

  it("lasts until its connection ends when it says no length", async () => {
    onRequest = ({ socket }) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello");
    expect(await ask()).toBe("hello");
  });

  it.each([
    ["says no length", "HTTP/1.1 200 OK\r\n\r\nhello"],
    ["has a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
    ["has chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ])("that %s and whose connection is reset is not complete", async (_what, bytes) => {
    onRequest = ({ socket }) => socket.write(bytes);
    const answer = await post().response;
    if (answer.bufferedBody !== undefined) throw new Error("it cannot be whole");
    const closed = new Promise((resolve) => answer.once("close", resolve));
    answer.once("data", () => server.requests[0]?.socket.resetAndDestroy());
    await closed;
    expect([answer.complete, answer.readableEnded]).toEqual([false, false]);
  });

  it("that comes at once and whole is no stream", async () => {
    expect((await post().response).bufferedBody?.toString()).toBe("ok");
  });

  it("that comes in parts is a stream, and its connection is used again", async () => {
    onRequest = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    const answer = await post().response;
    server.requests[0]?.socket.write("world");
    expect(await bodyOf(answer)).toBe("helloworld");
    onRequest = ({ socket }) => socket.write(OK);
    expect(await ask()).toBe("ok");
    expect(used()).toEqual([1, 1]);
  });

  it("is read no faster than its reader reads, and whole in the end", async () => {
    const bytes = 64 * 1024 * 1024;
    onRequest = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
      for (let sent = 0; sent < bytes; sent += 1024 * 1024) socket.write(Buffer.alloc(1024 * 1024));
    };
    const answer = await post().response;
    if (answer.bufferedBody !== undefined) throw new Error("it cannot be whole");
    const { socket } = server.requests[0] ?? {};
    // What fits into the buffers of the two sockets has left; the rest waits at the server.
    let waiting = -1;
    await until(() => {
      const isSteady = waiting === socket?.writableLength;
      waiting = socket?.writableLength ?? 0;
      return isSteady;
    });
    expect(waiting).toBeGreaterThan(bytes / 2);
    expect(answer.readableLength).toBeLessThan(1024 * 1024);
    let read = 0;
    for await (const chunk of answer) read += Buffer.from(chunk).length;
    expect([read, answer.complete]).toEqual([bytes, true]);
  });

  it("that is a stream may be quiet for longer than any other", async () => {
    const hasty = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 500 });
    onRequest = ({ socket, text }) => {
      if (text.startsWith("GET"))
        socket.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
    };
    const stream = await hasty.open("GET", {}).response;
    for (let turn = 0; turn < 2; turn += 1)
      await expect(hasty.relay(PING, {}).response).rejects.toMatchObject({ fault: "timeout" });
    server.requests[0]?.socket.write("5\r\nhello\r\n0\r\n\r\n");
    expect(await bodyOf(stream)).toBe("hello");
    hasty.close();
  });

  it.each([
    ["before it has begun", ""],
    ["within its head", "HTTP/1.1 200 OK\r\n"],
    ["within its body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
  ])("that nobody waits for any more is given up, %s", async (_when, bytes) => {
    onRequest = ({ socket }) => socket.write(bytes);
    const exchange = post();
    exchange.response.catch(() => undefined);
    await until(() => server.requests.length === 1);
    exchange.abort();
    await until(() => server.requests[0]?.socket.destroyed === true);
  });

  it("that has come is not given up afterwards, nor is the one that follows on its connection", async () => {
    const first = post();
    await first.response;
    onRequest = () => undefined;
    const second = post();
    await until(() => server.requests.length === 2);
    first.abort();
    server.requests[1]?.socket.write(OK);
    expect(await bodyOf(await second.response)).toBe("ok");
    expect(used()).toEqual([1, 1]);
  });
});

/** Puts a server with TLS in the place of the plain one; the certificate of its authority. */
async function serveTls(dns: string): Promise<string> {
  const authority = await newAuthority();
  server.close();
  server = await serveRaw(
    (request) => onRequest(request),
    await newCertificate(authority, { commonName: dns, dns: [dns] }),
  );
  upstream = new UpstreamHttp({ url: server.url, connectMs: 5_000, idleMs: 60_000 });
  return authority.cert;
}

describe("a server with TLS", () => {
  const before = getCACertificates("default");
  afterEach(() => setDefaultCACertificates(before));

  it("is asked over connections that are kept", async () => {
    setDefaultCACertificates([await serveTls("localhost")]);
    expect([await ask(), await ask()]).toEqual(["ok", "ok"]);
    expect(used()).toEqual([1, 1]);
    expect(server.requests[0]?.socket).toMatchObject({ servername: "localhost", alpnProtocol: "http/1.1" });
  });

  it.each([
    ["of an authority that is not trusted", "localhost", false],
    ["for another name", "elsewhere.example", true],
  ])("hears no request when its certificate is %s", async (_what, dns, isTrusted) => {
    const cert = await serveTls(dns);
    if (isTrusted) setDefaultCACertificates([cert]);
    await expect(post().response).rejects.toMatchObject({ fault: "unreachable", wasSent: false });
    expect(server.requests).toEqual([]);
  });

  it("that never shakes hands cannot be reached, and hears no request", async () => {
    const url = new URL(server.url.href.replace("http:", "https:"));
    const secure = new UpstreamHttp({ url, connectMs: 50, idleMs: 60_000 });
    await expect(secure.relay(PING, {}).response).rejects.toMatchObject({
      fault: "unreachable",
      wasSent: false,
    });
    expect(server.requests).toEqual([]);
  });
});
