/** A server that is reached by lines: a tools/call goes in by its permit and by no other door. */

import type { Permit } from "../../enforcement/permit.ts";
import type { CallMessage, Message } from "../../mcp/message.ts";

export interface LineUpstream {
  /** Sends the call that the permit stands for; `withTrace` makes its message that message with our trace context. @throws ChildError */
  readonly call: (permit: Permit, withTrace: (text: string) => string) => Promise<void>;
  /** Sends any message but a tools/call. @throws ChildError */
  readonly relay: (message: Exclude<Message, CallMessage>, text: string) => Promise<void>;
}

/** `send` resolves when the line was taken. */
export function lineUpstream(send: (line: string) => Promise<void>): LineUpstream {
  return {
    call: (permit, withTrace) => send(escapeLineEnds(withTrace(permit.text))),
    relay: (_message, text) => send(escapeLineEnds(text)),
  };
}

/** What some readers of lines take for the end of one, beside LF and CR: NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

// Security: JSON lets these stand in a string, and node:readline would cut the message there: its rest was never judged.
/** The same message with those characters escaped; they can stand in strings alone. */
export function escapeLineEnds(text: string): string {
  return text.replaceAll(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
