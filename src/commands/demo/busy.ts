/** Repeats work that a busy machine or a busy sidecar refused. */

import { setTimeout as pause } from "node:timers/promises";
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";

export interface Patience {
  readonly signal: AbortSignal;
  /** Called with true before each wait, and with false when the work was done. */
  readonly onWait: (isWaiting: boolean) => void;
}

const RETRY_PAUSE_MS = 1_000;
const BUSY_STATUSES = new Set([502, 503, 504]);
const CUT_CONNECTION = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT"]);

/**
 * The result of the work, which is done again while it fails for want of time; undefined when the signal ended the wait.
 * @throws every other error of the work.
 */
export async function whenServed<T>(
  work: () => Promise<T>,
  { signal, onWait }: Patience,
): Promise<T | undefined> {
  for (;;) {
    try {
      const result = await work();
      onWait(false);
      return result;
    } catch (error) {
      if (!isBusyError(error)) throw error;
    }
    if (signal.aborted) return undefined;
    onWait(true);
    await pause(RETRY_PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether the same request may succeed later: a status that says so, a timeout, or a connection that was cut. */
export function isBusyError(error: unknown): boolean {
  if (error instanceof StreamableHTTPError) return BUSY_STATUSES.has(error.code ?? 0);
  if (error instanceof McpError) return error.code === Number(ErrorCode.RequestTimeout);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && CUT_CONNECTION.has(String(cause.code));
}
