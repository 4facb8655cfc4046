/** Compares the clock of this machine with that of the server. */

import { finding, type Finding } from "./findings.ts";

/** A Date header is in whole seconds, and travels; tokens are commonly taken with 30 s or more. */
const MAX_DIFFERENCE_S = 30;

/** `date` is the Date header of a response that has just come; undefined without one. */
export function checkClock(date: string | undefined, nowMs: number): Finding {
  const serverMs = Date.parse(date ?? "");
  if (Number.isNaN(serverMs)) return finding("clock-unknown", "the server sends no Date to compare with");
  const seconds = Math.round(Math.abs(nowMs - serverMs) / 1_000);
  return seconds > MAX_DIFFERENCE_S
    ? finding("clock-off", `the clocks of this machine and of the server differ by ${seconds} s`)
    : finding("clock-good", "the clocks of this machine and of the server agree");
}
