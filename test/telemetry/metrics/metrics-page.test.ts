/** docs/metrics.md says what the table of metrics says. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderMetricsPage } from "../../../tools/pages/metrics.ts";
import { PROCESS_METRICS } from "../../../src/telemetry/metrics/process-metrics.ts";
import { METRICS, type MetricRow } from "../../../src/telemetry/metrics/metric-definitions.ts";

const page = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
const rows: readonly MetricRow[] = Object.values(METRICS);

it("is current; run `node tools/pages/metrics.ts` when it is not", () => {
  expect(page).toBe(renderMetricsPage());
});

it("names the process metrics that are exported", () => {
  expect(PROCESS_METRICS.filter((name) => !page.includes(name))).toEqual([]);
});

it.each(rows)("has an example for $name that asks for it", ({ name, example }) => {
  expect(example).toContain(name);
});

it.each(rows)("says what $name means in one or two sentences", ({ help }) => {
  expect(help).toMatch(/^[A-Z][^\n]*\.$/);
});
