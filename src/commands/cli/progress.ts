/** Shows on a terminal that a command still works, once it has worked for two seconds. */

import type { Writable } from "node:stream";

const AFTER_MS = 2_000;
const EVERY_MS = 1_000;
/** Returns to the beginning of the line, and clears it. */
const CLEAR = "\r\u001b[2K";

/** Describes the work that goes on, such as `reading audit.jsonl, 40,000 records`. Called once a second. */
export type ProgressText = () => string;

/** Does `work`. On a terminal, a line of `stderr` shows its progress after two seconds, and is cleared at the end; elsewhere nothing is written. */
export async function withProgress<T>(
  stderr: Writable,
  text: ProgressText,
  work: () => T | Promise<T>,
): Promise<T> {
  if (!isTerminal(stderr)) return work();
  const startedMs = performance.now();
  let isShown = false;
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    if (seconds * 1_000 < AFTER_MS) return;
    isShown = true;
    stderr.write(`${CLEAR}${text()} (${seconds} s)`);
  }, EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (isShown) stderr.write(CLEAR);
  }
}

/** `1 record`, `40,000 records`. */
export function pluralizeMany(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Lets timers run, so that long synchronous work shows its progress. */
export function letTimersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isTerminal(stream: Writable): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}
