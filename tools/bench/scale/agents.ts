/** Curve: number of agents that call, over HTTP through the built sidecar. Every agent has called once; then all call in turn. */

import { type Load, driveLoad, toolCall } from "./caller.ts";
import type { Curve, Point } from "./curve.ts";
import { type BuiltSidecar, withSidecar } from "./processes.ts";

const WARM_CALLS = 5_000;
const FOR_MS = 4_000;
const AT_ONCE = 16;
const BODY = toolCall({ query: "sum(rate(http_requests_total[5m]))" });
const POLICY = {
  version: "1",
  default: "allow",
  // A window of one day, so that no window ends within the measurement and drops its keys.
  all_tools: { limits: [{ counter: "calls", window: "day", max: 1_000_000_000, scope: "grant" }] },
};
const CONFIG = { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } };

export const AGENTS: Curve = {
  name: "agents",
  axis: "agents",
  points: [10, 100, 1_000, 10_000, 100_000],
  quickPoints: [10, 100],
  columns: [
    { key: "cpu", label: "processor time of a call", unit: "us" },
    { key: "p50", label: "median call", unit: "ms" },
    { key: "p99", label: "99 % of calls within", unit: "ms" },
    { key: "resident", label: "memory", unit: "MiB" },
    { key: "each", label: "memory for each agent", unit: "B" },
    { key: "labels", label: "agents as labels", unit: "" },
    { key: "series", label: "series of a scrape", unit: "" },
  ],
  panels: [
    { title: "Processor time of a call", lines: { cpu: "" } },
    { title: "Latency", lines: { p50: "median", p99: "99 %" } },
    { title: "Memory", lines: { resident: "" } },
  ],
  measure,
};

function measure(at: number): Promise<Point> {
  return withSidecar({ policy: POLICY, config: CONFIG }, async (sidecar) => {
    const load = loadOf(sidecar, at);
    await driveLoad({ ...loadOf(sidecar, 1), maxCalls: WARM_CALLS });
    const before = await sidecar.readProbe({ isCollected: true });
    await driveLoad({ ...load, forMs: Infinity, maxCalls: Math.max(at, WARM_CALLS) });
    const filled = await sidecar.readProbe({ isCollected: true });
    const { calls, p50Ms, p99Ms } = await driveLoad(load);
    const after = await sidecar.readProbe();
    const { series, agents } = await scrapedBy(sidecar);
    const each = (filled.heldBytes - before.heldBytes) / at;
    return {
      at,
      figures: {
        cpu: (after.cpuUs - filled.cpuUs) / calls,
        p50: p50Ms,
        p99: p99Ms,
        resident: after.residentBytes / 2 ** 20,
        // The memory of a hundred agents is below the noise.
        each: at < 10_000 ? null : each,
        labels: agents,
        series,
      },
    };
  });
}

function loadOf({ url }: BuiltSidecar, agents: number): Load {
  const call: Load["call"] = (index) => ({
    url,
    body: BODY,
    headers: { "x-agent-id": `agent-${index % agents}` },
  });
  return { atOnce: AT_ONCE, forMs: FOR_MS, call };
}

async function scrapedBy({ adminUrl }: BuiltSidecar): Promise<{ series: number; agents: number }> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const names = new Set(Array.from(text.matchAll(/[{,]agent="([^"]*)"/g), ([, name]) => name));
  return { series: text.match(/^[a-z]/gm)?.length ?? 0, agents: names.size };
}
