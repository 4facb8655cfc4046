/** How a request ended, by the answer to it. */

import type { Outcome } from "./vocabulary.ts";
import type { Outline } from "./message-outline.ts";

export function outcomeOf(outline: Outline): Outcome {
  if (outline.hasError) return "rpc_error";
  return outline.isError ? "tool_error" : "success";
}

export function rpcCodeOf({ errorCode }: Outline): { rpcCode?: number } {
  return errorCode === undefined ? {} : { rpcCode: errorCode };
}
