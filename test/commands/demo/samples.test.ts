/** The demo's parser for scraped metrics, and its sums. */

import { describe, expect, it } from "vitest";
import { parseSamples, sumBy, toPromql } from "../../../src/commands/demo/samples.ts";

const EXPOSITION = `# HELP calls_total How often.
# TYPE calls_total counter
calls_total{agent="a",tool="x",outcome="success"} 3
calls_total{agent="a",tool="x",outcome="tool_error"} 1
calls_total{agent="b",tool="x",outcome="success"} 0
calls_total{agent="b",tool="y",outcome="success"} 1.5e1
other_total{agent="a",tool="x",outcome="success"} 100
up 1
`;

describe("parseSamples", () => {
  it("reads the name, labels and value of each sample, and skips comments", () => {
    const samples = parseSamples(EXPOSITION);
    expect(samples).toHaveLength(6);
    expect(samples[0]).toEqual({
      name: "calls_total",
      labels: { agent: "a", tool: "x", outcome: "success" },
      value: 3,
    });
  });

  it("reads a sample without labels", () => {
    expect(parseSamples("up 1\n")).toEqual([{ name: "up", labels: {}, value: 1 }]);
  });

  it("reads a label value with escaped quotes, backslashes, line feeds and braces", () => {
    const line = String.raw`x{a="say \"hi\" {now}",b="c:\\d\ne"} 1`;
    expect(parseSamples(line)[0]?.labels).toEqual({ a: 'say "hi" {now}', b: "c:\\d\ne" });
  });

  it("skips lines that are not samples", () => {
    expect(parseSamples("<html>\n\n# EOF")).toEqual([]);
  });
});

describe("sumBy", () => {
  const samples = parseSamples(EXPOSITION);

  it("adds the samples of one metric by the labels asked for", () => {
    expect(sumBy(samples, { metric: "calls_total", where: {}, by: ["agent", "tool"] })).toEqual([
      { key: ["a", "x"], total: 4 },
      { key: ["b", "y"], total: 15 },
    ]);
  });

  it("adds only samples whose labels match", () => {
    expect(
      sumBy(samples, { metric: "calls_total", where: { outcome: "tool_error" }, by: ["agent"] }),
    ).toEqual([{ key: ["a"], total: 1 }]);
  });

  it("leaves out groups whose sum is 0", () => {
    const groups = sumBy(samples, { metric: "calls_total", where: { tool: "x" }, by: ["agent"] });
    expect(groups.map((group) => group.key)).toEqual([["a"]]);
  });

  it("gives an empty value where a series lacks the label", () => {
    expect(sumBy(samples, { metric: "up", where: {}, by: ["agent"] })).toEqual([{ key: [""], total: 1 }]);
  });
});

describe("toPromql", () => {
  it("writes the equivalent PromQL query", () => {
    expect(
      toPromql({ metric: "m_total", where: { category: "execute", mode: "enforce" }, by: ["a", "b"] }),
    ).toBe('sum by (a, b) (m_total{category="execute",mode="enforce"})');
  });
});
