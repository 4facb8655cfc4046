import { once } from "node:events";

import { afterEach, describe, expect, it } from "vitest";

import {
  type Bridge,
  INITIALIZE,
  modernRequest,
  openBridge,
  stdioServer,
  asStream,
  readBody,
} from "../../fixtures/bridge.ts";
import { isRunning } from "../../fixtures/processes.ts";
import { until } from "../../fixtures/start-sidecar.ts";

let bridge: Bridge;

afterEach(() => bridge.close());

async function pidOf(session: string): Promise<number> {
  const asked = bridge.post({ id: 9, method: "test/received" }, { "mcp-session-id": session });
  return Number(/"pid":(\d+)/.exec(await readBody(await asked.response))?.[1]);
}

describe("children", () => {
  it("are limited in number: a further session is refused with Retry-After while all are in use", async () => {
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 2 });
    const sessions = [await bridge.initialize(), await bridge.initialize()];
    for (const id of sessions) asStream(await bridge.upstream.open("GET", { "mcp-session-id": id }).response);
    const refused = await bridge.post(INITIALIZE).response;
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(await readBody(refused))).toMatchObject({ id: 1, error: { code: -32_603 } });
    expect(bridge.upstream.size).toBe(2);
    bridge.upstream.open("DELETE", { "mcp-session-id": sessions[0] });
    await until(() => bridge.upstream.size === 1);
    expect(await bridge.initialize()).not.toBe(sessions[1]);
  });

  it("give way to a new session: the longest idle one ends, and its client gets 404", async () => {
    let nowMs = 0;
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 2, nowMs: () => nowMs });
    const [first, second] = [await bridge.initialize(), await bridge.initialize()];
    nowMs = 10;
    const pid = await pidOf(second);
    await pidOf(first);
    nowMs = 20;
    await pidOf(first);
    const third = await bridge.initialize();
    expect(isRunning(pid)).toBe(false);
    expect(bridge.upstream.size).toBe(2);
    const statuses = [first, second, third].map(
      async (id) =>
        (
          await bridge.post({ id: 2, method: "ping" }, { accept: "application/json", "mcp-session-id": id })
            .response
        ).statusCode,
    );
    expect(await Promise.all(statuses)).toEqual([200, 404, 200]);
    expect(bridge.events.filter((line) => line === "session ended")).toHaveLength(1);
  });

  it("do not give way while a request is under way, or before the handshake is complete", async () => {
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 2 });
    const busy = await bridge.initialize();
    const waiting = bridge.post(
      { id: 5, method: "test/echo", params: { silent: true } },
      { "mcp-session-id": busy },
    );
    waiting.response.catch(() => undefined);
    await bridge.post(INITIALIZE).response;
    expect((await bridge.post(INITIALIZE).response).statusCode).toBe(503);
    waiting.abort();
  });

  it("give way to as many new sessions as begin at once, and never are more than the limit", async () => {
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 3 });
    const old = [await bridge.initialize(), await bridge.initialize(), await bridge.initialize()];
    const begun = await Promise.all(old.map(() => bridge.post(INITIALIZE).response));
    expect(begun.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(bridge.upstream.size).toBe(3);
    expect(bridge.events.filter((line) => line === "session ended")).toHaveLength(3);
  });

  it("give way to the child that modern clients share", async () => {
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 1 });
    await bridge.initialize();
    const echoed = await bridge.post(...modernRequest(1, "test/echo")).response;
    expect(echoed.statusCode).toBe(200);
    expect(bridge.upstream.size).toBe(1);
  });

  it("count against the limit for modern clients, too", async () => {
    bridge = await openBridge(stdioServer("puppet"), { maxChildren: 1 });
    const session = await bridge.initialize();
    asStream(await bridge.upstream.open("GET", { "mcp-session-id": session }).response);
    await expect(bridge.post(...modernRequest(1, "test/echo")).response).rejects.toMatchObject({
      wasSent: false,
    });
    expect(bridge.upstream.size).toBe(1);
  });

  it("include a spare one at the start, which the first session uses", async () => {
    bridge = await openBridge(stdioServer("puppet"));
    await until(() => bridge.upstream.isUp);
    expect(bridge.upstream.size).toBe(1);
    await bridge.initialize();
    expect(bridge.upstream.size).toBe(1);
  });

  it("end with their session when it has been idle for `idleMs`, and not before", async () => {
    let nowMs = 0;
    bridge = await openBridge(stdioServer("puppet"), { idleMs: 900, nowMs: () => nowMs });
    const [busy, idle] = [await bridge.initialize(), await bridge.initialize()];
    const pids = [await pidOf(busy), await pidOf(idle)];
    const stream = asStream(await bridge.upstream.open("GET", { "mcp-session-id": busy }).response);
    nowMs = 899;
    await pidOf(idle);
    nowMs = 1_798;
    await pidOf(idle);
    nowMs = 2_698;
    await until(() => !isRunning(pids[1] ?? 0));
    expect(isRunning(pids[0] ?? 0)).toBe(true);
    expect(bridge.events.filter((line) => line === "session ended")).toHaveLength(1);
    const closed = once(stream, "close");
    stream.destroy();
    await closed;
    nowMs = 4_000;
    await until(() => !isRunning(pids[0] ?? 0));
  });

  it("have all exited when the bridge has closed, also with requests in flight", async () => {
    bridge = await openBridge(stdioServer("puppet"));
    const session = await bridge.initialize();
    const pids = [await pidOf(session)];
    const shared = await readBody(await bridge.post(...modernRequest(1, "test/received")).response);
    pids.push(Number(/"pid":(\d+)/.exec(shared)?.[1]));
    const waiting = bridge.post(
      { id: 1, method: "test/echo", params: { silent: true } },
      { "mcp-session-id": session },
    );
    const failed = expect(waiting.response).rejects.toThrow("upstream broken");
    await bridge.close();
    await failed;
    expect(pids.map(isRunning)).toEqual([false, false]);
    await expect(bridge.post(INITIALIZE).response).rejects.toThrow("upstream unreachable");
  });

  it("that exit at once are restarted with backoff, and the command is not up", async () => {
    bridge = await openBridge(stdioServer("dies-at-start"));
    await until(() => bridge.events.filter((line) => line === "restart").length === 2);
    expect(bridge.upstream.isUp).toBe(false);
    await until(() => bridge.upstream.size === 0);
    await expect(bridge.post(INITIALIZE).response).rejects.toMatchObject({
      fault: "unreachable",
      wasSent: false,
    });
  });

  it("that cannot be started reject `startSpare` with the command's name", async () => {
    const command = { command: "no-such-program", args: [], environment: {} };
    await expect(openBridge(command)).rejects.toThrow("`no-such-program` cannot be started");
  });

  it("that flood stdout with unmatched lines use bounded memory", async () => {
    bridge = await openBridge(stdioServer("floods-stdout"));
    const session = await bridge.initialize();
    const before = process.memoryUsage().heapUsed;
    const ping = async (id: number): Promise<string> =>
      readBody(
        await bridge.post({ id, method: "ping" }, { accept: "application/json", "mcp-session-id": session })
          .response,
      );
    for (let id = 1; id <= 20; id += 1) expect(await ping(id)).toContain(`"id":${id}`);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
  });
});
