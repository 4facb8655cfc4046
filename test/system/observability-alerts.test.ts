/** A probing agent and a killed sidecar each raise an alert that reaches the webhook: real programs, files of docker-compose.yml. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Agent, AGENTS, runAgents } from "../../src/commands/demo/agents.ts";
import { ROOT } from "./observability/compose-file.ts";
import type { ToldAlert } from "./observability/programs.ts";
import { buildStage, FASTER, type Stage } from "./observability/stage.ts";
import { until } from "../fixtures/start-sidecar.ts";

/** Calls to everything that the demo's policy denies, one after the other, repeatedly. */
const PROBING: Agent = {
  name: "night-crawler",
  isBursting: true,
  steps: () => [...CLOSED, ...CLOSED, ...CLOSED],
};
const CLOSED = [
  ...["DeleteAHORunBatch", "DeleteAHOBatch", "DeleteAHOConfiguration"].map((tool) => ({ tool, args: {} })),
  ...["GetServerInfo", "ListMetrics", "ExecuteQuery"].map((tool) => ({
    tool,
    args: { profile: "production-admin" },
  })),
];

let stage: Stage;
let calm: { end: () => Promise<void> };

/** Agents that call until they are ended. */
function play(agents: readonly Agent[]): { end: () => Promise<void> } {
  const abort = new AbortController();
  const played = runAgents({ url: stage.url, rounds: Infinity, signal: abort.signal, agents });
  return {
    end: async () => {
      abort.abort();
      await played;
    },
  };
}

async function denials(): Promise<number> {
  const text = await (await fetch(`${stage.adminUrl}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /^tollgate_decisions_total\{.*effect="deny"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function pending(): Promise<readonly string[]> {
  const query = new URLSearchParams({ query: "sum by (alertname) (ALERTS)" });
  const response = await fetch(`${stage.prometheusUrl}/api/v1/query?${query}`);
  const body = (await response.json()) as { data: { result: { metric: Record<string, string> }[] } };
  return body.data.result.map(({ metric }) => metric["alertname"] ?? "").toSorted();
}

function seconds(fromMs: number, toMs: number): string {
  return `${((toMs - fromMs) / 1000).toFixed(1)} s`;
}

beforeAll(async () => {
  stage = await buildStage();
  calm = play(AGENTS.filter(({ name }) => name === "capacity-planner"));
  // DenialSpike compares with the calls before it, so Prometheus must have seen some.
  await until(async () => {
    const query = new URLSearchParams({ query: `server:tollgate_denied:ratio_rate5m{server="demo"} == 0` });
    const answer = await (await fetch(`${stage.prometheusUrl}/api/v1/query?${query}`)).text();
    return answer.includes('"demo"');
  });
});

afterAll(async () => {
  await calm.end().catch(() => undefined);
  await stage.stop();
});

describe("the alerts, end to end", () => {
  let firstDenialMs = 0;
  let spike: ToldAlert;
  let probing: ToldAlert;

  it("is silent while an agent behaves", async () => {
    // The demo's server lacks some of the tools that its policy names, so PolicyNamesUnknownTools is right to fire.
    expect((await pending()).filter((name) => name !== "PolicyNamesUnknownTools")).toEqual([]);
    expect(stage.webhook.told).toEqual([]);
  });

  it("sends alerts for a spike and for the agent that probes, and resolves both", async () => {
    const probe = play([PROBING]);
    await until(async () => (await denials()) > 0);
    firstDenialMs = performance.now();
    [spike, probing] = await Promise.all([
      stage.webhook.waitFor("DenialSpike", "firing"),
      stage.webhook.waitFor("AgentProbing", "firing"),
    ]);
    await probe.end();
    const over = await Promise.all([
      stage.webhook.waitFor("DenialSpike", "resolved"),
      stage.webhook.waitFor("AgentProbing", "resolved"),
    ]);
    console.log(
      `alerts end to end, every duration of the rules divided by ${FASTER}, scraped and evaluated each second:\n` +
        `  first denial to webhook: DenialSpike ${seconds(firstDenialMs, spike.receivedAtMs)}, ` +
        `AgentProbing ${seconds(firstDenialMs, probing.receivedAtMs)} (5 s of it Alertmanager's group_wait)\n` +
        `  first denial to resolved: ${over.map((alert) => seconds(firstDenialMs, alert.receivedAtMs)).join(", ")}`,
    );
  });

  it("names the agent, its tools and the runbook", () => {
    expect(probing.labels).toMatchObject({ agent: "night-crawler", server: "demo", severity: "critical" });
    for (const { tool } of CLOSED) expect(probing.annotations["description"]).toContain(tool);
    expect(spike.annotations["description"]).toContain("agent night-crawler on ");
    for (const { annotations } of [spike, probing])
      expect(existsSync(join(ROOT, annotations["runbook_url"] ?? "nowhere"))).toBe(true);
  });

  it("sends no alert for the agent that behaves", () => {
    const agents = stage.webhook.told.map(({ labels }) => labels["agent"]);
    expect(agents).not.toContain("capacity-planner");
  });

  it("sends an alert when the sidecar is killed, and resolves it when the sidecar is back", async () => {
    await calm.end();
    const killedMs = performance.now();
    await stage.killSidecar();
    const down = await stage.webhook.waitFor("SidecarDown", "firing");
    expect(down.labels).toMatchObject({ job: "tollgate", severity: "critical" });
    await stage.startSidecar();
    const back = await stage.webhook.waitFor("SidecarDown", "resolved");
    console.log(
      `  killed to webhook: SidecarDown ${seconds(killedMs, down.receivedAtMs)}; told that it is back after ${seconds(killedMs, back.receivedAtMs)}`,
    );
  });
});
