/** Reports audit records that were lost: one line of the log a minute, with their number and the reason. */

import type { AuditLostCause } from "../metrics/label-values.ts";
import { causeOf } from "../otlp/lost-cause.ts";
import { QueueFullError } from "./remote-log.ts";

export interface LossReport {
  /** Called with the number of records that were lost, and the error of the write. */
  readonly lose: (records: number, error: unknown) => void;
  /** Reports what was not reported yet. */
  readonly flush: () => void;
}

const DISK_FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);
const NOT_WRITABLE: ReadonlySet<unknown> = new Set([
  "EROFS",
  "ENOENT",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "EIO",
  "EBADF",
]);

/** The label value of a loss. */
export function lossCauseOf(error: unknown): AuditLostCause {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (DISK_FULL.has(code)) return "disk_full";
  if (NOT_WRITABLE.has(code)) return "not_writable";
  return code === "EAGAIN" || error instanceof QueueFullError ? "queue_full" : causeOf(error);
}

const EVERY_MS = 60_000;

/** The first loss is reported at once. */
export function createLossReport(report: (records: number, reason: string) => void): LossReport {
  let timer: NodeJS.Timeout | undefined;
  let lost = 0;
  let reason = "";
  const tell = (): void => {
    if (lost > 0) report(lost, reason);
    lost = 0;
  };
  const onMinute = (): void => {
    const isQuiet = lost === 0;
    tell();
    timer = isQuiet ? undefined : setTimeout(onMinute, EVERY_MS).unref();
  };
  return {
    lose: (records, error) => {
      lost += records;
      reason = reasonOf(error);
      if (timer !== undefined) return;
      tell();
      timer = setTimeout(onMinute, EVERY_MS).unref();
    },
    flush: () => {
      clearTimeout(timer);
      timer = undefined;
      tell();
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the file system is read-only",
  ENOENT: "the file was deleted, and its folder is gone",
  EAGAIN: "the pipe is full: its reader does not keep up",
  EPIPE: "the reader of the pipe is gone",
  EACCES: "the file may not be written",
  EIO: "the disk has an error",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return REASONS[code] === undefined ? code : `${REASONS[code]} (${code})`;
}
