/** Closed loop, by wrk: each connection sends its next call as soon as the last one is answered. */

import { fileURLToPath } from "node:url";
import type { Testbed } from "../testbed.ts";
import { cpuMsOf } from "../subjects/process.ts";
import type { Subject } from "../subjects/subject.ts";
import { type Message, writeRequest } from "./request.ts";
import { runForFigures } from "./run-program.ts";

const SCRIPT = fileURLToPath(new URL("call.lua", import.meta.url));

export interface ClosedLoop {
  readonly callsPerSecond: number;
  readonly bytesPerSecond: number;
  /** CPU time of all processes of the subject, per call. */
  readonly cpuUsPerCall: number;
  /** Share of one core that the subject used; below 0.95 the load or the stub was the bottleneck. */
  readonly busy: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface ClosedLoopOptions {
  readonly message: Message;
  readonly seconds: number;
  readonly connections: number;
}

/** Runs the load. @throws when a response has a status other than 200 */
export async function closedLoop(
  testbed: Testbed,
  subject: Subject,
  { message, seconds, connections }: ClosedLoopOptions,
): Promise<ClosedLoop> {
  const file = writeRequest(testbed, subject, message);
  const url = `http://127.0.0.1:${subject.port}${subject.path}`;
  const wrk = ["wrk", "-t", "1", "-c", `${connections}`, "-d", `${seconds}s`, "-s", SCRIPT, url, "--", file];
  const cpuBeforeMs = cpuMsOf(subject.pids());
  const startedMs = performance.now();
  const figures = await runForFigures(testbed.onLoadCore(wrk), [
    "calls",
    "microseconds",
    "bytes",
    "failed",
    "p50Us",
    "p99Us",
  ]);
  const [tookMs, cpuMs] = [performance.now() - startedMs, cpuMsOf(subject.pids()) - cpuBeforeMs];
  if (figures.failed > 0 || figures.calls === 0)
    throw new Error(`${subject.name}: ${figures.failed} of ${figures.calls} calls failed`);
  const measuredS = figures.microseconds / 1e6;
  return {
    callsPerSecond: figures.calls / measuredS,
    bytesPerSecond: figures.bytes / measuredS,
    cpuUsPerCall: (cpuMs * 1_000) / figures.calls,
    busy: cpuMs / tookMs,
    p50Us: figures.p50Us,
    p99Us: figures.p99Us,
  };
}
