/** Measures the longest turn of the event loop while a scrape of every possible series is rendered. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Request } from "../../../src/enforcement/request.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics/metrics.ts";
import { requestedRounds, printFigures } from "./figures.ts";
import { median } from "../median.ts";

const TOOLS = 2_000;
const AGENTS = 200;

const ASSIGNMENT = { category: "execute", source: "heuristic", confidence: 0.95 } as const;
const agents = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`);
const metrics = createMetrics({ server: "bench", version: "0.0.0", nodeVersion: process.version, agents });
const tools = Array.from({ length: TOOLS }, (_, index) => `service_operation_tool_${index}`);
metrics.toolsKnown(tools.map((name) => ({ name, assignment: ASSIGNMENT, isCovered: true })));
callEveryPair(metrics);

const scrapes: { longestMs: number; wholeMs: number; bytes: number }[] = [];
for (let round = 0; round <= requestedRounds(); round += 1) {
  for (const tool of tools) call(metrics, tool, agents[round % AGENTS] ?? "");
  scrapes.push(await scrape(metrics));
}
const longest = scrapes.slice(1).map(({ longestMs }) => longestMs);
const whole = scrapes.slice(1).map(({ wholeMs }) => wholeMs);
printFigures({
  series: metrics.seriesCount(),
  bytes: scrapes.at(-1)?.bytes ?? 0,
  // The first scrape of a process compiles the code that later ones run.
  firstMs: scrapes[0]?.longestMs ?? 0,
  longestMs: median(longest),
  worstMs: Math.max(...longest),
  wholeMs: median(whole),
});

function callEveryPair(target: Metrics): void {
  for (const tool of tools) for (const agent of agents) call(target, tool, agent);
}

/** A loop of setImmediate measures the turns of the event loop during rendering. */
async function scrape(target: Metrics): Promise<{ longestMs: number; wholeMs: number; bytes: number }> {
  const startedMs = performance.now();
  const state = { isDone: false };
  let longestMs = 0;
  const rendered = target.render(undefined).then(({ body }) => {
    state.isDone = true;
    return Buffer.from(body).length;
  });
  let turnMs = startedMs;
  while (!state.isDone) {
    await nextTurn();
    longestMs = Math.max(longestMs, performance.now() - turnMs);
    turnMs = performance.now();
  }
  return { longestMs, wholeMs: performance.now() - startedMs, bytes: await rendered };
}

function call(target: Metrics, tool: string, agent: string): void {
  const request: Request = {
    id: "1",
    receivedAtMs: 0,
    method: "tools/call",
    tool: {
      name: tool,
      isKnown: true,
      category: { category: "execute", source: "heuristic", confidence: 0.5 },
    },
    agent: { name: agent, source: "header", verified: true },
    era: "modern",
    rpcId: "1",
    transport: "http",
    bytes: 350,
  };
  const judgement = { decision: { charges: [], unevaluable: [] }, policyDigest: "" };
  const ending = { outcome: "success", totalMs: 12, upstreamMs: 11.8, resultBytes: 900 } as const;
  target.observer.requestStarted?.(request);
  target.observer.requestDecided?.(request, judgement);
  target.observer.requestEnded?.(request, ending, judgement);
}
