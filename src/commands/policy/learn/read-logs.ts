/** Reads the calls of audit logs, oldest log first, and counts the lines that are no calls. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { constants, gunzipSync } from "node:zlib";
import { readProblem } from "../../../config/file-fault.ts";
import { readLines } from "../../audit/read-lines.ts";
import { parseRecord } from "../../audit/record.ts";
import type { Observations } from "./observations.ts";
import { readObservedLine } from "./observed-call.ts";

export interface LogSpan {
  /** In milliseconds since the epoch; `since` is inclusive, `until` exclusive. Absent: no bound. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** Lines that no call was learned from. */
export interface LeftOut {
  lines: number;
  /** Records about other things than a call of a tool. */
  other: number;
  /** Records with words that this version does not know. */
  newer: number;
  unreadable: number;
  outsideSpan: number;
  /** Files whose last line is not whole. */
  readonly cut: string[];
}

/** Reads all logs into `observations`. @throws LogFault when one cannot be read. */
export async function readLogs(
  files: readonly string[],
  stdin: Readable,
  { observations, span }: { readonly observations: Observations; readonly span: LogSpan },
): Promise<LeftOut> {
  const found: LeftOut = { lines: 0, other: 0, newer: 0, unreadable: 0, outsideSpan: 0, cut: [] };
  for (const file of oldestFirst(files)) {
    let isLastUnreadable = false;
    let hasRecords = false;
    const line = (text: string): void => {
      const read = readObservedLine(text);
      found.lines += 1;
      isLastUnreadable = read === "unreadable";
      hasRecords ||= !isLastUnreadable;
      if (typeof read === "string") found[read] += 1;
      else if (isOutside(read.atMs, span)) found.outsideSpan += 1;
      else observations.add(read);
    };
    await readOrExplain(file, stdin, { line, tooLong: () => (found.unreadable += 1) });
    if (!isLastUnreadable || !hasRecords) continue;
    found.unreadable -= 1;
    found.cut.push(file);
  }
  return found;
}

/** A log that cannot be read. The message is for the operator. */
export class LogFault extends Error {}

async function readOrExplain(...[file, stdin, listener]: Parameters<typeof readLines>): Promise<void> {
  try {
    await readLines(file, stdin, listener);
  } catch (error) {
    throw new LogFault(readProblem(file, error), { cause: error });
  }
}

function isOutside(atMs: number, { sinceMs = -Infinity, untilMs = Infinity }: LogSpan): boolean {
  return atMs < sinceMs || atMs >= untilMs;
}

/** Rotated logs are named newest first by a shell: `audit.jsonl audit.jsonl.1`. Standard input and pipes come last. */
function oldestFirst(files: readonly string[]): string[] {
  const timed = Array.from(new Set(files), (file) => ({ file, time: firstTime(file) }));
  return timed.toSorted((one, other) => (one.time < other.time ? -1 : 1)).map(({ file }) => file);
}

/** Sorts after every time. */
const LAST = "~";
const HEAD_BYTES = 65_536;

/** The time of a log's first whole record in its first 64 KiB; one that sorts last without one. */
function firstTime(file: string): string {
  if (file === "-") return LAST;
  try {
    // A pipe can be read once.
    if (!statSync(file).isFile()) return LAST;
    for (const line of headOf(file).split("\n")) {
      const record = parseRecord(line);
      if (record !== undefined) return record.time;
    }
    return LAST;
  } catch (error) {
    throw new LogFault(readProblem(file, error), { cause: error });
  }
}

function headOf(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const head = bytes.subarray(0, readSync(descriptor, bytes));
    const isGzip = head[0] === 0x1f && head[1] === 0x8b;
    return (isGzip ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }) : head).toString();
  } finally {
    closeSync(descriptor);
  }
}
