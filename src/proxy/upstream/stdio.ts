/** An upstream that takes one message a line, as a stdio server does. */

import type { Permit } from "../../enforcement/permit.ts";
import type { RelayedMessage } from "../../mcp/message.ts";
import { propagateInMessage } from "../../mcp/trace-propagation.ts";
import type { TraceContext } from "../../mcp/vocabulary.ts";

export interface LineUpstream {
  /** Sends the tools/call that the permit was issued for, with `trace` as its trace context. @throws ChildError */
  readonly call: (permit: Permit, trace?: TraceContext) => Promise<void>;
  /** Sends any message but a tools/call, with `trace` as its trace context. @throws ChildError */
  readonly relay: (message: RelayedMessage, trace?: TraceContext) => Promise<void>;
}

/** `send` resolves when the line is written. */
export function lineUpstream(send: (line: string) => Promise<void>): LineUpstream {
  return {
    call: (permit, trace) => send(escapeLineEnds(propagateInMessage(permit.message, trace))),
    relay: (message, trace) => send(escapeLineEnds(propagateInMessage(message, trace))),
  };
}

/** Characters that some line readers take for the end of a line, besides LF and CR: NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

// Security: JSON allows them in a string, where node:readline would split the message; the rest would bypass the policy.
/** The same message with those characters escaped: in JSON they occur in strings only. */
export function escapeLineEnds(text: string): string {
  return text.replaceAll(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
