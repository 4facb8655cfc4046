/** Puts our span's context into a message that was judged, and changes nothing else of it. */

import type { TraceContext } from "../enforcement/request.ts";
import { setMember } from "./splice.ts";

/** The message with the context in `params._meta`; unchanged when nothing is traced. */
export function withTrace(text: string, context: TraceContext | undefined): string {
  if (context === undefined) return text;
  const traced = setMember(text, ["params", "_meta", "traceparent"], JSON.stringify(context.traceparent));
  if (context.tracestate === undefined) return traced;
  return setMember(traced, ["params", "_meta", "tracestate"], JSON.stringify(context.tracestate));
}
