/** The README, schema and defaults of each chart say the same. */

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { CHART_NAMES, listChartValues, readChart, renderChartReadme } from "../../tools/pages/helm-readme.ts";

describe.each(CHART_NAMES)("deploy/helm/%s", (chart) => {
  it("has the README that npm run helm:readme writes", () => {
    expect(renderChartReadme(chart)).toBe(readChart(chart, "README.md"));
  });

  it("describes every value, and has a default for each", () => {
    const values = listChartValues(chart);
    expect(values.length).toBeGreaterThan(chart === "tollgate" ? 40 : 25);
    expect(values.filter(({ description, preset }) => description === "" || preset === undefined)).toEqual(
      [],
    );
  });

  it("has no default that the schema does not know", () => {
    const described = listChartValues(chart).map(({ path }) => path.split(".")[0]);
    const values = Object.keys(parse(readChart(chart, "values.yaml")) as object);
    expect(values.filter((name) => !described.includes(name))).toEqual([]);
  });

  it("is of the version of the package", () => {
    expect(parse(readChart(chart, "Chart.yaml"))).toMatchObject({
      version: manifest.version,
      appVersion: manifest.version,
    });
  });
});
