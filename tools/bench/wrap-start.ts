/** Measures what `tollgate -- SERVER` adds to the start of a server, in time and CPU, and to each call: the server alone and wrapped, in turns. Arguments are paths of `main.js` of other builds. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

import { listProcessTree } from "../../test/fixtures/processes.ts";
import { median } from "./median.ts";

const STARTS = 21;
const CALLS = 2_000;
const BAR_MS = 400;

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SERVER = [process.execPath, file("../../test/fixtures/servers/stdio/plain.ts")];
const BUILT = file("../../dist/main.js");
const FLAGS = ["--admin", "127.0.0.1:0", "--log-level", "silent", "--"];

const WAYS: Readonly<Record<string, readonly string[]>> = {
  "the server alone": SERVER,
  "wrapped, from src": [process.execPath, file("../../src/main.ts"), ...FLAGS, ...SERVER],
  ...(existsSync(BUILT) && { "wrapped, from dist": [process.execPath, BUILT, ...FLAGS, ...SERVER] }),
  ...Object.fromEntries(
    process.argv.slice(2).map((main) => [`wrapped, ${main}`, [process.execPath, main, ...FLAGS, ...SERVER]]),
  ),
};

interface Figures {
  readonly startsMs: number[];
  readonly cpusMs: number[];
  readonly callsMs: number[];
}

const figures = new Map<string, Figures>(
  Object.keys(WAYS).map((way) => [way, { startsMs: [], cpusMs: [], callsMs: [] }]),
);

for (let turn = 0; turn < STARTS; turn += 1) {
  for (const [way, command] of Object.entries(WAYS)) {
    const { startMs, cpuMs, callMs } = await measure(command, turn === 0);
    figures.get(way)?.startsMs.push(startMs);
    figures.get(way)?.cpusMs.push(cpuMs);
    if (callMs !== undefined) figures.get(way)?.callsMs.push(callMs);
  }
}

const alone = figures.get("the server alone");
console.log(
  `medians of ${STARTS} starts in turns, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`,
);
for (const [way, { startsMs, cpusMs, callsMs }] of figures) {
  // Measured in pairs, so that both of a pair meet the same load.
  const added = median(startsMs.map((ms, turn) => ms - (alone?.startsMs[turn] ?? Number.NaN)));
  const ratio = (median(startsMs) / median(alone?.startsMs ?? [])).toFixed(1);
  const cpu = `${median(cpusMs)} ms of CPU (${median(cpusMs) - median(alone?.cpusMs ?? [])} ms added)`;
  const start = `first answer after ${median(startsMs).toFixed(0)} ms (${ratio} x, ${added.toFixed(0)} ms added, bar ${BAR_MS}), ${cpu}`;
  console.log(`${way.padEnd(20)} ${start}, ${(median(callsMs) * 1000).toFixed(0)} us a call`);
}

interface Measured {
  readonly startMs: number;
  readonly cpuMs: number;
  readonly callMs?: number;
}

/** Measures from the start to the first response and, on request, calls in sequence. */
async function measure(command: readonly string[], hasCalls: boolean): Promise<Measured> {
  const [program = "", ...args] = command;
  const startedMs = performance.now();
  const child = spawn(program, args);
  child.stderr.resume();
  await call(child, 0);
  const startMs = performance.now() - startedMs;
  const cpuMs = listProcessTree(child.pid ?? 0).reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const callMs = hasCalls ? await timeCalls(child) : undefined;
  child.stdin.end();
  await once(child, "exit");
  return { startMs, cpuMs, ...(callMs !== undefined && { callMs }) };
}

/** User and system time of a process; 0 without /proc. */
function cpuMsOf(pid: number): number {
  if (process.platform !== "linux") return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const TICK_MS = 10;
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function timeCalls(child: ChildProcessWithoutNullStreams): Promise<number> {
  const startedMs = performance.now();
  for (let id = 1; id <= CALLS; id += 1) await call(child, id);
  return (performance.now() - startedMs) / CALLS;
}

async function call(child: ChildProcessWithoutNullStreams, id: number): Promise<void> {
  const params = { name: "echo", arguments: { text: "hello" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`);
  await once(child.stdout, "data");
}
