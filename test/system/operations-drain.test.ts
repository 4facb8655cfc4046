/** SIGTERM under load: two sidecars behind a balancer that reads readiness, one of which gets the signal. */

import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { INITIALIZE, stdioServer } from "../fixtures/bridge.ts";
import { atEnd, serve, temporaryFile } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, type LoopbackServer, sendJson } from "../fixtures/loopback-server.ts";
import { callAtRate, toolCall, callTool, isWhole, openResponse, sendRequest } from "../fixtures/open-loop.ts";
import { isRunning, listProcessTree } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { noteFigure } from "../operations/figure.ts";

const RATE = 200;
const STREAMS = 50;
const LAME_DUCK_MS = 2_000;
const DRAIN_MS = 20_000;
const SLOW_MS = 3_000;

const BOUNDS = `bounds: { lame-duck-ms: ${LAME_DUCK_MS}, drain-ms: ${DRAIN_MS} }\n`;

async function startTollgate(server: { upstream: string } | { command: string[] }): Promise<RunningTollgate> {
  const tollgate = await startTollgateProcess({
    ...server,
    flags: ["--config", temporaryFile("config.yaml", BOUNDS), "--log-level", "error"],
  });
  atEnd(() => tollgate.stop("SIGKILL"));
  return tollgate;
}

/** `slow` takes longer than the lame-duck time; GET is a stream without an end. */
function startUpstream(): Promise<LoopbackServer> {
  return serve((text, response, { method }) => {
    if (method === "GET")
      return void response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
    if (!text.includes(`"slow"`)) return EMPTY_RESULT;
    return void setTimeout(() => sendJson(response, EMPTY_RESULT), SLOW_MS);
  });
}

/** Polls the readiness of the sidecars, as a Service does, and picks the first ready one. */
function balance(sidecars: readonly RunningTollgate[]): { pick: () => string } {
  let ready = sidecars[0];
  const timer = setInterval(async () => {
    for (const sidecar of sidecars) {
      const status = await fetch(`${sidecar.adminUrl}/readyz`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status !== 200) continue;
      ready = sidecar;
      return;
    }
  }, 100);
  atEnd(() => clearInterval(timer));
  return { pick: () => ready?.url ?? "" };
}

describe("SIGTERM", () => {
  it(`at ${RATE} calls a second and with ${STREAMS} streams fails no call, ends every stream in good order, and exits with 0`, async () => {
    const upstream = await startUpstream();
    const leaving = await startTollgate({ upstream: upstream.url });
    const staying = await startTollgate({ upstream: upstream.url });
    const service = balance([leaving, staying]);
    const agent = new Agent({ keepAlive: true });
    atEnd(() => agent.destroy());
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, () => openResponse({ url: leaving.url })),
    );
    const ends = streams.map(isWhole);
    const byTarget = { leaving: 0, staying: 0, afterSignal: 0 };
    let isAsked = false;
    const calls = callAtRate(RATE, async (index) => {
      // A Service learns late that a pod leaves: at least one call comes after the signal, however soon the next poll is.
      const url = isAsked && byTarget.afterSignal === 0 ? leaving.url : service.pick();
      byTarget[url === leaving.url ? "leaving" : "staying"] += 1;
      if (isAsked && url === leaving.url) byTarget.afterSignal += 1;
      return callTool({ url, agent, message: toolCall(index % 50 === 0 ? "slow" : "run") });
    });
    await until(() => (calls.tally()["admitted"] ?? 0) >= 2 * RATE);
    const sinceMs = performance.now();
    isAsked = true;
    leaving.signal("SIGTERM");
    await until(async () => (await fetch(`${leaving.adminUrl}/readyz`)).status === 503);
    const code = await leaving.exitCode;
    const tookMs = performance.now() - sinceMs;
    const before = calls.tally()["admitted"] ?? 0;
    await until(() => (calls.tally()["admitted"] ?? 0) >= before + RATE);
    const { admitted = 0, ...failed } = await calls.stop();
    const whole = (await Promise.all(ends)).filter(Boolean).length;
    const figure =
      `${admitted} calls, ${JSON.stringify(failed)} failed; ${byTarget.leaving} by the one that left ` +
      `(${byTarget.afterSignal} after SIGTERM), ${byTarget.staying} by the other; ${whole} of ${STREAMS} streams ended in good order; ` +
      `exit ${code} after ${Math.round(tookMs)} ms of ${LAME_DUCK_MS + DRAIN_MS}`;
    const isClean = Object.keys(failed).length === 0 && whole === STREAMS;
    const isMet = isClean && code === 0 && tookMs < LAME_DUCK_MS + DRAIN_MS;
    noteFigure({ row: "drain", figure, isMet });
    expect(failed).toEqual({});
    expect(byTarget.afterSignal).toBeGreaterThan(0);
    expect(byTarget.staying).toBeGreaterThan(0);
    expect(whole).toBe(STREAMS);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(LAME_DUCK_MS + DRAIN_MS);
  });

  it.each([
    ["ends calls, streams and every child of a bridge, and exits with 0", 1, 0],
    ["given twice leaves no child of a bridge behind, and exits at once", 2, 143],
  ])("%s", async (_claim, signals, code) => {
    const { command, args = [] } = stdioServer("delayed", String(SLOW_MS));
    const tollgate = await startTollgate({ command: [command, ...args] });
    const message = { ...INITIALIZE };
    const sessions = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { headers } = await sendRequest({ url: tollgate.url, message });
        return { "mcp-session-id": String(headers["mcp-session-id"]) };
      }),
    );
    const streams = await Promise.all(
      sessions.map((headers) => openResponse({ url: tollgate.url, headers })),
    );
    const ends = streams.map(isWhole);
    const calls = sessions.map((headers) =>
      callTool({ url: tollgate.url, headers, message: toolCall("echo") }).catch(() => "failed"),
    );
    const family = listProcessTree(tollgate.pid).slice(1);
    expect(family.length).toBeGreaterThanOrEqual(4);
    tollgate.signal("SIGTERM");
    if (signals === 2) {
      await until(async () => (await fetch(`${tollgate.adminUrl}/readyz`)).status === 503);
      tollgate.signal("SIGTERM");
    }
    expect(await tollgate.exitCode).toBe(code);
    await until(() => !family.some(isRunning));
    const answers = await Promise.all(calls);
    const whole = (await Promise.all(ends)).filter(Boolean).length;
    process.stdout.write(
      `bridge, ${signals} signal(s): exit ${code}, calls ${answers.join(" ")}, ${whole} of 4 streams ended in good order, ${family.length} children gone\n`,
    );
    if (signals === 1) expect([answers, whole]).toEqual([answers.map(() => "admitted"), 4]);
  });
});
