/** A child's process group: signalled as one, so that what the child has started ends with it. */

import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 20;
const HAS_GROUPS = process.platform !== "win32";

/** Whether anybody was there to get the signal. Windows has no groups: there the child alone gets it. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(HAS_GROUPS ? -leader : leader, signal);
  } catch {
    return false;
  }
}

/** Ends what a leader that has exited left behind: asks, waits for `graceMs` at most, and then kills. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  // Security: without groups the number may already be another process's.
  if (!HAS_GROUPS || !signalGroup(leader, "SIGTERM")) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs && signalGroup(leader, 0)) await pause(POLL_MS);
  signalGroup(leader, "SIGKILL");
}
