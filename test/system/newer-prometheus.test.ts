/** Protocol buffers in Prometheus 3, which alone reads created timestamps. It is built from its Go modules at the first run, which takes some three minutes of processor time. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { FIELDS, METRIC_TYPES } from "../../src/telemetry/metrics/protobuf/fields.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { goCommand, goProgram } from "../toolchains/languages.ts";
import {
  DURATIONS_MS,
  endCall,
  type NativeStage,
  startNativeStage,
  TRACE_ID,
  untilNumber,
} from "./observability/native-scrape.ts";

const SOURCES = join(import.meta.dirname, "newer-prometheus/go");
/** Without the clients of clouds, which are most of the build. */
const FLAGS = ["-ldflags", "-s -w", "-tags", "remove_all_sd"];
const BUILD_MS = 1_800_000;
const { name, buckets } = METRICS.serverDuration;

let stage: NativeStage;

function lateCalls(job: string): string {
  return `tollgate_tool_calls_total{job="${job}", tool="Late", outcome="success"}[10m]`;
}

beforeAll(async () => {
  stage = await startNativeStage({
    program: goProgram(SOURCES, "github.com/prometheus/prometheus/cmd/prometheus", FLAGS),
    features: ["created-timestamp-zero-ingestion", "exemplar-storage"],
    scrape: { scrape_native_histograms: true, always_scrape_classic_histograms: true },
  });
}, BUILD_MS);

afterAll(() => stage?.stop());

describe("the field numbers", () => {
  it("are those of metrics.proto", () => {
    const args = ["mod", "download", "-json", "github.com/prometheus/client_model"];
    const { Dir } = z
      .object({ Dir: z.string() })
      .parse(JSON.parse(execFileSync(goCommand(), args, { cwd: SOURCES, encoding: "utf8" })));
    const text = readFileSync(join(Dir, "io/prometheus/client/metrics.proto"), "utf8");
    const { root } = protobuf.parse(text, { keepCase: true });
    const { Timestamp, ...own } = FIELDS;
    expect(Timestamp).toEqual({ seconds: 1, nanos: 2 });
    for (const [message, fields] of Object.entries(own)) {
      const declared = root.lookupType(`io.prometheus.client.${message}`).fields;
      const ids = Object.keys(fields).map((field) => [field, declared[field]?.id]);
      expect(Object.fromEntries(ids), message).toEqual(fields);
    }
    expect(root.lookupEnum("io.prometheus.client.MetricType").values).toMatchObject({
      COUNTER: METRIC_TYPES.counter,
      GAUGE: METRIC_TYPES.gauge,
      HISTOGRAM: METRIC_TYPES.histogram,
    });
  });
});

describe("Prometheus 3", () => {
  it.each([0.5, 0.9, 0.99])("has the quantile %d alike in native and classic buckets", async (quantile) => {
    const of = '{job="negotiated"}';
    const native = await untilNumber(() => stage.query(`histogram_quantile(${quantile}, ${name}${of})`));
    const classic = await untilNumber(() =>
      stage.query(`histogram_quantile(${quantile}, sum by (le) (${name}_bucket${of}))`),
    );
    const upper = buckets.findIndex((bound) => classic <= bound);
    expect(native).toBeGreaterThanOrEqual((buckets[upper - 1] ?? 0) / 1.1);
    expect(native).toBeLessThanOrEqual((buckets[upper] ?? 0) * 1.1);
    const exact = (DURATIONS_MS[Math.ceil(quantile * DURATIONS_MS.length) - 1] ?? 0) / 1_000;
    expect(native / exact).toBeGreaterThan(1 / 1.1);
    expect(native / exact).toBeLessThan(1.1);
  });

  it.each([name, `${name}_bucket`])("keeps exemplars of %s", async (selector) => {
    const of = `${selector}{job="negotiated"}`;
    await until(async () => (await stage.exemplars(of)).length > 0);
    for (const { labels } of await stage.exemplars(of)) expect(labels["trace_id"]).toBe(TRACE_ID);
  });

  it("counts a series that appears with five events from zero", async () => {
    for (let call = 0; call < 5; call += 1) endCall(stage.metrics, "Late", 10);
    for (const job of ["negotiated", "classic"]) {
      await until(async () => (await stage.samples(lateCalls(job))).length > 1);
    }
    expect((await stage.samples(lateCalls("negotiated"))).slice(0, 2)).toEqual([0, 5]);
    expect((await stage.samples(lateCalls("classic")))[0]).toBe(5);
  });
});
