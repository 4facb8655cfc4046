/** Open loop, by native/open-loop.c: calls at a fixed rate, whether or not earlier ones have ended. Latency is measured from when a call was due. */

import type { Testbed } from "../testbed.ts";
import { cpuMsOf } from "../subjects/process.ts";
import type { Subject } from "../subjects/subject.ts";
import { type Message, writeRequest } from "./request.ts";
import { runForFigures } from "./run-program.ts";

const CONNECTIONS = 32;
const WARM_UP_S = 0.5;

export interface OpenLoop {
  /** Number of calls sent, warm-up included. */
  readonly calls: number;
  /** CPU time of all processes of the subject, per call. */
  readonly cpuUsPerCall: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

export interface OpenLoopOptions {
  readonly message: Message;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Runs the load. @throws when a response is missing or has a status other than 200 */
export async function openLoop(
  testbed: Testbed,
  subject: Subject,
  { message, perSecond, seconds }: OpenLoopOptions,
): Promise<OpenLoop> {
  const file = writeRequest(testbed, subject, message);
  const numbers = [perSecond, seconds, WARM_UP_S, CONNECTIONS].map(String);
  const command = testbed.onLoadCore([testbed.programs.openLoop, String(subject.port), file, ...numbers]);
  const cpuBeforeMs = cpuMsOf(subject.pids());
  const { sent, unanswered, failed, ...latencies } = await runForFigures(command, [
    "sent",
    "unanswered",
    "failed",
    "p50Us",
    "p99Us",
    "p999Us",
    "maxUs",
  ]);
  const cpuMs = cpuMsOf(subject.pids()) - cpuBeforeMs;
  if (unanswered > 0 || failed > 0)
    throw new Error(
      `${subject.name}: of ${sent} calls at ${perSecond}/s ${unanswered} were not answered and ${failed} failed`,
    );
  return { ...latencies, calls: sent, cpuUsPerCall: (cpuMs * 1_000) / sent };
}
