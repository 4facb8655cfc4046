/** An attack on telemetry: the caller chooses more names than any label may hold. */

import { createHash } from "node:crypto";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

import { OUTCOMES } from "../../../src/mcp/vocabulary.ts";
import { REASONS } from "../../../src/policy/mode.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics/metrics.ts";
import { denied, exampleAgent, exampleRequest, exampleTool, observe } from "../../telemetry/examples.ts";
import type { Figure, Section } from "../figure.ts";

const NAMES = 100_000;
const MOST_LOOP_MS = 50;
const SCRAPES = 9;
/** The tools of the largest known server, and as many agents as get labels of their own. */
const TOOLS = 805;
const AGENTS = 200;
/** Calls between two scrapes, over a few tools and agents as real ones are. */
const CALLS = 1_000;
const ASSIGNMENT = { category: "execute", source: "heuristic", confidence: 0.95 } as const;
const OPENMETRICS = "application/openmetrics-text;version=1.0.0";

export const TELEMETRY: Section = {
  name: "telemetry",
  run: async () => {
    const metrics = createMetrics({ server: "s", version: "0", nodeVersion: "v0", agents: [] });
    metrics.toolsKnown(
      Array.from({ length: TOOLS }, (_, at) => ({
        name: `tool-${at}`,
        assignment: ASSIGNMENT,
        isCovered: true,
      })),
    );
    attack(metrics, NAMES);
    for (let at = 0; at < TOOLS * AGENTS; at += 1) callKnown(metrics, at % TOOLS, Math.floor(at / TOOLS));
    const atCap = metrics.seriesCount();
    attack(metrics, 2 * NAMES);
    return [growth(atCap, metrics.seriesCount()), await scrapes(metrics)];
  },
};

function callKnown({ observer }: Metrics, tool: number, agent: number): void {
  observe(
    observer,
    exampleRequest({ tool: exampleTool(`tool-${tool}`), agent: exampleAgent(`agent-${agent}`) }),
  );
}

/** Sends requests with random names of methods, tools, agents and rules. */
function attack({ observer }: Metrics, upTo: number): void {
  for (let index = upTo - NAMES; index < upTo; index += 1) {
    const request = exampleRequest({
      method: index % 5 === 0 ? randomName(index, "method") : "tools/call",
      tool: exampleTool(randomName(index, "tool"), { isKnown: false }),
      agent: exampleAgent(randomName(index, "agent")),
    });
    const outcome = OUTCOMES[index % OUTCOMES.length] ?? "success";
    const reason = REASONS[index % REASONS.length] ?? "hidden";
    const judgement = outcome === "denied" ? [denied({ reason, rule: randomName(index, "rule") })] : [];
    const ending = { outcome, totalMs: 3, upstreamMs: 2, resultBytes: 900 };
    observe(observer, request, judgement[0], ending);
  }
}

/** A name that looks random and is the same in each run. */
function randomName(index: number, kind: string): string {
  const digest = createHash("sha1").update(`${kind} ${index}`).digest("base64");
  return index % 7 === 0 ? `${digest}":,\n\\`.repeat(20) : digest;
}

function growth(atCap: number, later: number): Figure {
  return {
    name: `telemetry under ${NAMES} random tool, agent, rule and method names`,
    figure: `${atCap} series; ${later - atCap} more after as many other names`,
    bar: "no growth past the cap",
    isMet: later === atCap,
  };
}

async function scrapes(metrics: Metrics): Promise<Figure> {
  const first = await scrape(metrics, OPENMETRICS);
  const runs = [];
  for (let run = 0; run < SCRAPES; run += 1) {
    for (let at = 0; at < CALLS; at += 1) callKnown(metrics, (at * at) % 20, at % 10);
    runs.push(await scrape(metrics, run % 2 === 0 ? OPENMETRICS : undefined));
  }
  const [typical] = runs.toSorted((one, other) => one.busyMs - other.busyMs).slice(SCRAPES >> 1);
  const longestMs = Math.max(...runs.map(({ stallMs }) => stallMs));
  const busyMs = typical?.busyMs ?? Infinity;
  return {
    name: "a scrape at the cap",
    figure: `${busyMs.toFixed(1)} ms of event loop in the median of ${SCRAPES} with ${CALLS} calls between them, longest stall ${longestMs.toFixed(1)} ms, ${typical?.length} bytes; the first one ${first.busyMs.toFixed(1)} ms, longest stall ${first.stallMs.toFixed(1)} ms`,
    bar: `under ${MOST_LOOP_MS} ms`,
    isMet: busyMs < MOST_LOOP_MS,
  };
}

/** How long one scrape keeps the event loop busy in total, and at most without a break. */
async function scrape(
  metrics: Metrics,
  accept: string | undefined,
): Promise<{ busyMs: number; stallMs: number; length: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = performance.eventLoopUtilization();
  const startedAt = performance.now();
  delay.enable();
  const { body } = await metrics.render(accept);
  const endedAt = performance.now();
  delay.disable();
  const { active } = performance.eventLoopUtilization(before);
  // An event loop that never waited reports no utilization: it was busy the whole time.
  return { busyMs: active > 0 ? active : endedAt - startedAt, stallMs: delay.max / 1e6, length: body.length };
}
