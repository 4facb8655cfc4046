/** A target with native histograms, traced calls of known durations, and a Prometheus that scrapes it. */

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics/metrics.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { exampleRequest, exampleTool } from "../../telemetry/examples.ts";
import { startProgram } from "./programs.ts";

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
/** Milliseconds, from 1 to 60,000; each 6 % longer than the one before. */
export const DURATIONS_MS: readonly number[] = Array.from({ length: 190 }, (_, nth) => 1.06 ** nth);

export interface NativeStage {
  readonly metrics: Metrics;
  /** The `Accept` headers that Prometheus sent to /metrics. */
  readonly accepted: ReadonlySet<string>;
  /** The number that a query has as its one answer; undefined without an answer. */
  readonly query: (expression: string) => Promise<number | undefined>;
  /** The samples of the one series of a range, oldest first. */
  readonly samples: (expression: string) => Promise<readonly number[]>;
  readonly exemplars: (selector: string) => Promise<readonly Exemplar[]>;
  readonly stop: () => Promise<void>;
}

const exemplar = z.object({ labels: z.record(z.string(), z.string()), value: z.string() });
type Exemplar = z.infer<typeof exemplar>;

const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        value: z.tuple([z.number(), z.string()]).optional(),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
});
const exemplarAnswer = z.object({ data: z.array(z.object({ exemplars: z.array(exemplar) })) });

export interface NativeProgram {
  /** Name or path. */
  readonly program: string;
  readonly features: readonly string[];
  /** Settings of the scrape beside its target. */
  readonly scrape: Readonly<Record<string, unknown>>;
}

/** The job `negotiated` asks as Prometheus does; `classic` always gets the text. */
export async function startNativeStage({ program, features, scrape }: NativeProgram): Promise<NativeStage> {
  const metrics = createMetrics({
    server: "s",
    version: "0",
    nodeVersion: "v0",
    agents: [],
    hasNativeHistograms: true,
    traceIdOf: () => TRACE_ID,
  });
  for (const ms of DURATIONS_MS) endCall(metrics, "Timed", ms);
  const accepted = new Set<string>();
  const server = createServer((request, response) => {
    const accept = request.url === "/metrics" ? request.headers.accept : undefined;
    if (accept !== undefined) accepted.add(accept);
    void metrics.render(accept).then(({ contentType, pieces }) => {
      response.setHeader("content-type", contentType);
      for (const piece of pieces) response.write(piece);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const targets = [`127.0.0.1:${typeof address === "object" ? address?.port : 0}`];
  const folder = mkdtempSync(join(tmpdir(), "tollgate-native-"));
  const config = join(folder, "prometheus.yml");
  const jobs = [
    { job_name: "negotiated", ...scrape, static_configs: [{ targets }] },
    { job_name: "classic", metrics_path: "/classic", static_configs: [{ targets }] },
  ];
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs: jobs }));
  const [port = 0] = await freePorts(1);
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const prometheus = await startProgram(program, [...flags, `--enable-feature=${features.join(",")}`], port);
  return {
    metrics,
    accepted,
    ...questions(prometheus.url),
    stop: async () => {
      await prometheus.stop();
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A call of this tool that took so long. */
export function endCall(metrics: Metrics, tool: string, totalMs: number): void {
  const request = exampleRequest({ tool: exampleTool(tool) });
  const judgement = { decision: { charges: [], unevaluable: [] }, policyDigest: "" };
  metrics.observer.requestStarted?.(request);
  metrics.observer.requestDecided?.(request, judgement);
  const ending = { outcome: "success", totalMs, upstreamMs: totalMs, resultBytes: 1 } as const;
  metrics.observer.requestEnded?.(request, ending, judgement);
}

function questions(url: string): Pick<NativeStage, "query" | "samples" | "exemplars"> {
  const ask = async (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> =>
    (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  return {
    query: async (expression) => {
      const { data } = answer.parse(await ask("query", { query: expression }));
      return data.result[0]?.value && Number(data.result[0].value[1]);
    },
    samples: async (expression) => {
      const { data } = answer.parse(await ask("query", { query: expression }));
      return (data.result[0]?.values ?? []).map(([, value]) => Number(value));
    },
    exemplars: async (selector) => {
      const [start, end] = [String(Date.now() / 1000 - 3_600), String(Date.now() / 1000 + 60)];
      const found = await ask("query_exemplars", { query: selector, start, end });
      return exemplarAnswer.parse(found).data.flatMap(({ exemplars }) => exemplars);
    },
  };
}

/** Waits for a number. */
export async function untilNumber(ask: () => Promise<number | undefined>): Promise<number> {
  let found: number | undefined;
  await until(async () => {
    found = await ask();
    return found !== undefined && !Number.isNaN(found);
  });
  return found ?? Number.NaN;
}
