/** Curve: number of tools that a server lists, over HTTP through the built sidecar, which hides every tenth. */

import { type Call, timeCall, TOOLS_LIST } from "./caller.ts";
import { type Curve, median, type Point } from "./curve.ts";
import { withSidecar } from "./processes.ts";
import { toolName } from "./rule-policy.ts";

const FOR_MS = 3_000;
const LEAST_TURNS = 3;
const STARTS = 2;

export const TOOLS: Curve = {
  name: "tools",
  axis: "tools of the server",
  // 43,000 of these tools fill the 32 MiB that a list may have.
  points: [10, 100, 1_000, 10_000, 43_000],
  quickPoints: [10, 100],
  columns: [
    { key: "first", label: "first list", unit: "ms" },
    { key: "again", label: "the same list again", unit: "ms" },
    { key: "past", label: "without the sidecar", unit: "ms" },
    { key: "cpu", label: "processor time, again", unit: "ms" },
    { key: "block", label: "longest block, again", unit: "ms" },
    { key: "peak", label: "most memory", unit: "MiB" },
    { key: "each", label: "heap for each tool", unit: "KiB" },
  ],
  panels: [
    { title: "tools/list", lines: { first: "first", again: "again", past: "without sidecar" } },
    { title: "Event loop blocked", lines: { block: "" } },
    { title: "Most memory", lines: { peak: "" } },
  ],
  measure,
};

async function measure(at: number): Promise<Point> {
  const starts: Listed[] = [];
  for (let turn = 0; turn < STARTS; turn += 1) starts.push(await learnTools(at));
  const middle = (pick: (one: Listed) => number): number => median(starts.map(pick));
  return {
    at,
    figures: {
      first: middle(({ firstMs }) => firstMs),
      again: middle(({ againMs }) => againMs),
      past: middle(({ pastMs }) => pastMs),
      cpu: middle(({ cpuMs }) => cpuMs),
      block: middle(({ blockMs }) => blockMs),
      peak: middle(({ peakMiB }) => peakMiB),
      each: at < 1_000 ? null : middle(({ heldBytes }) => heldBytes) / at / 1_024,
    },
  };
}

interface Listed {
  readonly firstMs: number;
  readonly againMs: number;
  readonly pastMs: number;
  readonly cpuMs: number;
  readonly blockMs: number;
  readonly peakMiB: number;
  readonly heldBytes: number;
}

function learnTools(tools: number): Promise<Listed> {
  const hide = Array.from({ length: Math.ceil(tools / 10) }, (_, index) => toolName(index * 10));
  return withSidecar({ policy: { version: "1", default: "allow", hide } }, async (sidecar, stub) => {
    await stub.send({ kind: "tools", count: tools });
    const through: Call = { url: sidecar.url, body: TOOLS_LIST };
    const before = await sidecar.readProbe({ isCollected: true });
    const firstMs = await timeCall(through);
    const known = await sidecar.readProbe({ isCollected: true, isWatched: true });
    const againMs = await timeAgain(through);
    const after = await sidecar.readProbe();
    return {
      firstMs,
      againMs: median(againMs),
      pastMs: median(await timeAgain({ ...through, url: stub.url })),
      cpuMs: (after.cpuUs - known.cpuUs) / 1_000 / againMs.length,
      blockMs: after.longestBlockMs,
      peakMiB: sidecar.peakBytes() / 2 ** 20,
      heldBytes: known.heldBytes - before.heldBytes,
    };
  });
}

async function timeAgain(call: Call): Promise<readonly number[]> {
  const startedMs = performance.now();
  const took: number[] = [];
  while (performance.now() - startedMs < FOR_MS / STARTS || took.length < LEAST_TURNS)
    took.push(await timeCall(call));
  return took;
}
