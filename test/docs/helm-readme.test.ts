/** The chart's README, schema and defaults say the same. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { renderChartReadme, listChartValues } from "../../tools/pages/helm-readme.ts";
import manifest from "../../package.json" with { type: "json" };

const CHART = join(import.meta.dirname, "../../deploy/helm/tollgate");
const read = (name: string): string => readFileSync(join(CHART, name), "utf8");

describe("deploy/helm/tollgate", () => {
  it("has the README that npm run helm:readme writes", () => {
    expect(renderChartReadme()).toBe(read("README.md"));
  });

  it("describes every value, and has a default for each", () => {
    expect(listChartValues().length).toBeGreaterThan(40);
    expect(
      listChartValues().filter(({ description, preset }) => description === "" || preset === undefined),
    ).toEqual([]);
  });

  it("has no default that the schema does not know", () => {
    const described = listChartValues().map(({ path }) => path.split(".")[0]);
    const values = Object.keys(parse(read("values.yaml")) as object);
    expect(values.filter((name) => !described.includes(name))).toEqual([]);
  });

  it("is of the version of the package", () => {
    expect(parse(read("Chart.yaml"))).toMatchObject({
      version: manifest.version,
      appVersion: manifest.version,
    });
  });
});
