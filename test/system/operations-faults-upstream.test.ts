/** Faults of the server and of the way to it: a sidecar survives each. */

import type { Socket } from "node:net";
import { describe, it } from "vitest";
import type { Fault } from "../fixtures/fault-proxy.ts";
import { type Inject, type Rig, startRig, tryFault } from "../fixtures/fault-rig.ts";
import { startServerProcess } from "../fixtures/server-process.ts";

const RESULT = `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`;
const EVENT = `event: message\ndata: ${RESULT}\n\n`;
const HUGE_BYTES = 100 * 1024 * 1024;

/** Applies a fault of the proxy until calls have gone through it. */
function proxied(fault: Fault): Inject<Rig> {
  return async ({ proxy }) => {
    proxy.fault = fault;
    return () => (proxy.fault = undefined);
  };
}

/** Answers each request with these bytes, and with those that `then` writes. */
function answering(bytes: string, then: (sidecar: Socket) => unknown = () => undefined): Inject<Rig> {
  return proxied(({ sidecar }) => {
    sidecar.write(bytes);
    then(sidecar);
  });
}

function json(body: string, length = body.length): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

const SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/** Writes as much as the sidecar reads, until all bytes are written or the connection is closed. */
function pour(sidecar: Socket, bytes: number, piece = Buffer.alloc(65_536, "x")): void {
  let left = bytes;
  const write = (): void => {
    for (; left > 0 && !sidecar.destroyed; left -= piece.length)
      if (!sidecar.write(piece)) return void sidecar.once("drain", write);
    sidecar.end(`"}}`);
  };
  write();
}

const reset = (sidecar: Socket): unknown => setTimeout(() => sidecar.resetAndDestroy(), 50);

const FAULTS: readonly (readonly [string, Inject<Rig>])[] = [
  [
    "the server is killed (SIGKILL) and started again",
    async ({ server, proxy }) => {
      await server.kill();
      return async () => {
        const next = await startServerProcess();
        proxy.serverPort = next.port;
        stops.push(next.kill);
      };
    },
  ],
  [
    "the server is frozen (SIGSTOP), and goes on",
    async ({ server }) => {
      server.signal("SIGSTOP");
      return () => server.signal("SIGCONT");
    },
  ],
  [
    "connections are refused",
    async ({ proxy }) => {
      proxy.close();
      return () => proxy.open();
    },
  ],
  ["connections are reset before an answer", proxied(({ sidecar }) => void sidecar.resetAndDestroy())],
  ["connections are reset within an answer", answering(json(RESULT.slice(0, 20), RESULT.length), reset)],
  ["connections are reset within a stream", answering(SSE + EVENT.slice(0, 40), reset)],
  [
    "the real answer is reset within its bytes",
    proxied(({ sidecar, forward }) =>
      forward((bytes) => {
        sidecar.write(bytes.subarray(0, bytes.length / 2));
        reset(sidecar);
      }),
    ),
  ],
  [
    "the server sends one byte a second",
    proxied(({ sidecar, forward }) =>
      forward((bytes) => {
        let sent = 0;
        const timer = setInterval(() => sidecar.write(bytes.subarray(sent, (sent += 1))), 1_000);
        sidecar.once("close", () => clearInterval(timer));
      }),
    ),
  ],
  ["the server sends what is no HTTP", answering("\u0000\u0001 garbage \r\n\r\n")],
  ["the server sends what is no JSON", answering(json("<html>"))],
  ["the server answers another id", answering(json(RESULT.replace(`"id":1`, `"id":7`)))],
  ["the server answers twice", answering(SSE + EVENT + EVENT, (sidecar) => sidecar.end())],
  ["the server answers twice over", answering(json(RESULT) + json(RESULT))],
  [
    "the server answers with 100 MB",
    answering(json(`{"jsonrpc":"2.0","id":1,"result":{"x":"`, HUGE_BYTES), (sidecar) =>
      pour(sidecar, HUGE_BYTES),
    ),
  ],
  [
    "the server streams 100 MB in one event",
    answering(`${SSE}data: {"jsonrpc":"2.0","id":1,"result":{"x":"`, (sidecar) => pour(sidecar, HUGE_BYTES)),
  ],
  ["the server sends half a header", answering("HTTP/1.1 200 OK\r\nContent-Ty")],
  ["the server sends half a header and leaves", answering("HTTP/1.1 200 OK\r\nContent-Ty", (to) => to.end())],
  [
    "the server sends headers without an end",
    answering("HTTP/1.1 200 OK\r\nX: ", (to) => pour(to, 10_000_000)),
  ],
  ["the server promises more than it sends", answering(json(RESULT, 9_999), (to) => to.end())],
  ["the server closes kept connections at once", answering(json(RESULT), (to) => to.end())],
  [
    "the server leads elsewhere",
    answering("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
  ],
];

const stops: (() => unknown)[] = [];

describe.concurrent("a sidecar survives that", () => {
  it.each(FAULTS)("%s", async (name, inject) => {
    await tryFault(name, startRig, inject);
  });
});
