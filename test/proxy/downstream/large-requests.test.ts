import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bodyOf,
  type EdgeSidecar,
  HOST,
  post,
  startEdgeSidecar,
  statusOf,
  TYPE,
  validPost,
} from "../../fixtures/edge-sidecar.ts";
import { until } from "../../fixtures/start-sidecar.ts";

const MIB = 1024 * 1024;

let edge: EdgeSidecar;
beforeAll(async () => {
  edge = await startEdgeSidecar({ bounds: { messageBytes: 1024, headerBytes: 8 * 1024, requestMs: 2_000 } });
});
afterAll(() => edge.stop());

/** Writes everything before it reads anything, as clients do that send the whole request first. */
async function writeThenRead(parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(edge.port, "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  for (const part of parts)
    await new Promise<void>((resolve, reject) =>
      socket.write(part, (error) => (error ? reject(error) : resolve())),
    );
  return readAll(socket);
}

async function readAll(socket: Socket): Promise<string> {
  let response = "";
  socket.setEncoding("utf8").on("data", (text: string) => (response += text));
  socket.on("error", () => undefined).resume();
  await new Promise((resolve) => socket.once("close", resolve));
  return response;
}

function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;
}

describe("a body above the bound", () => {
  it.each([4, 32])("is answered with 413 to fetch, at %d MiB", async (size) => {
    for (let round = 0; round < 5; round += 1) {
      const response = await fetch(edge.sidecar.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: Buffer.alloc(size * MIB, "x"),
      });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ id: null, error: { code: -32_600 } });
    }
  });

  it("is answered with 413 to a client that reads after it has sent everything", async () => {
    const head = post([HOST, TYPE, `Content-Length: ${16 * MIB}`], "");
    const response = await writeThenRead([head, ...Array.from({ length: 16 }, () => Buffer.alloc(MIB, "x"))]);
    expect(statusOf(response)).toBe(413);
    expect(bodyOf(response)).toMatchObject({ error: { message: expect.stringContaining("1024 bytes") } });
  });

  it("is answered with 413 to a client that sends chunks without a length", async () => {
    const head = post([HOST, TYPE, "Transfer-Encoding: chunked"], "");
    const response = await writeThenRead([
      head,
      ...Array.from({ length: 16 }, () => chunk(MIB)),
      "0\r\n\r\n",
    ]);
    expect(statusOf(response)).toBe(413);
  });

  it.each([
    ["path", 404, post([HOST, TYPE, `Content-Length: ${4 * MIB}`], "").replace("/mcp", "/other")],
    ["Origin", 403, post([HOST, TYPE, `Content-Length: ${4 * MIB}`, "Origin: https://evil.example"], "")],
    ["type", 415, post([HOST, "Content-Type: text/plain", `Content-Length: ${4 * MIB}`], "")],
  ])("does not hide that its %s is refused", async (_what, status, head) => {
    expect(statusOf(await writeThenRead([head, Buffer.alloc(4 * MIB, "x")]))).toBe(status);
  });

  it("is read only within a time, and counted once", async () => {
    const refused = () => edge.sidecar.metric("tollgate_messages_refused_total");
    const before = await refused();
    const started = performance.now();
    const socket = connect(edge.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(post([HOST, TYPE, `Content-Length: ${4 * MIB}`], "x"));
    expect(statusOf(await readAll(socket))).toBe(413);
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(await refused()).toBe(before + 1);
  });

  it("is read only within a number of bytes", async () => {
    const socket = connect(edge.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.write(post([HOST, TYPE, "Transfer-Encoding: chunked"], ""));
    const flood = (): void => {
      while (!socket.destroyed && socket.write(chunk(MIB)));
    };
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("drain", flood);
    flood();
    await closed;
    expect(socket.bytesWritten).toBeLessThan(200 * MIB);
  });

  it("ends the connection: a request behind it is not served", async () => {
    const before = edge.upstreamSaw.length;
    const response = await writeThenRead([validPost([], `"${"x".repeat(4096)}"`) + validPost([])]);
    expect(statusOf(response)).toBe(413);
    expect(response.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(edge.upstreamSaw.length).toBe(before);
  });
});

describe("headers above the bound", () => {
  it.each([
    ["a long token", validPost([`Authorization: Bearer ${"a".repeat(20_000)}`])],
    ["many headers", validPost(Array.from({ length: 600 }, (_, at) => `X-Header-${at}: value`))],
    ["a long name", validPost([`${"X".repeat(9_000)}: x`])],
    ["a long target", validPost([]).replace("/mcp", `/mcp?${"x".repeat(9_000)}`)],
  ])("are answered with 431 and counted once: %s", async (_what, bytes) => {
    const refused = () => edge.sidecar.metric("tollgate_messages_refused_total", { cause: "too_large" });
    const before = await refused();
    const response = await edge.send(bytes);
    expect(statusOf(response)).toBe(431);
    expect(bodyOf(response)).toMatchObject({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32_600, message: "the headers have more than 8192 bytes" },
    });
    await until(async () => (await refused()) === before + 1);
  });

  it("are served when header-bytes is raised", async () => {
    const wide = await startEdgeSidecar({ config: "bounds: { header-bytes: 65536 }" });
    const response = await wide.send(validPost([`Authorization: Bearer ${"a".repeat(20_000)}`]));
    await wide.stop();
    expect(statusOf(response)).toBe(200);
  });
});
