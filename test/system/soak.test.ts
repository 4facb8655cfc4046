/** A sidecar under steady load, as it is shipped: its memory and its descriptors do not grow. SOAK_MINUTES, SOAK_RATE and SOAK_STREAMS say how much. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { readHeap, heapReportVariables } from "../fixtures/read-heap.ts";
import { median, type Sample, type Trend, fitTrend } from "../operations/slope.ts";
import { startLoad, startSoakServer } from "../fixtures/soak-load.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { noteFigure } from "../operations/figure.ts";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 20);
const RATE = Number(process.env["SOAK_RATE"] ?? 300);
const STREAMS = Number(process.env["SOAK_STREAMS"] ?? 200);
const SAMPLE_S = 5;
const WINDOW_S = 30;
/** The first third, but 5 minutes at most: compiled code, full rings and grown heaps are no leak. */
const WARM_UP_S = Math.min(300, MINUTES * 20);
const TEN_MINUTES_S = 600;
const WHOLE_RUN_MINUTES = 20;
/**
 * In 10 minutes. A short run ends while V8 still compiles, which adds a few percent: it is there to find a leak of a kilobyte for each call,
 * which adds a hundred percent. docs/decisions/0053-soak.md has the figures.
 */
const BAR_PERCENT = MINUTES < WHOLE_RUN_MINUTES ? 25 : 1;

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    run: { limits: [{ counter: "runs", window: "minute", max: 50, scope: "grant" }] },
    refused: { deny_if: [{ conditions: [{ path: "args.n", op: "gte", value: 0 }] }] },
  },
};

it(
  `holds its memory and its descriptors for ${MINUTES} minutes at ${RATE} calls a second, ${STREAMS} streams and sessions that come and go`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-soak-"));
    const heapFile = join(folder, "heap.json");
    const upstream = await startSoakServer();
    const tollgate = await startShipped(upstream.url, folder, heapFile);
    onTestFinished(async () => {
      await tollgate.stop("SIGKILL");
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const beganS = performance.now() / 1_000;
    const stop = startLoad(tollgate.url, { callsPerSecond: RATE, streams: STREAMS });
    await sample(tollgate, beganS + WARM_UP_S / 2);
    const heapBefore = await readHeap(tollgate, heapFile);
    await sample(tollgate, beganS + WARM_UP_S);
    const readings = await sample(tollgate, beganS + MINUTES * 60);
    const heapAfter = await readHeap(tollgate, heapFile);
    const { admitted = 0, condition = 0, rate_limited: limited = 0, ...others } = await stop();
    const memory = fitTrend(pick(readings, "residentBytes"), { lengthS: WINDOW_S, pick: median });
    // A burst on a busy machine opens connections that stay idle for a while: the minimum shows the descriptors that are held.
    const descriptors = fitTrend(pick(readings, "descriptors"), { lengthS: WINDOW_S, pick: least });
    const calls = `${admitted} admitted, ${condition} denied, ${limited} over a limit, others ${JSON.stringify(others)}`;
    noteFigure({
      row: "soak, calls",
      figure: `${MINUTES} min at ${RATE} calls/s, ${STREAMS} streams: ${calls}`,
      isMet: Object.keys(others).length === 0,
    });
    noteFigure({
      row: "soak, memory",
      figure: `resident ${mebibytes(memory.level)}, ${inTenMinutes(memory)}, after ${WARM_UP_S} s, bar ${BAR_PERCENT} %; heap after a collection ${mebibytes(heapBefore.heapBytes)} after ${WARM_UP_S / 2} s, ${mebibytes(heapAfter.heapBytes)} at the end`,
      isMet: isFlat(memory),
    });
    noteFigure({
      row: "soak, descriptors",
      figure: `${descriptors.level}, ${inTenMinutes(descriptors)}`,
      isMet: isFlat(descriptors),
    });
    expect(others).toEqual({});
    expect([memory, descriptors].map(isFlat)).toEqual([true, true]);
  },
  (MINUTES + 2) * 60_000,
);

/** Starts Tollgate from `dist`, as users run it. */
function startShipped(upstream: string, folder: string, heapFile: string): Promise<RunningTollgate> {
  if (!existsSync(MAIN)) throw new Error("dist/main.js is missing: run npm run build");
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const identity = `identity: { header: { name: X-Agent-Id, from: [127.0.0.1] } }\n`;
  const files = [
    "--policy",
    file("policy.json", JSON.stringify(POLICY)),
    "--config",
    file("config.yaml", identity),
  ];
  return startTollgateProcess({
    upstream,
    program: MAIN,
    flags: [...files, "--audit", "/dev/null", "--log-level", "error"],
    environment: heapReportVariables(heapFile),
  });
}

interface Reading {
  readonly atS: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** Resident memory as the kernel counts it, and descriptors, every 5 s until `untilS`. */
async function sample({ pid, adminUrl }: RunningTollgate, untilS: number): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (let atS = performance.now() / 1_000; atS < untilS; atS = performance.now() / 1_000) {
    // Scrape as Prometheus does, but more often.
    await (await fetch(`${adminUrl}/metrics`)).text();
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    readings.push({ atS, residentBytes: Number(kibibytes) * 1_024, descriptors });
    if (readings.length % 12 === 0) process.stdout.write(`${JSON.stringify(readings.at(-1))}\n`);
    await until(() => performance.now() / 1_000 >= Math.min(untilS, atS + SAMPLE_S));
  }
  return readings;
}

function pick(readings: readonly Reading[], name: "residentBytes" | "descriptors"): Sample[] {
  return readings.map(({ atS, [name]: value }) => ({ atS, value }));
}

function least(values: readonly number[]): number {
  return Math.min(...values);
}

function isFlat(trend: Trend): boolean {
  return percent(trend) <= BAR_PERCENT;
}

function percent({ level, slope }: Trend): number {
  return (slope / level) * TEN_MINUTES_S * 100;
}

function inTenMinutes(trend: Trend): string {
  return `${percent(trend).toFixed(2)} % per 10 min by ${trend.windows} windows`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
