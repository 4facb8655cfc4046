/** An upstream that is Tollgate's own listener: refused at start, and ended after one round where only a request can tell. */

import { createServer, request as httpRequest } from "node:http";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { freePorts } from "../fixtures/free-port.ts";
import { listen } from "../../src/proxy/http/listener.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

const PING = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
const OWN_IPV4 = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function started(options: Parameters<typeof startTestSidecar>[0]): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(options);
  stops.push(sidecar.stop);
  return sidecar;
}

async function ping(url: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: PING,
  });
  await answer.text();
  return answer.status;
}

describe("an upstream that is our own listener", () => {
  it.each([
    { host: "127.0.0.1", upstream: "127.0.0.1" },
    { host: "127.0.0.1", upstream: "localhost" },
    { host: "localhost", upstream: "127.0.0.1" },
    { host: "0.0.0.0", upstream: "127.0.0.1" },
    { host: "0.0.0.0", upstream: "127.8.9.1" },
    { host: "0.0.0.0", upstream: OWN_IPV4 ?? "127.0.0.1" },
    { host: "127.0.0.1", upstream: "0.0.0.0" },
    { host: "[::]", upstream: "127.0.0.1" },
    { host: "[::]", upstream: "[::1]" },
    { host: "127.0.0.1", upstream: "[::ffff:127.0.0.1]" },
  ])("is refused at start: $upstream behind $host", async ({ host, upstream }) => {
    const [port = 0] = await freePorts(1);
    const start = started({
      upstream: `http://${upstream}:${port}/mcp`,
      flags: {
        listen: `${host}:${port}`,
        ...(host.includes("127") || host === "localhost" ? {} : { mode: "shadow" }),
      },
    });
    await expect(start).rejects.toMatchObject({
      exitCode: 64,
      message: expect.stringMatching(/^--upstream: .* is Tollgate's own listener \(--listen\)/),
    });
  });

  it("is refused at start when it is the admin listener", async () => {
    const [port = 0] = await freePorts(1);
    const start = started({
      upstream: `http://localhost:${port}/mcp`,
      flags: { admin: `127.0.0.1:${port}` },
    });
    await expect(start).rejects.toThrow("own listener (--admin)");
  });

  it.each([
    ["another port of this machine", "127.0.0.1", 1],
    ["another loopback address", "127.0.0.2", 0],
  ])("is not %s", async (_name, host, offset) => {
    const [port = 0] = await freePorts(1);
    const { url } = await started({
      upstream: `http://${host}:${port + offset}/mcp`,
      flags: { listen: `127.0.0.1:${port}` },
    });
    expect(await ping(url)).toBe(502);
  });

  it("by way of another address is found by the first request, which goes round once", async () => {
    let passed = 0;
    let target = "";
    const detour = createServer((incoming, outgoing) => {
      passed += 1;
      const onward = httpRequest(target, {
        method: "POST",
        headers: { ...incoming.headers, host: new URL(target).host },
      });
      onward.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    const port = await listen(detour, "127.0.0.1", 0);
    stops.push(() => detour.close());
    const sidecar = await started({ upstream: `http://127.0.0.1:${port}/mcp` });
    target = sidecar.url;
    expect(await ping(sidecar.url)).toBe(508);
    expect(passed).toBe(1);
    expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "loop" })).toBe(1);
  });

  it("is not the server of a sidecar behind this one, and keeps what CDN-Loop said before", async () => {
    const seen: (readonly string[] | undefined)[] = [];
    const server = createServer((incoming, outgoing) => {
      seen.push(incoming.headersDistinct["cdn-loop"]);
      outgoing
        .writeHead(200, { "content-type": "application/json" })
        .end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
    const port = await listen(server, "127.0.0.1", 0);
    stops.push(() => server.close());
    const inner = await started({ upstream: `http://127.0.0.1:${port}/mcp` });
    const outer = await started({ upstream: inner.url });
    expect(await ping(outer.url, { "cdn-loop": "cdn.example" })).toBe(200);
    expect(seen.at(-1)?.join(", ")).toMatch(/cdn\.example/);
    expect(
      seen
        .at(-1)
        ?.join(", ")
        .match(/tollgate; id=/g),
    ).toHaveLength(2);
  });
});
