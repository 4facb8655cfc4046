/** The example of grouping and inhibition, in Debian's Alertmanager. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ALERTS_FOLDER, readAlerts } from "../../tools/alerts/rule-files.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";
import { type Program, startProgram } from "./observability/programs.ts";

const EXAMPLE = join(ALERTS_FOLDER, "alertmanager.example.yml");
const FOLDER = mkdtempSync(join(tmpdir(), "tollgate-alertmanager-"));
const HOUR_MS = 3_600_000;

const told = z.array(
  z.looseObject({
    labels: z.record(z.string(), z.string()),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.looseObject({ inhibitedBy: z.array(z.string()) }),
  }),
);
const groups = z.array(
  z.looseObject({
    labels: z.record(z.string(), z.string()),
    receiver: z.object({ name: z.string() }),
    alerts: z.array(z.unknown()),
  }),
);

type Labels = Readonly<Record<string, string>>;

let alertmanager: Program;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const flags = [`--config.file=${EXAMPLE}`, `--storage.path=${FOLDER}`, "--cluster.listen-address="];
  alertmanager = await startProgram("prometheus-alertmanager", flags, port);
});
afterAll(async () => {
  await alertmanager.stop();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Labels as the rule of that name sets them. */
function alert(alertname: string, labels: Labels): Labels {
  const rule = readAlerts().find(
    (one) =>
      one.alert === alertname && (labels["severity"] ?? one.labels["severity"]) === one.labels["severity"],
  );
  if (rule === undefined) throw new Error(`there is no alert ${alertname}`);
  return { alertname, ...rule.labels, ...labels };
}

/** Sends alerts and returns, by name, whether each is inhibited once Alertmanager knows them all. */
async function inhibited(...alerts: readonly Labels[]): Promise<Readonly<Record<string, boolean>>> {
  const test = crypto.randomUUID();
  await send(alerts.map((labels) => ({ ...labels, test })));
  const own = async () => (await ask("alerts", told)).filter(({ labels }) => labels["test"] === test);
  await until(async () => (await own()).length === alerts.length);
  return Object.fromEntries(
    (await own()).map(({ labels, status }) => [nameOf(labels), status.inhibitedBy.length > 0]),
  );
}

function nameOf({ alertname = "", cluster, severity, window }: Labels): string {
  return [alertname, cluster, window === undefined ? undefined : severity].filter(Boolean).join(" ");
}

async function send(alerts: readonly Labels[]): Promise<void> {
  const endsAt = new Date(Date.now() + HOUR_MS).toISOString();
  const { ok } = await fetch(`${alertmanager.url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts.map((labels) => ({ labels, endsAt }))),
  });
  expect(ok).toBe(true);
}

async function ask<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await (await fetch(`${alertmanager.url}/api/v2/${path}`)).json());
}

describe("the example for Alertmanager", () => {
  it("is accepted by amtool", () => {
    const said = execFileSync(requireProgram("amtool"), ["check-config", EXAMPLE], { encoding: "utf8" });
    expect(said).toContain("SUCCESS");
  });

  it("lets a sidecar that is down silence its own alerts, and no other sidecar's", async () => {
    const target = { namespace: "n", job: "tollgate", instance: "10.0.0.1:9464" };
    const states = await inhibited(
      alert("SidecarDown", { cluster: "a", ...target }),
      alert("AuditDropped", { cluster: "a", ...target }),
      alert("UpstreamDown", { cluster: "a", ...target, server: "down" }),
      alert("LabelOverflow", { cluster: "b", ...target, label: "agent" }),
    );
    expect(states).toEqual({
      "SidecarDown a": false,
      "AuditDropped a": true,
      "UpstreamDown a": true,
      "LabelOverflow b": false,
    });
  });

  it.each([
    { source: "UpstreamDown", target: "ToolErrorBudgetBurn", own: { server: "one" } },
    { source: "Frozen", target: "DenialSpike", own: { server: "two" } },
    { source: "Frozen", target: "ToolDenialSpike", own: { server: "three" } },
    { source: "LimitStoreErrors", target: "AgentDenialSpike", own: { server: "four" } },
    { source: "AgentProbing", target: "AgentDenialSpike", own: { server: "five", agent: "x" } },
  ])("lets $source silence $target of the same cluster only", async ({ source, target, own }) => {
    const states = await inhibited(
      alert(source, { cluster: "a", namespace: "n", ...own }),
      alert(target, { cluster: "a", namespace: "n", tool: "Query", ...own, severity: severityOf(target) }),
      alert(target, { cluster: "b", namespace: "n", tool: "Query", ...own, severity: severityOf(target) }),
    );
    const name = (cluster: string): string =>
      nameOf(alert(target, { cluster, severity: severityOf(target) }));
    expect(states[name("a")]).toBe(true);
    expect(states[name("b")]).toBe(false);
  });

  it("works where there is neither cluster nor namespace", async () => {
    const states = await inhibited(
      alert("UpstreamDown", { job: "tollgate", instance: "i", server: "bare" }),
      alert("UpstreamRestarting", { server: "bare" }),
      alert("UpstreamExposed", { server: "bare" }),
    );
    expect(states).toEqual({ UpstreamDown: false, UpstreamRestarting: true, UpstreamExposed: false });
  });

  it("groups by cluster, namespace and server, and an agent that probes by itself", async () => {
    const own = { cluster: "a", namespace: "n", server: "grouped" };
    await send([
      alert("OverheadHigh", own),
      alert("UpstreamExposed", own),
      alert("OverheadHigh", { ...own, cluster: "b" }),
      alert("AgentProbing", { ...own, agent: "x" }),
      alert("AgentProbing", { ...own, agent: "y" }),
    ]);
    await until(async () => (await groupsOf("grouped")).length === 4);
    expect((await groupsOf("grouped")).toSorted()).toEqual([
      "security a x 1",
      "security a y 1",
      "tollgate a  2",
      "tollgate b  1",
    ]);
  });
});

function severityOf(name: string): string {
  return readAlerts().find(({ alert: own }) => own === name)?.labels["severity"] ?? "";
}

/** Groups of the alerts of one server: receiver, cluster, agent and number of alerts. */
async function groupsOf(server: string): Promise<readonly string[]> {
  return (await ask("alerts/groups", groups))
    .filter(({ labels }) => labels["server"] === server)
    .map(
      ({ labels, receiver, alerts }) =>
        `${receiver.name} ${labels["cluster"]} ${labels["agent"] ?? ""} ${alerts.length}`,
    );
}
