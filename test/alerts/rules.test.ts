/** The alert rules have all required fields, and name only metrics that Tollgate exports. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAlerts, readRecordings, RULE_FILES, listTestFiles } from "../../tools/alerts/rule-files.ts";
import { readRunbook } from "../../tools/alerts/runbook.ts";
import { renderAlertsPage, renderManifest, MANIFEST_FILE, ALERTS_PAGE } from "../../tools/alerts/write.ts";
import { OUTCOMES } from "../../src/mcp/vocabulary.ts";
import { CATEGORIES } from "../../src/policy/category/category.ts";
import { EFFECTS, MODES, REASONS } from "../../src/policy/mode.ts";
import { UNKNOWN_LABEL } from "../../src/telemetry/metrics/labels.ts";
import { groupingsOf, labelsOf, matchersOf, metricsOf, resultLabelsOf, SCRAPED } from "./expression.ts";

const REQUIRED = `
  DenialSpike AgentDenialSpike ToolDenialSpike AgentProbing NewAgentOnExecuteTool
  LimitSaturation SidecarDown SidecarAbsent UpstreamDown OverheadHigh
  ToolErrorBudgetBurn PolicyReloadFailed PolicyDrift PolicyNamesUnknownTools ConditionNeverEvaluable
  FailOpen LimitStoreErrors ToolDefinitionChanged UpstreamExposed LabelOverflow
  AuditDropped Frozen
`
  .trim()
  .split(/\s+/);
const ALERTS = readAlerts();
const RECORDINGS = readRecordings();
const EXPRESSIONS = [
  ...ALERTS.map(({ alert, expr }) => ({ name: alert, expr })),
  ...RECORDINGS.map(({ record, expr }) => ({ name: record, expr })),
];
const CLOSED_SETS: Readonly<Record<string, readonly string[]>> = {
  outcome: OUTCOMES,
  category: CATEGORIES,
  effect: EFFECTS,
  reason: REASONS,
  mode: MODES,
  tool: [UNKNOWN_LABEL],
};

describe("the alert rules", () => {
  it("include every alert that the documentation promises", () => {
    const names = new Set(ALERTS.map(({ alert }) => alert));
    expect(REQUIRED.filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(EXPRESSIONS)("$name names only metrics that Tollgate exports or a rule records", ({ expr }) => {
    const metrics = metricsOf(expr);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => labelsOf(name) === undefined)).toEqual([]);
  });

  it.each(EXPRESSIONS)("$name uses only labels and values that exist", ({ expr }) => {
    const wrong = matchersOf(expr).filter(
      ({ metric, label, values }) =>
        labelsOf(metric)?.includes(label) !== true ||
        values.some((value) => CLOSED_SETS[label] !== undefined && !CLOSED_SETS[label].includes(value)),
    );
    expect(wrong).toEqual([]);
    const known = new Set([...SCRAPED, ...metricsOf(expr).flatMap((name) => labelsOf(name) ?? [])]);
    expect(groupingsOf(expr).filter((label) => !known.has(label))).toEqual([]);
  });

  it.each(ALERTS)("$alert has a severity, an explanation, a dashboard and a runbook", (rule) => {
    const { alert, labels, annotations } = rule;
    expect(["critical", "warning", "info"]).toContain(labels["severity"]);
    expect(labels["component"]).toBe("tollgate");
    const keys = Object.keys(annotations).filter((name) => name !== "audit_query");
    expect(keys).toEqual(["summary", "description", "runbook_url", "dashboard_url"]);
    expect(annotations["runbook_url"]).toBe(`docs/runbooks/${alert}.md`);
    expect(annotations["dashboard_url"]).toMatch(
      /^\/d\/tollgate-(?:overview|fleet|agents|tool|denials|sidecar)(?:\?|$)/,
    );
  });

  it.each(ALERTS)("$alert uses only labels that its result has, and metrics that exist", (rule) => {
    const text = Object.values(rule.annotations).join("\n");
    const used = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? "");
    const own = [...resultLabelsOf(rule.expr), ...Object.keys(rule.labels)];
    expect(used.filter((label) => !own.includes(label))).toEqual([]);
    const queries = [...text.matchAll(/printf "((?:[^"\\]|\\.)*)"(?=[^|]*\| query)/g)].map(
      ([, query = ""]) => query,
    );
    expect(queries.flatMap(metricsOf).filter((name) => labelsOf(name) === undefined)).toEqual([]);
  });

  it.each(ALERTS)("$alert has promtool tests in which it fires and in which it does not", ({ alert }) => {
    const own = listTestFiles().filter((name) => name.startsWith(`${alert}.`));
    const text = own.map((name) =>
      readFileSync(new URL(`../../dashboards/alerts/tests/${name}`, import.meta.url), "utf8"),
    );
    expect(text.join("\n")).toMatch(/exp_alerts:\n\s+- exp_labels:/);
    expect(text.join("\n")).toContain("exp_alerts: []");
  });

  it("record every series once, under a name of level, metric and operation", () => {
    const names = RECORDINGS.map(({ record }) => record);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$/.test(name))).toEqual([]);
  });
});

describe("the files generated from the rules", () => {
  it("include the PrometheusRule next to the rules", () => {
    expect(readFileSync(MANIFEST_FILE, "utf8")).toBe(renderManifest());
  });

  it("link to runbooks at any base address", () => {
    const manifest = renderManifest("https://example.org/runbooks");
    expect(manifest.match(/runbook_url: https:\/\/example\.org\/runbooks\/\w+\.md$/gm)).toHaveLength(
      ALERTS.length,
    );
    expect(manifest).not.toContain("runbook_url: docs/");
  });

  it("include the table in docs/alerts.md", () => {
    expect(readFileSync(ALERTS_PAGE, "utf8")).toBe(renderAlertsPage((alert) => readRunbook(alert).meaning));
  });

  it("cover every rule file", () => {
    expect(RULE_FILES.length).toBeGreaterThan(4);
  });
});

describe("the reader of expressions", () => {
  it.each([
    ["sum by (server) (rate(tollgate_unheard_total[5m]))", "tollgate_unheard_total"],
    ["tool:tollgate_unheard:sum > 1", "tool:tollgate_unheard:sum"],
  ])("finds a name in %s that does not exist", (expression, name) => {
    expect(metricsOf(expression).filter((metric) => labelsOf(metric) === undefined)).toEqual([name]);
  });

  it("finds labels and values", () => {
    expect(matchersOf('tollgate_decisions_total{effect=~"deny|ask", server!="x"}')).toEqual([
      { metric: "tollgate_decisions_total", label: "effect", values: ["deny", "ask"] },
      { metric: "tollgate_decisions_total", label: "server", values: ["x"] },
    ]);
  });
});
