/** The scrape in protocol buffers, in Debian's Prometheus; newer-prometheus.test.ts has the same for Prometheus 3. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";
import {
  DURATIONS_MS,
  type NativeStage,
  startNativeStage,
  TRACE_ID,
  untilNumber,
} from "./observability/native-scrape.ts";

const { name, buckets } = METRICS.serverDuration;

let stage: NativeStage;

beforeAll(async () => {
  stage = await startNativeStage({
    program: requireProgram("prometheus"),
    features: ["native-histograms", "exemplar-storage"],
    scrape: {},
  });
});

afterAll(() => stage?.stop());

describe("native histograms in Debian's Prometheus", () => {
  it("are scraped in protocol buffers, beside the same samples as the text has", async () => {
    await untilNumber(() => stage.query(`histogram_count(${name}{job="negotiated"})`));
    expect([...stage.accepted].join()).toContain("application/vnd.google.protobuf");
    const samples = '__name__=~"tollgate_.*_total", job=';
    for (const how of ["count", "sum"]) {
      const [negotiated, classic] = ["negotiated", "classic"].map((job) =>
        untilNumber(() => stage.query(`${how}({${samples}"${job}"})`)),
      );
      expect(await negotiated, how).toBe(await classic);
    }
  });

  it.each([0.5, 0.9, 0.99])(
    "have the quantile %d of the classic buckets, within a bucket",
    async (quantile) => {
      const native = await untilNumber(() =>
        stage.query(`histogram_quantile(${quantile}, ${name}{job="negotiated"})`),
      );
      const classic = await untilNumber(() =>
        stage.query(`histogram_quantile(${quantile}, sum by (le) (${name}_bucket{job="classic"}))`),
      );
      const upper = buckets.findIndex((bound) => classic <= bound);
      expect(native).toBeGreaterThanOrEqual((buckets[upper - 1] ?? 0) / 1.1);
      expect(native).toBeLessThanOrEqual((buckets[upper] ?? 0) * 1.1);
      const exact = (DURATIONS_MS[Math.ceil(quantile * DURATIONS_MS.length) - 1] ?? 0) / 1_000;
      expect(native / exact).toBeGreaterThan(1 / 1.1);
      expect(native / exact).toBeLessThan(1.1);
    },
  );

  it("bring the exemplars of the traces along", async () => {
    await until(async () => (await stage.exemplars(`${name}{job="negotiated"}`)).length > 0);
    const exemplars = await stage.exemplars(`${name}{job="negotiated"}`);
    for (const { labels, value } of exemplars) {
      expect(labels["trace_id"]).toBe(TRACE_ID);
      expect(DURATIONS_MS.some((ms) => Math.abs(ms / 1_000 - Number(value)) < 1e-9)).toBe(true);
    }
  });
});
