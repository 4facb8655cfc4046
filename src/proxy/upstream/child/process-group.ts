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

/** Leaders of groups that end with this process, however it ends but by SIGKILL. */
const groupsToKill = new Set<number>();

/** Has the group killed when this process exits; what it returns takes that back. */
export function killAtExit(leader: number): () => void {
  if (groupsToKill.size === 0) process.on("exit", killGroups);
  groupsToKill.add(leader);
  return () => {
    groupsToKill.delete(leader);
    if (groupsToKill.size === 0) process.off("exit", killGroups);
  };
}

function killGroups(): void {
  for (const leader of groupsToKill) signalGroup(leader, "SIGKILL");
}

/** Ends what a leader that has exited left behind: asks, waits for `graceMs` at most, and then kills. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  // Security: without groups the number may already be another process's.
  if (!HAS_GROUPS || !signalGroup(leader, "SIGTERM")) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs && signalGroup(leader, 0)) await pause(POLL_MS);
  signalGroup(leader, "SIGKILL");
}
