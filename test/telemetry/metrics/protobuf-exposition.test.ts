/** The scrape in protocol buffers. */

import { describe, expect, it } from "vitest";
import { METRICS } from "../../../src/telemetry/metrics/metric-definitions.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../src/telemetry/metrics/metrics.ts";
import { serve, startSidecar } from "../../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../../fixtures/loopback-server.ts";
import {
  decodeScrape,
  nativeBuckets,
  PROTOBUF,
  type ProtoFamily,
  type ProtoHistogram,
  type ProtoPair,
} from "../../fixtures/prometheus-protobuf.ts";
import { exampleRequest, exampleTool, observe } from "../examples.ts";
import { parseSamples, type Sample } from "./scrape.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

function start(options: Partial<MetricsOptions> = {}): Metrics {
  return createMetrics({ server: "s", version: "0.1.0", nodeVersion: "v26", agents: [], ...options });
}

async function scrape(metrics: Metrics): Promise<readonly ProtoFamily[]> {
  const { pieces } = await metrics.render(PROTOBUF);
  return decodeScrape(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
}

function histogramsOf(families: readonly ProtoFamily[], name: string): readonly ProtoHistogram[] {
  const metrics = families.find((family) => family.name === name)?.metric ?? [];
  return metrics.map(({ histogram }) => histogram).filter((histogram) => histogram !== null);
}

function key(name: string, labels: readonly ProtoPair[]): string {
  return `${name} ${labels.map((pair) => `${pair.name}=${pair.value}`).toSorted()}`;
}

/** Each number of the families under the name and the labels that the text has. */
function samplesOf(families: readonly ProtoFamily[]): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const { name, metric } of families) {
    for (const { label, gauge, counter, histogram } of metric) {
      const number = gauge ?? counter;
      if (number !== null) samples.set(key(name, label), number.value);
      if (histogram === null) continue;
      samples.set(key(`${name}_sum`, label), histogram.sample_sum);
      samples.set(key(`${name}_count`, label), histogram.sample_count);
      for (const { upper_bound: bound, cumulative_count: count } of histogram.bucket) {
        const le = { name: "le", value: bound === Infinity ? "+Inf" : String(bound) };
        samples.set(key(`${name}_bucket`, [...label, le]), count);
      }
    }
  }
  return samples;
}

function keyOfSample({ name, labels }: Sample): string {
  return key(
    name,
    Object.entries(labels).map(([label, value]) => ({ name: label, value })),
  );
}

describe("a scrape in protocol buffers", () => {
  it("has its content type, and the samples of the text under the same names and labels", async () => {
    const metrics = start();
    for (const name of ["a", "b"]) observe(metrics.observer, exampleRequest({ tool: exampleTool(name) }));
    const { contentType } = await metrics.render(PROTOBUF);
    expect(contentType).toBe(
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    );
    const read = samplesOf(await scrape(metrics));
    const text = parseSamples((await metrics.render(undefined)).body);
    expect([...read.keys()].toSorted()).toEqual(text.map(keyOfSample).toSorted());
    for (const sample of text.filter(({ name }) => /^(?:tollgate|mcp)_/.test(name))) {
      expect(read.get(keyOfSample(sample)), sample.line).toBe(sample.value);
    }
  });

  it("tells when each counter and histogram began", async () => {
    const before = Math.floor(Date.now() / 1000);
    const metrics = start();
    observe(metrics.observer, exampleRequest());
    for (const { name, metric } of await scrape(metrics)) {
      for (const { counter, histogram } of metric) {
        const created = (counter ?? histogram)?.created_timestamp;
        if (created === undefined) continue;
        const oldest = name.startsWith("process_") || name.startsWith("nodejs_") ? 0 : before;
        expect(created.seconds, name).toBeGreaterThanOrEqual(oldest);
        expect(created.seconds, name).toBeLessThanOrEqual(before + 60);
      }
    }
  });

  it("has no native buckets by default", async () => {
    const metrics = start();
    observe(metrics.observer, exampleRequest());
    const [histogram] = histogramsOf(await scrape(metrics), METRICS.serverDuration.name);
    expect(histogram).toMatchObject({ sample_count: 1, zero_threshold: 0 });
    expect(histogram?.positive_span ?? []).toEqual([]);
  });

  it("has native buckets beside the classic ones, and the exemplars in both, where they are asked for", async () => {
    const metrics = start({ hasNativeHistograms: true, traceIdOf: () => TRACE_ID });
    observe(metrics.observer, exampleRequest());
    const families = await scrape(metrics);
    const [histogram] = histogramsOf(families, METRICS.serverDuration.name);
    if (histogram === undefined) throw new Error("no histogram");
    expect(histogram.bucket).toHaveLength(METRICS.serverDuration.buckets.length + 1);
    const [[upper, count] = [0, 0]] = nativeBuckets(histogram);
    expect(count).toBe(1);
    expect(upper).toBeGreaterThanOrEqual(histogram.sample_sum);
    expect(upper / 2 ** (1 / 8)).toBeLessThan(histogram.sample_sum);
    const exemplar = { value: histogram.sample_sum, label: [{ name: "trace_id", value: TRACE_ID }] };
    expect(histogram.exemplars).toMatchObject([exemplar]);
    expect(histogram.bucket.filter((bucket) => (bucket.exemplar ?? null) !== null)).toMatchObject([
      { exemplar },
    ]);
    for (const { name, type } of families.filter(({ type }) => type === 4)) {
      if (name.startsWith("nodejs_")) continue;
      for (const each of histogramsOf(families, name))
        expect(each, `${name} ${type}`).toHaveProperty("schema", 3);
    }
  });

  it("consists of small pieces", async () => {
    const metrics = start();
    for (let index = 0; index < 500; index += 1) {
      observe(metrics.observer, exampleRequest({ tool: exampleTool(`tool-${index}`) }));
    }
    const { pieces } = await metrics.render(PROTOBUF);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(64 * 1_024);
    expect(pieces.length).toBeGreaterThan(10);
  });

  it("keeps native buckets by metrics.native-histograms in the file of --config", async () => {
    const upstream = await serve(() => EMPTY_RESULT);
    const sidecar = await startSidecar({
      upstream: upstream.url,
      config: "metrics: { native-histograms: true }\n",
    });
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", arguments: {} } };
    const headers = { "content-type": "application/json" };
    await (await fetch(sidecar.url, { method: "POST", headers, body: JSON.stringify(body) })).text();
    const response = await fetch(`${sidecar.adminUrl}/metrics`, { headers: { accept: PROTOBUF } });
    const families = decodeScrape(new Uint8Array(await response.arrayBuffer()));
    const [histogram] = histogramsOf(families, METRICS.overhead.name);
    expect(histogram?.positive_span).not.toEqual([]);
  });
});
