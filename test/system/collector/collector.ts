/** A real OpenTelemetry collector on loopback, and what arrived there. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { freePorts } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { goProgram } from "../../toolchains/languages.ts";
import { EXPORTS, type Log, type Metric, type Resourced, type Span } from "./otlp-json.ts";

const SOURCES = join(import.meta.dirname, "go");
const FLAGS = ["-ldflags", "-s -w"];

export interface Collector {
  /** By the protocol of OTLP. */
  readonly urls: { readonly grpc: string; readonly http: string };
  readonly spans: () => readonly Resourced<Span>[];
  readonly metrics: () => readonly Resourced<Metric>[];
  readonly logs: () => readonly Resourced<Log>[];
  readonly stop: () => Promise<void>;
  /** Starts it again at the same addresses. */
  readonly start: () => Promise<void>;
  /** Ends it, and removes what arrived. */
  readonly remove: () => Promise<void>;
}

/** The program; it is built at the first use. */
function collectorProgram(): string {
  return goProgram(SOURCES, ".", FLAGS);
}

export async function startCollector(): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-collector-"));
  const ports = await freePorts(2);
  const [grpc, http] = ports.map((port) => `127.0.0.1:${port}`);
  const config = join(folder, "collector.yaml");
  const pipeline = { receivers: ["otlp"], exporters: ["lines"] };
  writeFileSync(
    config,
    stringify({
      receivers: { otlp: { protocols: { grpc: { endpoint: grpc }, http: { endpoint: http } } } },
      exporters: { lines: { folder } },
      service: {
        telemetry: { metrics: { level: "none" }, logs: { level: "error" } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    }),
  );
  const program = collectorProgram();
  let stop: () => Promise<void> = nothing;
  const start = async (): Promise<void> => {
    const child = spawn(program, ["--config", config], { stdio: ["ignore", "ignore", "inherit"] });
    const exited = once(child, "exit");
    stop = async () => {
      child.kill();
      await exited;
    };
    await until(async () => {
      if (child.exitCode !== null) throw new Error("the collector ended");
      return (await Promise.all(ports.map(isOpen))).every(Boolean);
    });
  };
  const linesIn = (name: string): unknown[] => {
    const file = join(folder, `${name}.jsonl`);
    if (!existsSync(file)) return [];
    const complete = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return complete.map((line): unknown => JSON.parse(line));
  };
  await start();
  return {
    urls: { grpc: `http://${grpc}`, http: `http://${http}` },
    spans: () => z.array(EXPORTS.traces).parse(linesIn("traces")).flat(),
    metrics: () => z.array(EXPORTS.metrics).parse(linesIn("metrics")).flat(),
    logs: () => z.array(EXPORTS.logs).parse(linesIn("logs")).flat(),
    start,
    stop: () => stop(),
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

async function nothing(): Promise<void> {}
