/** Bounds of histograms: as far as a call may last, or as the settings have them. */

import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import { METRICS } from "../../../src/telemetry/metrics/metric-definitions.ts";
import { createMetrics } from "../../../src/telemetry/metrics/metrics.ts";
import { EMPTY_RESULT } from "../../fixtures/loopback-server.ts";
import { serve, startSidecar } from "../../fixtures/lifetime.ts";
import { exampleRequest, observe } from "../examples.ts";

function boundsIn(text: string, name: string): readonly number[] {
  const found = text.matchAll(new RegExp(`^${name}_bucket\\{le="([\\d.]+)"`, "gm"));
  return [...new Set(Array.from(found, ([, bound]) => Number(bound)))];
}

describe("bounds of histograms", () => {
  it("reach an hour for operations, and begin below ten milliseconds", () => {
    for (const { buckets } of [METRICS.serverDuration, METRICS.clientDuration]) {
      expect(Math.max(...buckets)).toBeGreaterThanOrEqual(3_600);
      expect(Math.min(...buckets)).toBeLessThan(0.01);
      // Each is a series at the cap of a scrape.
      expect(buckets.length).toBeLessThanOrEqual(14);
    }
  });

  it("are those of the options, each scale by itself", async () => {
    const buckets = { operationSeconds: [1, 7200], messageBytes: [10] };
    const metrics = createMetrics({ server: "s", version: "0", nodeVersion: "v0", agents: [], buckets });
    observe(metrics.observer, exampleRequest());
    const { body } = await metrics.render(undefined);
    expect(boundsIn(body, "mcp_server_operation_duration_seconds")).toEqual([1, 7200]);
    expect(boundsIn(body, "tollgate_request_bytes")).toEqual([10]);
    expect(boundsIn(body, "tollgate_overhead_seconds")).toEqual(METRICS.overhead.buckets);
  });

  it("are set in the file of --config", async () => {
    const upstream = await serve(() => EMPTY_RESULT);
    const config = "metrics: { buckets: { overhead-seconds: [0.001, 0.01] } }\n";
    const sidecar = await startSidecar({ upstream: upstream.url, config });
    expect(boundsIn(await sidecar.metrics(), "tollgate_overhead_seconds")).toEqual([0.001, 0.01]);
  });

  it.each([
    [
      "metrics: { buckets: { operation-seconds: [] } }",
      "metrics.buckets.operation-seconds: must have at least 1",
    ],
    ["metrics: { buckets: { operation-seconds: [1, 1] } }", "must be in ascending order"],
    ["metrics: { buckets: { operation-seconds: [2, 1] } }", "must be in ascending order"],
    ["metrics: { buckets: { operation-seconds: [-1] } }", "must be more than 0, got -1"],
    ["metrics: { buckets: { seconds: [1] } }", "unknown: seconds"],
    ["metrics: { bucket: {} }", "unknown: bucket"],
  ])("are refused as %j", async (config, problem) => {
    const starting = startSidecar({ upstream: "http://127.0.0.1:1/mcp", config });
    await expect(starting).rejects.toThrow(problem);
  });

  it("are those of the metric table by default", () => {
    const parsed = parseSettings({
      flags: { upstream: "http://127.0.0.1:1/mcp" },
      environment: {},
      isTerminal: false,
    });
    expect(parsed).toMatchObject({ ok: true, settings: { metrics: { buckets: {} } } });
  });
});
