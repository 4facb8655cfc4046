/** The header that names the verified agent to the upstream. Security: only Tollgate sets it. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Agent } from "../enforcement/request.ts";

/** The header for an agent, set last; none for an unverified agent. `name` in lower case; absent: no header is sent. */
export function agentHeader(name: string | undefined): (agent: Agent) => OutgoingHttpHeaders {
  if (name === undefined) return () => ({});
  return (agent) => (agent.verified ? { [name]: percentEncoded(agent.name) } : {});
}

/** Keeps visible ASCII, and percent-encodes the UTF-8 of all other characters and of `%`. */
function percentEncoded(text: string): string {
  return text.replaceAll(/[^\x21-\x24\x26-\x7e]+/gu, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
