/** Signals a child's process group, so that processes started by the child end with it. */

import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 20;
const HAS_GROUPS = process.platform !== "win32";

/** Returns whether a process received the signal. Windows has no groups: only the child receives it. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(HAS_GROUPS ? -leader : leader, signal);
  } catch {
    return false;
  }
}

/** Leaders of the groups to kill when this process exits. */
const groupsToKill = new Set<number>();

/** Kills the group when this process exits; the returned function cancels that. */
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

/** Ends the processes that a leader has left behind: SIGTERM, then SIGKILL after `graceMs`. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  // Security: without groups the process id may already belong to another process.
  if (!HAS_GROUPS || !signalGroup(leader, "SIGTERM")) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs && signalGroup(leader, 0)) await pause(POLL_MS);
  signalGroup(leader, "SIGKILL");
}
