/** Debian's Prometheus with the series of a fleet. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../test/fixtures/free-port.ts";
import { startProgram } from "../../test/system/observability/programs.ts";
import { fleetSeries, type FleetSize } from "./fleet-series.ts";
import { fill, type Period } from "./remote-write.ts";

export interface FilledPrometheus {
  readonly url: string;
  readonly series: number;
  readonly samples: number;
  /** The processor time that it has used, in milliseconds. */
  readonly processorMs: () => number;
  readonly stop: () => Promise<void>;
}

/** Resolves when all samples are stored. */
export async function startFilledPrometheus(size: FleetSize, period: Period): Promise<FilledPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-boards-"));
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, "{}");
  const [port = 0] = await freePorts(1);
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.enable-remote-write-receiver",
    // No block is written beside the measurement.
    "--storage.tsdb.min-block-duration=4d",
    "--storage.tsdb.max-block-duration=4d",
    "--log.level=error",
  ];
  const prometheus = await startProgram("prometheus", flags, port);
  const stop = async (): Promise<void> => {
    await prometheus.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const series = await fleetSeries(size);
    const samples = await fill(prometheus.url, series, period);
    const processorMs = (): number => processorMsOf(prometheus.pid ?? 0);
    return { url: prometheus.url, series: series.length, samples, processorMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Linux counts it in ticks of 10 ms, of user and system, as fields 14 and 15 (proc_pid_stat(5)). */
export function processorMsOf(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}
