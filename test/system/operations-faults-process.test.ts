/** Faults of the process itself, its clients and its children: a sidecar survives each. */

import { connect } from "node:net";
import { describe, it } from "vitest";
import {
  type BridgeRig,
  type Inject,
  type Rig,
  startBridgeRig,
  startRig,
  tryFault,
} from "../fixtures/fault-rig.ts";
import { descriptorsOf, freshAgent } from "../fixtures/fault-trial.ts";
import { toolCall, callTool, openResponse } from "../fixtures/open-loop.ts";
import { listProcessTree } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";

const DESCRIPTORS = 100;
const HOUR_JUMP = import.meta.resolve("../fixtures/jump-clock.ts");

/** Opens `count` idle connections. */
function idle(url: string, count: number): () => void {
  const { port, hostname } = new URL(url);
  const sockets = Array.from({ length: count }, () =>
    connect(Number(port), hostname).on("error", () => undefined),
  );
  return () => sockets.forEach((socket) => socket.destroy());
}

describe.concurrent("a sidecar survives that", () => {
  it("descriptors are exhausted", async () => {
    const name = "descriptors are exhausted";
    await tryFault(
      name,
      () => startRig({ descriptors: DESCRIPTORS }),
      async (rig) => {
        const leave = idle(rig.tollgate.url, 300);
        await until(() => descriptorsOf(rig.tollgate.pid) >= DESCRIPTORS);
        return leave;
      },
    );
  });

  it("the heap is nearly full, and calls with large arguments keep coming", async () => {
    const name = "the heap is nearly full, and calls with large arguments keep coming";
    const bounds = "{ lame-duck-ms: 0, drain-ms: 0, received-bytes: 8388608, requests: 40 }";
    const start = (): Promise<Rig> =>
      startRig({ environment: { NODE_OPTIONS: "--max-old-space-size=96" }, bounds });
    await tryFault(name, start, async ({ tollgate }) => {
      const large = toolCall("safe", { x: "x".repeat(2_000_000) });
      const sent = { url: tollgate.url, headers: { "x-agent-id": "large" }, message: large };
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 20 }, () => callTool(sent).catch(() => "failed")));
    });
  });

  it("the clock jumps by an hour, forth and back", async () => {
    const name = "the clock jumps by an hour, forth and back";
    const environment = { NODE_OPTIONS: `--import ${HOUR_JUMP}` };
    await tryFault(
      name,
      () => startRig({ environment }),
      async ({ tollgate }) => {
        tollgate.signal("SIGUSR2");
        return () => tollgate.signal("SIGUSR2");
      },
    );
  });
});

const HEAD = [
  "POST /mcp HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/json",
  "X-Agent-Id: leaver",
];
const BODY = JSON.stringify({ jsonrpc: "2.0", ...toolCall("safe") });
const WHOLE = [...HEAD, `Content-Length: ${BODY.length}`, "", BODY].join("\r\n");

/** Fifty clients that send `bytes` bytes and then close the connection, and fifty that reset it instead. */
function leaveAfter(bytes: number, withinAnswer = false): Inject<Rig> {
  return async ({ tollgate }) => {
    const { port, hostname } = new URL(tollgate.url);
    const leave = (isReset: boolean): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(Number(port), hostname);
        const end = (): unknown => (isReset ? socket.resetAndDestroy() : socket.destroy());
        socket.on("error", () => undefined).once("close", () => resolve());
        socket.once(
          "connect",
          () => void socket.write(WHOLE.slice(0, bytes), withinAnswer ? undefined : end),
        );
        if (withinAnswer) socket.once("data", end);
      });
    await Promise.all(Array.from({ length: 100 }, (_, index) => leave(index % 2 === 0)));
  };
}

describe.concurrent("a sidecar survives that", () => {
  it.each<[string, Inject<Rig>]>([
    ["clients leave before they have said anything", leaveAfter(0)],
    ["clients leave within their headers", leaveAfter(30)],
    ["clients leave within their body", leaveAfter(WHOLE.length - 20)],
    ["clients leave before their answer", leaveAfter(WHOLE.length)],
    ["clients leave with the first byte of their answer", leaveAfter(WHOLE.length, true)],
    [
      "clients leave their stream",
      async ({ tollgate, proxy }) => {
        const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        proxy.fault = ({ sidecar }) => void sidecar.write(`${head}: hello\n\n`);
        const headers = { "x-agent-id": "leaver" };
        const open = Array.from({ length: 50 }, () => openResponse({ url: tollgate.url, headers }));
        for (const stream of await Promise.all(open)) stream.destroy();
        proxy.fault = undefined;
      },
    ],
  ])("%s", async (name, inject) => {
    await tryFault(name, startRig, inject);
  });
});

function childOf({ tollgate }: BridgeRig): number {
  const [, child] = listProcessTree(tollgate.pid);
  if (child === undefined) throw new Error("the bridge has no child");
  return child;
}

/** A call whose server sends more than a response, from clients that do not wait for the end. */
function puppet(params: object): Inject<BridgeRig> {
  return async ({ puppetCall }) => {
    const call = (): Promise<string> =>
      callTool({ ...puppetCall(freshAgent(), params), signal: AbortSignal.timeout(2_000) });
    await Promise.all(Array.from({ length: 3 }, () => call().catch(() => "failed")));
  };
}

describe.concurrent("a sidecar survives that", () => {
  it.each<[string, Inject<BridgeRig>]>([
    ["the wrapped server is killed (SIGKILL)", async (rig) => void process.kill(childOf(rig), "SIGKILL")],
    [
      "the wrapped server is frozen (SIGSTOP), and goes on",
      async (rig) => {
        const child = childOf(rig);
        process.kill(child, "SIGSTOP");
        return () => process.kill(child, "SIGCONT");
      },
    ],
    [
      "the wrapped server floods its stdout",
      puppet({ print: [`{"jsonrpc":"2.0","method":"x"}`], times: 20_000 }),
    ],
    [
      "the wrapped server prints what is no JSON",
      puppet({ print: ["garbage", `{"jsonrpc":`], times: 1_000 }),
    ],
    ["the wrapped server answers twice", puppet({ print: [`{"jsonrpc":"2.0","id":$id,"result":{}}`] })],
    ["the wrapped server is silent", puppet({ silent: true })],
    ["the wrapped server ends within a call", puppet({ exit: 3 })],
  ])("%s", async (name, inject) => {
    await tryFault(name, startBridgeRig, inject);
  });
});
