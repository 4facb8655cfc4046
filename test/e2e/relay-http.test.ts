import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { parseSamples } from "../../src/commands/demo/samples.ts";
import { atEnd, serve, startSidecar as guard, startTollgate } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";
import { post as postTo } from "../fixtures/post.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const CALL = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "safe", arguments: {} } };
const RESULT = `{"jsonrpc":"2.0","id":7,"result":{"content":[]}}`;

function post(
  url: string,
  message: object | string = CALL,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return postTo(url, message, { accept: "application/json, text/event-stream", ...headers }, signal);
}

/** The call as an HTTP/1.1 request. */
function rawCall({ url }: TestSidecar): string {
  const body = JSON.stringify(CALL);
  const head = `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const limitedTo = (max: number, window = "hour") => ({
  version: "1",
  default: "allow",
  tools: { safe: { limits: [{ counter: "c", window, max }] } },
});

function ended(sidecar: TestSidecar, outcome: string): Promise<number> {
  return sidecar.metric("tollgate_tool_calls_total", { outcome });
}

describe("relay", () => {
  it("forwards the tokens on one line as written: big integers, 1.0 and escapes", async () => {
    const bodies: string[] = [];
    const { url } = await serve((body) => {
      bodies.push(body);
      return RESULT;
    });
    const sidecar = await guard({ upstream: url });
    const sent = `{ "jsonrpc": "2.0",\r\n "id": 7, "method": "tools/call",\r "params": {"name":"safe","arguments":{"a":12345678901234567890,"b":1.0,"c":"\\u0041"}}}`;
    expect((await post(sidecar.url, sent)).status).toBe(200);
    expect(bodies).toEqual([
      `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"safe","arguments":{"a":12345678901234567890,"b":1.0,"c":"\\u0041"}}}`,
    ]);
  });

  it("forwards statuses, headers and unknown methods unchanged", async () => {
    const { url } = await serve((_body, response) => {
      response.setHeader("www-authenticate", 'Bearer resource_metadata="x"');
      sendJson(response, `{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"who"}}`, 401);
    });
    const sidecar = await guard({ upstream: url });
    const response = await post(sidecar.url, { jsonrpc: "2.0", id: 1, method: "x/unheard-of" });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer resource_metadata="x"');
    expect(await response.json()).toMatchObject({ error: { code: -32_001 } });
  });

  it("forwards end-to-end headers, drops hop-by-hop ones and requests no encoding", async () => {
    const seen: IncomingMessage["headers"][] = [];
    const { url } = await serve((_body, _response, { headers }) => {
      seen.push(headers);
      return RESULT;
    });
    const sidecar = await guard({ upstream: url });
    const headers = {
      "x-api-key": "k",
      "accept-encoding": "gzip",
      baggage: "a=b",
      "proxy-authorization": "p",
      "x-http-method-override": "DELETE",
      "x-original-url": "/admin",
    };
    await post(sidecar.url, CALL, headers);
    expect(seen[0]).toMatchObject({
      "x-api-key": "k",
      "accept-encoding": "identity",
      host: new URL(url).host,
    });
    for (const name of ["baggage", "proxy-authorization", "x-http-method-override", "x-original-url"])
      expect(seen[0]).not.toHaveProperty(name);
  });

  it("forwards each event at once", async () => {
    const streams: ServerResponse[] = [];
    const { url } = await serve((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.push(response);
    });
    const sidecar = await guard({ upstream: url });
    const response = await post(sidecar.url);
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    streams[0]?.write("id: 1\nevent: message\ndata: {}\n\n");
    expect((await reader?.read())?.value).toBe("id: 1\nevent: message\ndata: {}\n\n");
    streams[0]?.end(`data: ${RESULT}\n\n`);
    expect((await reader?.read())?.value).toBe(`data: ${RESULT}\n\n`);
    await until(async () => (await ended(sidecar, "success")) === 1);
  });

  it("aborts the upstream call when the client disconnects before the response", async () => {
    let isAborted = false;
    const arrived = Promise.withResolvers<void>();
    const { url } = await serve((_body, response) => {
      response.on("close", () => (isAborted = true));
      arrived.resolve();
    });
    const sidecar = await guard({ upstream: url });
    const controller = new AbortController();
    const left = post(sidecar.url, CALL, {}, controller.signal).catch(() => "left");
    await arrived.promise;
    controller.abort();
    expect(await left).toBe("left");
    await until(() => isAborted);
    await until(async () => (await ended(sidecar, "cancelled")) === 1);
    expect(await sidecar.metric("tollgate_messages_refused_total")).toBe(0);
  });

  it("aborts the upstream call when the client disconnects during a stream", async () => {
    let isAborted = false;
    const { url } = await serve((_body, response) => {
      response.on("close", () => (isAborted = true));
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
    });
    const sidecar = await guard({ upstream: url });
    const controller = new AbortController();
    await post(sidecar.url, CALL, {}, controller.signal);
    controller.abort();
    await until(() => isAborted);
    await until(async () => (await ended(sidecar, "cancelled")) === 1);
    expect(await sidecar.metric("tollgate_messages_refused_total")).toBe(0);
  });

  it("does not count a client that disconnects during the response as a refused message", async () => {
    const block = Buffer.alloc(1024 * 1024, "x");
    const { url } = await serve((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.on("drain", () => response.write(block));
      response.write(block);
    });
    const sidecar = await guard({ upstream: url });
    const { port } = new URL(sidecar.url);
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(rawCall(sidecar));
      await once(socket, "data");
      if (round % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    await until(async () => (await ended(sidecar, "cancelled")) === 20);
    expect(await sidecar.metric("tollgate_messages_refused_total")).toBe(0);
  });

  it("aborts the connection when the upstream fails during a stream", async () => {
    const { url } = await serve((_body, response) => {
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write("data: {}\n\n", () => response.destroy());
    });
    const sidecar = await guard({ upstream: url });
    const response = await post(sidecar.url);
    await expect(response.text()).rejects.toThrow();
    await until(async () => (await ended(sidecar, "upstream_error")) === 1);
  });

  it.each([
    ["is down", "http://127.0.0.1:1/mcp", undefined],
    [
      "redirects",
      undefined,
      (response: ServerResponse) => response.writeHead(307, { location: "/else" }).end(),
    ],
    ["sends invalid JSON", undefined, (response: ServerResponse) => sendJson(response, "<html>")],
    [
      "sends HTML",
      undefined,
      (response: ServerResponse) => response.setHeader("content-type", "text/html").end("<p>"),
    ],
    ["closes at once", undefined, (response: ServerResponse) => response.destroy()],
    [
      "responds with unrequested gzip",
      undefined,
      (response: ServerResponse) =>
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("x"),
    ],
    [
      "closes within its response",
      undefined,
      (response: ServerResponse) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
        response.write("{", () => response.destroy());
      },
    ],
  ])("responds 502 with -32603 and the id when the upstream %s", async (_what, fixed, answer) => {
    const upstream = fixed ?? (await serve((_body, response) => void answer?.(response))).url;
    const sidecar = await guard({ upstream });
    const response = await post(sidecar.url);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ jsonrpc: "2.0", id: 7, error: { code: -32_603 } });
    expect(await ended(sidecar, "upstream_error")).toBe(1);
    expect(sidecar.audit()).toMatchObject([
      { tool: "safe", effect: "allow", upstream: { outcome: "upstream_error" } },
    ]);
  });

  it("responds 504 when the upstream is silent for too long", async () => {
    const { url } = await serve(() => undefined);
    const sidecar = await guard({ upstream: url, bounds: { upstreamIdleMs: 50 } });
    const response = await post(sidecar.url);
    expect(response.status).toBe(504);
    expect(await ended(sidecar, "timeout")).toBe(1);
  });

  it("refunds a call that never reached the upstream", async () => {
    const sidecar = await guard({ upstream: "http://127.0.0.1:1/mcp", policy: limitedTo(1) });
    expect((await post(sidecar.url)).status).toBe(502);
    expect((await post(sidecar.url)).status).toBe(502);
  });

  it("does not refund a call that was sent", async () => {
    const { url } = await serve((_body, response) => void response.destroy());
    const sidecar = await guard({ upstream: url, policy: limitedTo(1) });
    expect((await post(sidecar.url)).status).toBe(502);
    expect(await (await post(sidecar.url)).json()).toMatchObject({ result: { isError: true } });
  });

  it("executes exactly 50 of 1,000 concurrent calls on a limit of 50", async () => {
    let executed = 0;
    const { url } = await serve(() => {
      executed += 1;
      return RESULT;
    });
    const sidecar = await guard({ upstream: url, policy: limitedTo(50, "day") });
    const call = async () => (await post(sidecar.url)).json() as Promise<{ result: object }>;
    const answers = await Promise.all(Array.from({ length: 1_000 }, call));
    expect(executed).toBe(50);
    expect(answers.filter(({ result }) => "isError" in result).length).toBe(950);
  });

  it.each(["application/json", "text/event-stream"])(
    "forwards a result of 200 MB as %s with constant memory",
    async (type) => {
      const size = 200 * 1024 * 1024;
      const block = Buffer.alloc(64 * 1024, "x");
      const [head, tail] = [`{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"`, `"}]}}`];
      const frame = type === "application/json" ? ["", ""] : ["data: ", "\n\n"];
      const { url } = await serve(async (_body, response) => {
        response.writeHead(200, { "content-type": type }).write(`${frame[0]}${head}`);
        for (let sent = 0; sent < size; sent += block.length) {
          if (!response.write(block)) await once(response, "drain");
        }
        response.end(`${tail}${frame[1]}`);
      });
      // In a process of its own, to measure its memory alone.
      const sidecar = await startTollgate({ upstream: url, flags: ["--log-level", "silent"] });
      const memory = async (): Promise<number> => {
        const samples = parseSamples(await (await fetch(`${sidecar.adminUrl}/metrics`)).text());
        return samples.find(({ name }) => name === "process_resident_memory_bytes")?.value ?? Number.NaN;
      };
      const response = await post(sidecar.url);
      const peaks = { firstHalf: 0, secondHalf: 0 };
      let [received, sampled] = [0, 0];
      for await (const chunk of response.body ?? []) {
        received += chunk.byteLength;
        if (received - sampled < size / 20) continue;
        sampled = received;
        const half = received < size / 2 ? "firstHalf" : "secondHalf";
        peaks[half] = Math.max(peaks[half], await memory());
      }
      expect(received).toBe(size + head.length + tail.length + frame.join("").length);
      // Buffering the whole result would add 100 MB in the second half; uncollected garbage is in both halves.
      expect(peaks.secondHalf - peaks.firstHalf).toBeLessThan(size / 4);
    },
  );

  it("reads no faster than its client", async () => {
    let sent = 0;
    const block = Buffer.alloc(64 * 1024, "x");
    const full = Promise.withResolvers<void>();
    const { url } = await serve((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: ");
      const fill = (): void => {
        while (sent < 200 * 1024 * 1024) {
          sent += block.length;
          if (!response.write(block)) return full.resolve();
        }
      };
      response.on("drain", fill);
      fill();
    });
    const sidecar = await guard({ upstream: url });
    const { port } = new URL(sidecar.url);
    const socket = connect(Number(port), "127.0.0.1");
    atEnd(() => socket.destroy());
    socket.pause();
    socket.write(rawCall(sidecar));
    await full.promise;
    // Until a scrape later no further byte has been sent.
    let last = -1;
    while (last !== sent) {
      last = sent;
      await sidecar.metrics();
    }
    expect(sent).toBeLessThan(100 * 1024 * 1024);
  });
});
