/** The header that tells the upstream which agent is calling: ours alone, and only by proof. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Agent } from "../enforcement/request.ts";

/** What goes upstream of an agent, set last; `name` in lower case, absent when the upstream is told nothing. */
export function agentHeader(name: string | undefined): (agent: Agent) => OutgoingHttpHeaders {
  if (name === undefined) return () => ({});
  return (agent) => (agent.verified ? { [name]: percentEncoded(agent.name) } : {});
}

/** Visible ASCII as it is; all else, and `%`, as the percent escapes of its UTF-8. */
function percentEncoded(text: string): string {
  return text.replaceAll(/[^\x21-\x24\x26-\x7e]+/gu, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
