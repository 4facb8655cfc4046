/** Counts spans that do not reach the collector, with the cause. */

import type { DiagLogger } from "@opentelemetry/api";
import type { LostCause } from "../metrics/label-values.ts";

export type OnSpansLost = (spans: number, cause: LostCause) => void;

/** The SDK reports spans that its full queue dropped only in its log, after the queue has room again. */
const DROPPED = /^Dropped (\d+) spans because maxQueueSize reached/;
/** A collector's partial success, of which the SDK says nothing but in its log: `{"rejectedSpans":"2","errorMessage":"..."}`. */
const PARTIAL = /^Received Partial Success response/;
const REJECTED = /"rejectedSpans":\s*"?(\d+)/;

/** Counts what the SDK only logs, and logs it. */
export function countLoggedLosses(logger: DiagLogger, onSpansLost: OnSpansLost): DiagLogger {
  const warn: DiagLogger["warn"] = (text, ...details) => {
    const message = String(text);
    const dropped = Number(DROPPED.exec(message)?.[1] ?? 0);
    if (dropped > 0) onSpansLost(dropped, "queue_full");
    const rejected = PARTIAL.test(message)
      ? Number(REJECTED.exec(details.map(String).join(" "))?.[1] ?? 0)
      : 0;
    if (rejected > 0) onSpansLost(rejected, "rejected");
    logger.warn(text, ...details);
  };
  return { ...logger, warn };
}

/** The cause of a failed export. */
export function causeOf(error: unknown): LostCause {
  if (!(error instanceof Error)) return "other";
  const code = "code" in error ? error.code : undefined;
  if (/timed? ?out|deadline/i.test(error.message) || code === GRPC_DEADLINE || code === "ETIMEDOUT")
    return "timeout";
  if (code === GRPC_UNAVAILABLE || (typeof code === "string" && CONNECTION.test(code))) return "unreachable";
  if (typeof code === "number" || (typeof code === "string" && /^\d+$/.test(code))) return "refused";
  if (/limit reached/i.test(error.message)) return "queue_full";
  return error.cause === undefined ? "other" : causeOf(error.cause);
}

const GRPC_DEADLINE = 4;
const GRPC_UNAVAILABLE = 14;
const CONNECTION = /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|UND_ERR_SOCKET|CERT|ERR_TLS|DEPTH|SELF|UNABLE)/;
