/** The scrapes of several sidecars as one. */

import { describe, expect, it } from "vitest";
import { mergeExpositions } from "../../../src/telemetry/metrics/merge-expositions.ts";

const OPEN_METRICS = "application/openmetrics-text";

function textFor(server: string, calls: number): string {
  return `# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{server="${server}",tool="a"} ${calls}
calls_total{server="${server}",tool="b,server=\\"x\\""} 1
# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# HELP gc_seconds GC.
# TYPE gc_seconds histogram
gc_seconds_bucket{le="1",kind="server=\\"x\\""} 2
gc_seconds_sum{} 3
`;
}

describe("the merged exposition", () => {
  it("has each family once, and the label of the server on every sample", () => {
    const { pieces, contentType } = mergeExpositions(
      "# HELP up Up.\n# TYPE up gauge\nup 1\n",
      [
        { server: "one", text: textFor("one", 1) },
        { server: "two", text: textFor("two", 2) },
      ],
      undefined,
    );
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(pieces.join("")).toBe(`# HELP up Up.
# TYPE up gauge
up 1
# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{server="one",tool="a"} 1
calls_total{server="one",tool="b,server=\\"x\\""} 1
calls_total{server="two",tool="a"} 2
calls_total{server="two",tool="b,server=\\"x\\""} 1
# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total{server="one"} 1.5
process_cpu_seconds_total{server="two"} 1.5
# HELP gc_seconds GC.
# TYPE gc_seconds histogram
gc_seconds_bucket{server="one",le="1",kind="server=\\"x\\""} 2
gc_seconds_sum{server="one"} 3
gc_seconds_bucket{server="two",le="1",kind="server=\\"x\\""} 2
gc_seconds_sum{server="two"} 3
`);
  });

  it("keeps exemplars, and ends OpenMetrics once", () => {
    const text = '# HELP c C.\n# TYPE c counter\nc_total{server="a"} 1 # {trace_id="t"} 1 2\n# EOF\n';
    const servers = ["a", "b"].map((server) => ({ server, text: text.replace('"a"', `"${server}"`) }));
    const { pieces, contentType } = mergeExpositions("", servers, OPEN_METRICS);
    expect(contentType).toContain(OPEN_METRICS);
    expect(pieces.join("")).toBe(
      '# HELP c C.\n# TYPE c counter\nc_total{server="a"} 1 # {trace_id="t"} 1 2\nc_total{server="b"} 1 # {trace_id="t"} 1 2\n# EOF\n',
    );
  });

  it("keeps a family without samples", () => {
    const text = "# HELP c C.\n# TYPE c counter\n";
    expect(mergeExpositions(text, [{ server: "a", text }], undefined).pieces).toEqual([text]);
  });
});
