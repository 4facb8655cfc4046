/** A sidecar under steady load: its memory and its descriptors do not grow. SOAK_MINUTES, SOAK_RATE and SOAK_STREAMS say how much. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { INITIALIZE } from "../fixtures/bridge.ts";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { callAtRate, callOf, callTool, openAnswer, send } from "../fixtures/open-loop.ts";
import { fitLine, type Line, type Sample } from "../fixtures/slope.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { noteFigure } from "../operations/figure.ts";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 20);
const RATE = Number(process.env["SOAK_RATE"] ?? 300);
const STREAMS = Number(process.env["SOAK_STREAMS"] ?? 200);
const AGENTS = 500;
const SAMPLE_MS = 5_000;
/** The first third, but 5 minutes at most: compiled code, full rings and grown heaps are no leak. */
const WARM_UP_S = Math.min(300, MINUTES * 20);
/** In 10 minutes. A run of less than 20 cannot tell 1 % from 5 %: it fails when it is surely above, by two standard errors. */
const BAR_PERCENT = 1;
const TEN_MINUTES_S = 600;

const COLLECT = import.meta.resolve("../fixtures/collect-garbage.ts");

const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    run: { limits: [{ counter: "runs", window: "minute", max: 50, scope: "grant" }] },
    refused: { deny_if: [{ conditions: [{ path: "args.n", op: "gte", value: 0 }] }] },
  },
};

