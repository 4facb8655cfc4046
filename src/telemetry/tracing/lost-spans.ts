/** Counts spans and data points that do not reach the collector, with the cause. */

import type { DiagLogger } from "@opentelemetry/api";
import type { LostCause } from "../metrics/label-values.ts";
import { causeOf } from "../otlp/lost-cause.ts";
import { takePartialSuccess } from "../otlp/partial-success.ts";

/** Called with the number of spans or of data points that were lost, and why. */
export type OnLost = (items: number, cause: LostCause) => void;

/** The SDK reports spans that its full queue dropped only in its log, after the queue has room again. */
const DROPPED = /^Dropped (\d+) spans because maxQueueSize reached/;

/** Counts spans whose loss the SDK only logs, and logs it. */
export function countLoggedLosses(logger: DiagLogger, onSpansLost: OnLost): DiagLogger {
  const warn: DiagLogger["warn"] = (text, ...details) => {
    const dropped = Number(DROPPED.exec(String(text))?.[1] ?? 0);
    if (dropped > 0) onSpansLost(dropped, "queue_full");
    logger.warn(text, ...details);
  };
  return { ...logger, warn };
}

export interface ExportEnd {
  /** `spans` or `data points`, for the log. */
  readonly noun: string;
  readonly sent: number;
  /** As the SDK has it: 0 is success. */
  readonly result: { readonly code: number; readonly error?: Error };
}

const EXPORTED = 0;

/** Counts and logs what an export that has ended lost. */
export function reportExportEnd({ noun, sent, result }: ExportEnd, logger: DiagLogger, onLost: OnLost): void {
  const partial = takePartialSuccess();
  if (result.code !== EXPORTED) {
    onLost(sent, causeOf(result.error));
    // The SDK logs nothing of an export that fails while it shuts down.
    logger.warn(`${sent} ${noun} were not exported:`, result.error);
  } else if (partial !== undefined && partial.rejected > 0) {
    const rejected = Math.min(partial.rejected, sent);
    onLost(rejected, "rejected");
    logger.warn(`the collector rejected ${rejected} of ${sent} ${noun}:`, partial.message);
  } else if (partial !== undefined) {
    logger.warn(`the collector took the ${noun} with a warning:`, partial.message);
  }
}
