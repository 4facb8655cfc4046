/** Starts measured programs on their core, reads their use from /proc, and ends them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { listProcessTree } from "../../../test/fixtures/processes.ts";

const READY_WITHIN_MS = 20_000;
const POLL_MS = 20;

export interface LaunchedProgram {
  /** The process and its descendants. */
  readonly pids: () => readonly number[];
  readonly stop: () => Promise<void>;
}

export interface LaunchOptions {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
  /** Absent: 20. */
  readonly pollMs?: number;
}

/** @throws when it exits or is not ready in time; the message includes its stderr */
export async function launchProgram({
  command,
  environment,
  isReady,
  pollMs = POLL_MS,
}: LaunchOptions): Promise<LaunchedProgram> {
  const [program = "", ...args] = command;
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const pids = (): readonly number[] => listProcessTree(child.pid ?? 0);
  // Descendants are not signalled when their parent is killed.
  const end = (): void => pids().forEach(endQuietly);
  process.once("exit", end);
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) end();
    await exited;
    process.off("exit", end);
  };
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!(await isReady())) {
    if (child.exitCode === null && performance.now() < deadlineMs) await pause(pollMs);
    else {
      await stop();
      throw new Error(`${command.join(" ")}: did not become ready: ${said.trim()}`);
    }
  }
  return { pids, stop };
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has already exited.
  }
}

/**
 * User and system time of these processes so far, in milliseconds. By the scheduler's nanoseconds, thread by thread, since /proc/PID/stat counts
 * in hundredths of a second, which is too coarse for what nginx uses.
 */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOfOne(pid), 0);
}

function cpuMsOfOne(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Resident memory of these processes, in bytes. */
export function residentBytesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }, 0);
}
