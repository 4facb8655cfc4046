/** Trace context on its way upstream: ours in the message and in the headers, and nothing else of what the agent propagates. */

import type { OutgoingHttpHeaders } from "node:http";
import type { TraceContext } from "./vocabulary.ts";
import type { JsonObject } from "../json/json.ts";
import { removeMember, setMember } from "../json/edit-json.ts";

const META = ["params", "_meta"] as const;
const BAGGAGE = "baggage";

/**
 * The message with our span's context in `params._meta`, as it came when nothing is traced.
 * Security: without baggage, which an agent may fill with anything, and which servers hand on to others.
 */
export function propagateInMessage(
  { text, meta }: { readonly text: string; readonly meta?: JsonObject | undefined },
  context: TraceContext | undefined,
): string {
  const plain = meta?.has(BAGGAGE) === true ? removeMember(text, [...META, BAGGAGE]) : text;
  if (context === undefined) return plain;
  const { traceparent, tracestate } = context;
  const traced = setMember(plain, [...META, "traceparent"], JSON.stringify(traceparent));
  if (tracestate !== undefined) return setMember(traced, [...META, "tracestate"], JSON.stringify(tracestate));
  // A tracestate of another trace would be read as a part of ours.
  return meta?.has("tracestate") === true ? removeMember(traced, [...META, "tracestate"]) : traced;
}

/** The headers with our span's context in the place of the agent's; as they came when nothing is traced. */
export function propagateInHeaders(
  headers: OutgoingHttpHeaders,
  context: TraceContext | undefined,
): OutgoingHttpHeaders {
  if (context === undefined) return headers;
  const { tracestate: _theirs, ...others } = headers;
  return { ...others, ...context };
}
