/** The lines of a series, held against what prom-client writes of the same numbers. */

import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  double,
  integer,
  oneof,
  record,
  string,
} from "fast-check";
import { Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from "prom-client";
import { describe, expect, it } from "vitest";
import { histogramFamily, numberFamily } from "../../../src/telemetry/metrics/family.ts";
import type { HistogramRow, NumberRow } from "../../../src/telemetry/metrics/metric-definitions.ts";
import { parseSamples } from "./scrape.ts";

const WORDS = { help: "a help", example: "x", labels: ["server", "tool", "agent"] };
const COUNTER: NumberRow = { name: "x_total", type: "counter", ...WORDS };
const GAUGE: NumberRow = { name: "x", type: "gauge", ...WORDS };
const HISTOGRAM: HistogramRow = {
  name: "x",
  type: "histogram",
  buckets: [0.1, 1, 5],
  scale: "operationSeconds",
  ...WORDS,
};
const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** Without what prom-client confuses, and what `labelValue` therefore never lets through. */
const name = oneof(constantFrom("", "a", "a\\", 'a"b', "a\nb", "\\n", "ü", "}", "# {"), string()).map(
  (text) => text.replaceAll(/[,:]/g, ""),
);
const amount = oneof(
  constantFrom(0, 0.1, 1, 5),
  integer({ min: 0 }),
  double({ min: 0, max: 1e6, noNaN: true }),
);
const counted = array(record({ tool: name, agent: name, amount, isTraced: boolean() }), { maxLength: 20 });

function openRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  registry.setDefaultLabels({ server: "s" });
  return registry;
}

/** The declarations and samples, without regard to the order of lines and labels, and to an exemplar's time. */
function normal(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line !== "" && line !== "# EOF");
  return lines.map((line) => (line.startsWith("#") ? line : normalSample(line))).toSorted();
}

function normalSample(line: string): string {
  const [, sample = line, exemplar = ""] = /^(.*\} \S+)( # \{trace_id="\w+"\} \S+) \S+$/.exec(line) ?? [];
  const [parsed] = parseSamples(sample);
  return JSON.stringify([
    parsed?.name,
    Object.entries(parsed?.labels ?? {}).toSorted(),
    parsed?.value,
    exemplar,
  ]);
}

function textOf(family: { render: (format: "openmetrics") => Iterable<string> }): string {
  return [...family.render("openmetrics")].join("\n");
}

describe("a scrape says what prom-client would", () => {
  it.each([COUNTER, GAUGE])("of a $type", async (row) => {
    const claim = asyncProperty(counted, async (counts) => {
      const registry = openRegistry();
      const common = { name: "x", help: row.help, labelNames: ["tool", "agent"], registers: [registry] };
      const family = numberFamily(row);
      family.nameServer("s");
      const theirs = row.type === "counter" ? new Counter(common) : new Gauge(common);
      for (const { tool, agent, amount: by } of counts) {
        family.series(tool, agent).add(by);
        theirs.inc({ tool, agent }, by);
      }
      expect(normal(textOf(family))).toEqual(normal(await registry.metrics()));
    });
    await assert(claim, { numRuns: 300 });
  });

  it("of a histogram, exemplars included", async () => {
    const claim = asyncProperty(counted, async (counts) => {
      const registry = openRegistry();
      const theirs = new Histogram<string>({
        name: "x",
        help: HISTOGRAM.help,
        labelNames: ["tool", "agent"],
        buckets: [...HISTOGRAM.buckets],
        registers: [registry],
        enableExemplars: true,
      });
      const family = histogramFamily(HISTOGRAM);
      family.nameServer("s");
      for (const { tool, agent, amount: value, isTraced } of counts) {
        family.series(tool, agent).observe(value, isTraced ? TRACE : undefined);
        const exemplar = isTraced ? { exemplarLabels: { trace_id: TRACE } } : {};
        theirs.observe({ labels: { tool, agent }, value, ...exemplar });
      }
      expect(normal(textOf(family))).toEqual(normal(await registry.metrics()));
    });
    await assert(claim, { numRuns: 300 });
  });
});

describe("a series", () => {
  it.each([
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
    [Number.NaN, "NaN"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
  ])("writes %d as %s", (number, text) => {
    const family = numberFamily({ ...GAUGE, labels: [] });
    family.series().set(number);
    expect(textOf(family)).toBe(`# HELP x a help\n# TYPE x gauge\nx ${text}`);
  });

  it("has the server's label from the moment it is set, and keeps its value", () => {
    const family = numberFamily({ ...COUNTER, labels: ["server"] });
    family.series().add(2);
    family.nameServer('s"1');
    expect(textOf(family)).toContain('x_total{server="s\\"1"} 2');
  });

  it("writes no exemplar in the text format", () => {
    const family = histogramFamily({ ...HISTOGRAM, labels: [] });
    family.series().observe(0.5, TRACE);
    expect([...family.render("text")].join("\n")).toBe(
      [
        "# HELP x a help",
        "# TYPE x histogram",
        'x_bucket{le="0.1"} 0',
        'x_bucket{le="1"} 1',
        'x_bucket{le="5"} 1',
        'x_bucket{le="+Inf"} 1',
        "x_sum 0.5",
        "x_count 1",
      ].join("\n"),
    );
  });

  it("throws when a label value is missing", () => {
    expect(() => numberFamily(COUNTER).series("a")).toThrow("x_total: a label is missing");
  });
});
