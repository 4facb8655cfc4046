/** Curve: number of series in a scrape, over HTTP through the built sidecar. The same load runs with and without scrapes, in turns. */

import { once } from "node:events";
import { driveLoad, openResponse, type Load, toolCall } from "./caller.ts";
import { type Curve, median, type Point } from "./curve.ts";
import { type BuiltSidecar, withSidecar } from "./processes.ts";
import { toolName } from "./rule-policy.ts";

const TURNS = 3;
const TURN_MS = 1_500;
const AT_ONCE = 4;
const AGENTS = 200;
/** Most pairs of agent and tool that have series of their own. */
const MOST_PAIRS = 5_000;
const CONFIG = { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } };

export const SCRAPE: Curve = {
  name: "scrape",
  axis: "series",
  points: [1, 30, 200, 805, 2_000],
  quickPoints: [1, 30],
  columns: [
    { key: "scrape", label: "a scrape", unit: "ms" },
    { key: "block", label: "longest block", unit: "ms" },
    { key: "quietBlock", label: "longest block without", unit: "ms" },
    { key: "quiet", label: "99 % of calls within", unit: "ms" },
    { key: "scraped", label: "the same while scraped", unit: "ms" },
    { key: "resident", label: "memory", unit: "MiB" },
    { key: "body", label: "body", unit: "KiB" },
  ],
  panels: [
    { title: "A scrape", lines: { scrape: "from end to end", block: "longest block" } },
    { title: "99 % of calls", lines: { quiet: "without", scraped: "while scraped" } },
    { title: "Memory", lines: { resident: "" } },
  ],
  measure,
};

/** Calls `tools` known tools by as many agents as pairs may have series. */
function measure(tools: number): Promise<Point> {
  return withSidecar({ policy: policyOf(tools), config: CONFIG }, async (sidecar) => {
    await callPairs(sidecar, tools);
    const turns: Turn[] = [];
    for (let turn = 0; turn <= TURNS; turn += 1) turns.push(await oneTurn(sidecar));
    // The first turn is warm-up.
    const middle = (pick: (turn: Turn) => number): number => median(turns.slice(1).map(pick));
    const body = (await scrape(sidecar)).body();
    const { residentBytes } = await sidecar.readProbe();
    return {
      // Every line that is not a comment is a series.
      at: body.match(/^[^#]/gm)?.length ?? 0,
      figures: {
        scrape: middle(({ scrapeMs }) => scrapeMs),
        block: middle(({ blockMs }) => blockMs),
        quietBlock: middle(({ quietBlockMs }) => quietBlockMs),
        quiet: middle(({ quietMs }) => quietMs),
        scraped: middle(({ scrapedMs }) => scrapedMs),
        resident: residentBytes / 2 ** 20,
        body: body.length / 1_024,
      },
    };
  });
}

function policyOf(tools: number): object {
  const limits = [{ counter: "calls", window: "day", max: 1_000_000_000, scope: "grant" }];
  const entries = Array.from({ length: tools }, (_, index) => [toolName(index), { limits }]);
  return { version: "1", default: "deny", tools: Object.fromEntries(entries) };
}

async function callPairs(sidecar: BuiltSidecar, tools: number): Promise<void> {
  const most = Math.min(MOST_PAIRS, tools * AGENTS);
  await driveLoad({ ...loadOf(sidecar, tools), forMs: Infinity, maxCalls: most });
}

/** Each call is by the next agent, and after all agents for the next tool. */
function loadOf({ url }: BuiltSidecar, tools: number): Load {
  const bodies = Array.from({ length: tools }, (_, index) => toolCall({ query: "up" }, toolName(index)));
  const call: Load["call"] = (index) => {
    const headers = { "x-agent-id": `agent-${Math.floor(index / tools) % AGENTS}` };
    const body = bodies[index % tools];
    return { url, headers, ...(body !== undefined && { body }) };
  };
  return { atOnce: AT_ONCE, forMs: TURN_MS, call };
}

interface Turn {
  readonly scrapeMs: number;
  readonly blockMs: number;
  readonly quietBlockMs: number;
  readonly quietMs: number;
  readonly scrapedMs: number;
}

async function oneTurn(sidecar: BuiltSidecar): Promise<Turn> {
  const load = loadOf(sidecar, 1);
  await sidecar.readProbe({ isCollected: true, isWatched: true });
  const quiet = await driveLoad(load);
  const { longestBlockMs: quietBlockMs } = await sidecar.readProbe({ isCollected: true, isWatched: true });
  const calls = driveLoad(load);
  const scrapes = await scrapeRepeatedly(sidecar, TURN_MS);
  const scraped = await calls;
  const { longestBlockMs } = await sidecar.readProbe();
  return {
    scrapeMs: median(scrapes),
    blockMs: longestBlockMs,
    quietBlockMs,
    quietMs: quiet.p99Ms,
    scrapedMs: scraped.p99Ms,
  };
}

/** Scrapes without a pause, far more often than Prometheus does. */
async function scrapeRepeatedly(sidecar: BuiltSidecar, forMs: number): Promise<readonly number[]> {
  const startedMs = performance.now();
  const took: number[] = [];
  while (performance.now() - startedMs < forMs) took.push((await scrape(sidecar)).tookMs);
  return took;
}

async function scrape({ adminUrl }: BuiltSidecar): Promise<{ tookMs: number; body: () => string }> {
  const startedMs = performance.now();
  const response = await openResponse({ url: `${adminUrl}/metrics`, headers: { accept: OPENMETRICS } });
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(response, "end");
  const tookMs = performance.now() - startedMs;
  return { tookMs, body: () => Buffer.concat(chunks).toString("latin1") };
}

const OPENMETRICS = "application/openmetrics-text;version=1.0.0";
