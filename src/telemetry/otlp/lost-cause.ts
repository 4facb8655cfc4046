/** The cause of a failed export: a label value of the metrics of what was lost. */

import type { LostCause } from "../metrics/label-values.ts";

export function causeOf(error: unknown): LostCause {
  if (!(error instanceof Error)) return "other";
  if (error instanceof RejectedError) return "rejected";
  const code = "code" in error ? error.code : undefined;
  if (/timed? ?out|deadline/i.test(error.message) || code === GRPC_DEADLINE || code === "ETIMEDOUT")
    return "timeout";
  if (code === GRPC_UNAVAILABLE || (typeof code === "string" && CONNECTION.test(code))) return "unreachable";
  if (typeof code === "number" || (typeof code === "string" && /^\d+$/.test(code))) return "refused";
  if (/limit reached/i.test(error.message)) return "queue_full";
  return error.cause === undefined ? "other" : causeOf(error.cause);
}

/** A collector's partial success: it took the request, and not everything in it. */
export class RejectedError extends Error {
  override readonly name = "RejectedError";
}

const GRPC_DEADLINE = 4;
const GRPC_UNAVAILABLE = 14;
const CONNECTION = /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|UND_ERR_SOCKET|CERT|ERR_TLS|DEPTH|SELF|UNABLE)/;
