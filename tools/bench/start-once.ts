/** Starts `tollgate --upstream` once, without traces, and measures time to ready and idle memory. */

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../../test/fixtures/free-port.ts";
import { launchProgram } from "./subjects/process.ts";
import { sendRequest } from "./subjects/subject.ts";

/** Time after which everything that is loaded lazily is loaded. */
const IDLE_MS = 2_000;

export interface StartFigures {
  readonly readyMs: number;
  /** After probes and a scrape. */
  readonly idleMb: number;
}

/** Runs `command`: Node with its flags, then the path of a `main.js`. @throws when it does not become ready */
export async function startOnce(command: readonly string[], upstreamPort: number): Promise<StartFigures> {
  const [listen, admin = 0] = await freePorts(2);
  const addresses = ["--listen", `127.0.0.1:${listen}`, "--admin", `127.0.0.1:${admin}`];
  const flags = ["--upstream", `http://127.0.0.1:${upstreamPort}/mcp`, ...addresses, "--log-level", "silent"];
  const get = async (path: string): Promise<boolean> =>
    (await sendRequest({ port: admin, path })).status === 200;
  const startedMs = performance.now();
  const { pids, stop } = await launchProgram({
    command: [...command, ...flags],
    isReady: () => get("/readyz").catch(() => false),
    pollMs: 2,
  });
  const readyMs = performance.now() - startedMs;
  try {
    await pause(IDLE_MS);
    if (!(await get("/metrics"))) throw new Error("the admin listener gave no metrics");
    return { readyMs, idleMb: pids().reduce((sum, pid) => sum + residentMbOf(pid), 0) };
  } finally {
    await stop();
  }
}

function residentMbOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
