/** Curve: number of rules of a policy. Deciding and loading are timed in a separate process; start and memory are those of the built sidecar. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Curve, Point } from "./curve.ts";
import { median } from "./curve.ts";
import type { DecisionTimings } from "./decide.ts";
import { withSidecar } from "./processes.ts";
import { rulePolicy } from "./rule-policy.ts";

const DECIDE = fileURLToPath(new URL("decide.ts", import.meta.url));
const STARTS = 3;

export const RULES: Curve = {
  name: "rules",
  axis: "rules, and as many limits",
  points: [10, 100, 1_000, 5_000, 10_000, 50_000],
  quickPoints: [10, 100],
  columns: [
    { key: "near", label: "a decision, over 100 tools", unit: "ns" },
    { key: "far", label: "over all tools", unit: "ns" },
    { key: "load", label: "loading the file", unit: "ms" },
    { key: "ready", label: "ready after start", unit: "ms" },
    { key: "resident", label: "memory when ready", unit: "MiB" },
    { key: "each", label: "heap for each rule", unit: "B" },
  ],
  panels: [
    { title: "A decision", lines: { near: "over 100 tools", far: "over all tools" } },
    { title: "Loading", lines: { load: "the file", ready: "ready after start" } },
    { title: "Memory", lines: { resident: "" } },
  ],
  measure,
};

async function measure(at: number): Promise<Point> {
  const alone: DecisionTimings[] = [];
  const starts: { readyMs: number; residentBytes: number }[] = [];
  for (let turn = 0; turn < STARTS; turn += 1) {
    alone.push(timeInOwnProcess(at));
    starts.push(
      await withSidecar({ policy: rulePolicy(at) }, async ({ readyMs, readProbe: usage }) => ({
        readyMs,
        residentBytes: (await usage()).residentBytes,
      })),
    );
  }
  const perRule = median(alone.map(({ heldBytes }) => heldBytes)) / at;
  return {
    at,
    figures: {
      near: median(alone.map(({ nearNs }) => nearNs)),
      far: median(alone.map(({ farNs }) => farNs)),
      load: median(alone.map(({ loadMs }) => loadMs)),
      ready: median(starts.map(({ readyMs }) => readyMs)),
      resident: median(starts.map(({ residentBytes }) => residentBytes)) / 2 ** 20,
      // The memory of a small policy is below the noise of the parser's.
      each: at < 1_000 ? null : perRule,
    },
  };
}

function timeInOwnProcess(rules: number): DecisionTimings {
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", DECIDE, String(rules)], { encoding: "utf8" }),
  );
}
