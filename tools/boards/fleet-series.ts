/** The series of a fleet: what the registry of each sidecar exposes after its agents called, with the labels that a scrape adds. */

import type { Request } from "../../src/enforcement/request.ts";
import type { Ending } from "../../src/enforcement/observer.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics/metrics.ts";

export interface FleetSize {
  readonly servers: number;
  readonly agents: number;
}

export interface FleetSeries {
  /** By name, `__name__` among them. */
  readonly labels: ReadonlyMap<string, string>;
  /** The increase of a counter in half an hour; the value of a gauge at any time. */
  readonly value: number;
  readonly isCounter: boolean;
  /** A series that begins late in the period, as that of an agent on a tool that is new to it. */
  readonly isLate: boolean;
}

const CLUSTERS = 3;
const TOOLS = 24;
/** Tools of one server that each agent calls. */
const TOOLS_OF_AGENT = 4;
const CATEGORIES = [
  "read",
  "execute",
  "write",
  "read",
  "destructive",
  "read",
  "financial",
  "unknown",
] as const;
const SOURCES = ["policy", "annotations", "heuristic", "policy"] as const;
/** Every so many servers there are two replicas, and one of them has another policy. */
const DRIFTS_EVERY = 10;
const NOW_S = Math.floor(Date.now() / 1000);

/** All series of the fleet. */
export async function fleetSeries({ servers, agents }: FleetSize): Promise<readonly FleetSeries[]> {
  const all: FleetSeries[] = [];
  for (let server = 0; server < servers; server += 1) {
    const replicas = server % DRIFTS_EVERY === 0 ? 2 : 1;
    for (let replica = 0; replica < replicas; replica += 1) {
      // Only the first replica has callers: the series of the others are those of a sidecar at rest.
      const metrics = sidecarMetrics(server, replica, replica === 0 ? agents : 0);
      const { body } = await metrics.render(undefined);
      for (const one of parse(String(body), targetLabels(server, replica))) all.push(one);
    }
  }
  return all;
}

function targetLabels(server: number, replica: number): ReadonlyMap<string, string> {
  return new Map([
    ["cluster", `cluster-${server % CLUSTERS}`],
    ["namespace", `team-${server % 7}`],
    ["job", "tollgate"],
    ["instance", `10.${server % CLUSTERS}.${server}.${replica}:9464`],
    ["pod", `server-${server}-${replica}`],
  ]);
}

function toolName(tool: number): string {
  return `${["Get", "Start", "Set", "List"][tool % 4]}Thing${tool}`;
}

function assignmentOf(tool: number) {
  const source = SOURCES[tool % SOURCES.length] ?? "policy";
  const confidence = source === "heuristic" ? 0.6 + (tool % 4) / 10 : 1;
  return { category: CATEGORIES[tool % CATEGORIES.length] ?? "unknown", source, confidence };
}

function sidecarMetrics(server: number, replica: number, agents: number): Metrics {
  const metrics = createMetrics({
    server: `server-${server}`,
    version: server % 4 === 0 ? "0.2.0" : "0.1.0",
    nodeVersion: "v26.10.0",
    agents: ["anonymous"],
  });
  metrics.toolsKnown(
    Array.from({ length: TOOLS }, (_, tool) => ({
      name: toolName(tool),
      assignment: assignmentOf(tool),
      isCovered: tool % 5 > 0,
    })),
  );
  metrics.rulesKnown(Array.from({ length: TOOLS }, (_, tool) => `/tools/${toolName(tool)}/allow/0`));
  setState(metrics, server, replica);
  for (let agent = 0; agent < agents; agent += 1) callAs(metrics, server, agent);
  return metrics;
}

function setState(metrics: Metrics, server: number, replica: number): void {
  const digest = `${replica}${server}`.padEnd(64, "0");
  metrics.policiesLoaded([{ digest, default: "deny", mode: "enforce" }], NOW_S * 1000 - 600_000);
  metrics.policyCoverage({ unknown: server % 13 === 0 ? 2 : 0, uncovered: server % 6 });
  metrics.upstreamUp(server % 20 !== 7);
  metrics.upstreamExposed(server % 20 === 3);
  metrics.frozen("all", server % 20 === 11 ? 1 : 0);
}

/** The calls of one agent of one server: mostly good, every eighth agent denied on one of its tools. */
function callAs(metrics: Metrics, server: number, agent: number): void {
  for (let call = 0; call < TOOLS_OF_AGENT; call += 1) {
    const tool = (agent + call * 5) % TOOLS;
    const times = 1 + ((agent + server + call) % 4);
    for (let time = 0; time < times; time += 1) end(metrics, agent, tool, "success");
    if ((agent + call) % 9 === 0) end(metrics, agent, tool, "tool_error");
    if (call === 0 && agent % 8 === 0) end(metrics, agent, tool, "denied");
  }
}

function end(metrics: Metrics, agent: number, tool: number, outcome: Ending["outcome"]): void {
  const request: Request = {
    id: "1",
    receivedAtMs: 0,
    method: "tools/call",
    tool: { name: toolName(tool), isKnown: true, category: assignmentOf(tool) },
    agent: { name: agentName(agent), source: "header", verified: true },
    era: "modern",
    rpcId: "1",
    transport: "http",
    bytes: 350,
  };
  const rule = `/tools/${toolName(tool)}/allow/0`;
  const denial = { effect: "deny", mode: "enforce", reason: "denied_by_rule", rule } as const;
  const isDenied = outcome === "denied";
  const judgement = {
    decision: { charges: [], unevaluable: [], ...(isDenied && { denial }) },
    policyDigest: "",
  };
  const { observer } = metrics;
  observer.requestStarted?.(request);
  observer.requestDecided?.(request, judgement as never);
  const upstreamMs = isDenied ? {} : { upstreamMs: 40 + tool };
  observer.requestEnded?.(
    request,
    { outcome, totalMs: 42 + tool, ...upstreamMs, resultBytes: 900 },
    judgement as never,
  );
}

/** One agent in fifty calls late in the period for the first time. */
function agentName(agent: number): string {
  return agent % 50 === 49 ? `agent-late-${agent}` : `agent-${agent}`;
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function* parse(text: string, target: ReadonlyMap<string, string>): Generator<FleetSeries> {
  const counters = new Set<string>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\w+) (counter|histogram)/.exec(line);
    if (type !== null) counters.add(type[1] ?? "");
    const [, name = "", labels = "", value = "0"] = LINE.exec(line) ?? [];
    if (name === "") continue;
    const isCounter = counters.has(name) || counters.has(name.replace(/_(?:bucket|sum|count|total)$/, ""));
    yield {
      labels: new Map([
        ["__name__", name],
        ...target,
        ...[...labels.matchAll(LABEL)].map(([, label = "", text = ""]) => [label, text] as const),
      ]),
      value: Number(value),
      isCounter,
      isLate: labels.includes("agent-late-"),
    };
  }
  for (const [name, value] of Object.entries({
    up: 1,
    scrape_duration_seconds: 0.02,
    scrape_samples_scraped: 4_000,
  }))
    yield { labels: new Map([["__name__", name], ...target]), value, isCounter: false, isLate: false };
}
