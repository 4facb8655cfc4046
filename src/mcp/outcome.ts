/** How a request ended, by the answer to it. */

import type { Outcome } from "./vocabulary.ts";
import type { MessageSummary } from "./message-outline.ts";

export function outcomeOf(outline: MessageSummary): Outcome {
  if (outline.hasError) return "rpc_error";
  return outline.isError ? "tool_error" : "success";
}

export function rpcCodeOf({ errorCode }: MessageSummary): { rpcCode?: number } {
  return errorCode === undefined ? {} : { rpcCode: errorCode };
}