it(
  `holds its memory and its descriptors for ${MINUTES} minutes at ${RATE} calls a second, ${STREAMS} streams and sessions that come and go`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-soak-"));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const upstream = await startUpstream();
    const identity = `identity: { header: { name: X-Agent-Id, from: [127.0.0.1] } }\n`;
    const tollgate = await startTollgateProcess({
      upstream: upstream.url,
      flags: [
        ["--policy", file("policy.json", JSON.stringify(POLICY))],
        ["--config", file("config.yaml", identity)],
        ["--audit", "/dev/null"],
        ["--log-level", "error"],
      ].flat(),
      environment: { NODE_OPTIONS: `--import ${COLLECT}`, TEST_HEAP_FILE: join(folder, "heap.json") },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const isOver = { now: false };
    onTestFinished(async () => {
      isOver.now = true;
      await tollgate.stop("SIGKILL");
      agent.destroy();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const { url } = tollgate;
    const streams = Array.from({ length: STREAMS }, (_, index) => keepStream(url, headersOf(index), isOver));
    const calls = callAtRate(RATE, async (index) => {
      // One in thirty opens a session, calls in it, and ends it.
      if (index % 30 === 0) return converse({ url, agent, headers: headersOf(index) });
      const message = callOf(index % 5 === 0 ? "refused" : "run", { n: index });
      return callTool({ url, agent, headers: headersOf(index), message });
    });
    const samples = await sample(tollgate, join(folder, "heap.json"));
    const { admitted = 0, condition = 0, rate_limited: limited = 0, ...others } = await calls.stop();
    isOver.now = true;
    const late = (pick: (each: Reading) => number): Sample[] =>
      samples.filter(({ atS }) => atS >= WARM_UP_S).map((each) => ({ atS: each.atS, value: pick(each) }));
    const [memory, heap] = [fitLine(late(({ rss }) => rss)), fitLine(late((each) => each.heap))];
    const descriptors = fitLine(late(({ fds }) => fds));
    noteFigure({
      row: "soak, calls",
      figure: `${MINUTES} min at ${RATE} calls/s, ${streams.length} streams: ${admitted} admitted, ${condition} denied, ${limited} over a limit, others ${JSON.stringify(others)}`,
      isMet: Object.keys(others).length === 0,
    });
    noteFigure({
      row: "soak, memory",
      figure: `${mebibytes(memory)} after a collection, ${inTenMinutes(memory)} per 10 min, heap ${mebibytes(heap)}, ${inTenMinutes(heap)}, by ${late(({ rss }) => rss).length} samples after ${WARM_UP_S} s`,
      isMet: isFlat(memory),
    });
    noteFigure({
      row: "soak, descriptors",
      figure: `${descriptors.mean.toFixed(0)}, ${inTenMinutes(descriptors)} per 10 min`,
      isMet: isFlat(descriptors),
    });
    expect(others).toEqual({});
    expect([memory, descriptors].map(isFlat)).toEqual([true, true]);
  },
  (MINUTES + 2) * 60_000,
);

function headersOf(index: number): Record<string, string> {
  return { "x-agent-id": `agent-${index % AGENTS}` };
}

function isFlat(line: Line): boolean {
  return percent(line) - (MINUTES < 20 ? 2 * errorPercent(line) : 0) <= BAR_PERCENT;
}

function percent({ mean, slope }: Line): number {
  return (slope / mean) * TEN_MINUTES_S * 100;
}

function mebibytes({ mean }: Line): string {
  return `${(mean / 2 ** 20).toFixed(1)} MiB`;
}

function errorPercent({ mean, slopeError }: Line): number {
  return (slopeError / mean) * TEN_MINUTES_S * 100;
}

function inTenMinutes(line: Line): string {
  return `${percent(line).toFixed(2)} % (standard error ${errorPercent(line).toFixed(2)} %)`;
}

interface Reading {
  readonly atS: number;
  readonly rss: number;
  readonly heap: number;
  readonly fds: number;
}

// Between collections a heap swings by a fifth, which hides a leak for hours.
/** Memory after a collection, and descriptors, every 5 s. */
async function sample({ pid, adminUrl, signal }: RunningTollgate, heapFile: string): Promise<Reading[]> {
  const startedMs = performance.now();
  const samples: Reading[] = [];
  while (performance.now() - startedMs < MINUTES * 60_000) {
    // As Prometheus would, though more often.
    await (await fetch(`${adminUrl}/metrics`)).text();
    rmSync(heapFile, { force: true });
    signal("SIGUSR2");
    await until(() => existsSync(heapFile));
    const { rss, heapUsed: heap } = JSON.parse(readFileSync(heapFile, "utf8")) as NodeJS.MemoryUsage;
    const fds = readdirSync(`/proc/${pid}/fd`).length;
    samples.push({ atS: (performance.now() - startedMs) / 1_000, rss, heap, fds });
    if (samples.length % 6 === 0) process.stdout.write(`${JSON.stringify(samples.at(-1))}\n`);
    const nextMs = startedMs + samples.length * SAMPLE_MS;
    await until(() => performance.now() >= nextMs);
  }
  return samples;
}

/** A stream that is opened again each time its server ends it. */
async function keepStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  isOver: { readonly now: boolean },
): Promise<void> {
  while (!isOver.now) {
    const stream = await openAnswer({ url, headers }).catch(() => undefined);
    if (stream === undefined) return;
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
  }
}

async function converse(sent: {
  url: string;
  agent: Agent;
  headers: Record<string, string>;
}): Promise<string> {
  const opened = await send({ ...sent, message: INITIALIZE });
  const headers = { ...sent.headers, "mcp-session-id": String(opened.headers["mcp-session-id"]) };
  const word = await callTool({ ...sent, headers, message: callOf("run") });
  await send({ ...sent, headers, method: "DELETE" });
  return word;
}

/** Answers calls at once; a stream lasts 20 s and says something each second. */
function startUpstream(): ReturnType<typeof serveOnLoopback> {
  let sessions = 0;
  return serveOnLoopback((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      if (request.method === "DELETE") return void response.writeHead(204).end();
      if (request.method === "GET") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const say = setInterval(() => response.write(`data: ${NEWS}\n\n`), 1_000);
        const end = setTimeout(() => response.end(), 20_000);
        response.once("close", () => {
          clearInterval(say);
          clearTimeout(end);
        });
        return;
      }
      if (text.includes(`"initialize"`)) response.setHeader("mcp-session-id", `s${(sessions += 1)}`);
      sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
    });
  });
}

const NEWS = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}`;
