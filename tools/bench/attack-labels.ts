/** Measures a scrape after a flood of random names: 100,000 unknown tools and agents, then every pair of known ones. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Request } from "../../src/enforcement/request.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics/metrics.ts";

const NAMES = 100_000;
const TOOLS = 805;
const AGENTS = 200;
const TURNS = 5;

const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

const ASSIGNMENT = { category: "execute", source: "heuristic", confidence: 0.95 } as const;
const metrics = createMetrics({
  server: "bench",
  version: "0.0.0",
  nodeVersion: process.version,
  agents: ["anonymous"],
});
metrics.toolsKnown(
  Array.from({ length: TOOLS }, (_, index) => ({
    name: toolName(index),
    assignment: ASSIGNMENT,
    isCovered: true,
  })),
);
const callNs = callUnknownPairs(metrics);
report(`${NAMES} random tools and agents`, metrics.seriesCount(), await scrape(metrics, false));

for (let tool = 0; tool < TOOLS; tool += 1) {
  for (let agent = 0; agent < AGENTS; agent += 1) call(metrics, toolName(tool), `agent-${agent}`, true);
}
report(`${TOOLS} known tools x ${AGENTS} agents`, metrics.seriesCount(), await scrape(metrics, true));
report("the same in protocol buffers", metrics.seriesCount(), await scrape(metrics, true, PROTOBUF));
process.stdout.write(`observing a call under attack: ${(callNs / 1000).toFixed(2)} us\n`);
process.stdout.write(`observing a known call: ${(steady(metrics) / 1000).toFixed(2)} us\n`);

function callUnknownPairs(target: Metrics): number {
  const start = process.hrtime.bigint();
  for (let index = 0; index < NAMES; index += 1) {
    call(target, `tool-${Math.random()}`, `agent-${Math.random()}`, false);
  }
  return Number(process.hrtime.bigint() - start) / NAMES;
}

function steady(target: Metrics): number {
  const start = process.hrtime.bigint();
  for (let index = 0; index < NAMES; index += 1) call(target, toolName(index % 20), "agent-1", true);
  return Number(process.hrtime.bigint() - start) / NAMES;
}

function call(target: Metrics, tool: string, agent: string, isKnown: boolean): void {
  const request: Request = {
    id: "1",
    receivedAtMs: 0,
    method: "tools/call",
    tool: { name: tool, isKnown, category: { category: "execute", source: "heuristic", confidence: 0.5 } },
    agent: { name: agent, source: "header", verified: true },
    era: "modern",
    rpcId: "1",
    transport: "http",
    bytes: 350,
  };
  const judgement = { decision: { charges: [], unevaluable: [] }, policyDigest: "" };
  const { observer } = target;
  observer.requestStarted?.(request);
  observer.requestDecided?.(request, judgement);
  const ending = { outcome: "success", totalMs: 12, upstreamMs: 11.8, resultBytes: 900 } as const;
  observer.requestEnded?.(request, ending, judgement);
  observer.messagePassed?.("downstream", "tools/call");
  observer.messagePassed?.("upstream", "");
}

/** As many calls as there are tools, so that no series can be rendered from the cache of the last scrape. */
function callEachTool(target: Metrics, areKnown: boolean): void {
  for (let tool = 0; tool < TOOLS; tool += 1)
    call(target, toolName(tool), `agent-${tool % AGENTS}`, areKnown);
}

interface Scrape {
  /** Time on the event loop, in slices between its turns. */
  readonly wallMs: number;
  /** CPU time, garbage collection included; independent of other load on the machine. */
  readonly cpuMs: number;
  readonly longestStallMs: number;
  readonly megabytes: number;
}

async function scrape(target: Metrics, areKnown: boolean, accept?: string): Promise<Scrape> {
  const scrapes: Scrape[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    callEachTool(target, areKnown);
    scrapes.push(await scrapeOnce(target, accept));
  }
  return (
    scrapes.toSorted((a, b) => a.wallMs - b.wallMs)[Math.floor(TURNS / 2)] ?? {
      wallMs: 0,
      cpuMs: 0,
      longestStallMs: 0,
      megabytes: 0,
    }
  );
}

async function scrapeOnce(target: Metrics, accept: string | undefined): Promise<Scrape> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { body } = await target.render(accept);
  // Stands for the socket's write.
  const bytes = Buffer.from(body);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    longestStallMs: delay.max / 1e6,
    megabytes: bytes.length / 1e6,
  };
}

function toolName(index: number): string {
  return `service_operation_tool_${index}`;
}

function report(what: string, series: number, { wallMs, cpuMs, longestStallMs, megabytes }: Scrape): void {
  process.stdout.write(
    `${what}: ${series} series, ${megabytes.toFixed(2)} MB, scrape ${wallMs.toFixed(1)} ms (${cpuMs.toFixed(1)} ms of processor), longest stall ${longestStallMs.toFixed(1)} ms\n`,
  );
}
