/** What a source of identity makes of a request: proof of an agent, none, or a proof that is bad. */

import type { IncomingMessage } from "node:http";
import { type Agent, type AgentSource, ANONYMOUS } from "../enforcement/request.ts";

export type Authentication =
  | { readonly kind: "agent"; readonly agent: Agent }
  | { readonly kind: "none" }
  /** Something was shown, and it proves nothing; `detail` says why and holds no part of it. */
  | { readonly kind: "bad"; readonly detail: string };

/** Synchronous wherever it can be: most requests are told by a look at a header or a map. Never throws, never rejects. */
export type CredentialSource = (request: IncomingMessage) => Authentication | Promise<Authentication>;

export const NO_CREDENTIAL: Authentication = { kind: "none" };

export function rejectedCredential(detail: string): Authentication {
  return { kind: "bad", detail };
}

const MAX_NAME_LENGTH = 256;

/** The agent of that name; bad when it is no name that people and records can tell from others. */
export function authenticateAs(name: unknown, source: AgentSource): Authentication {
  if (typeof name !== "string" || name === "") return rejectedCredential("the proof names no agent");
  if (name.length > MAX_NAME_LENGTH)
    return rejectedCredential(`the agent's name has more than ${MAX_NAME_LENGTH} characters`);
  // Security: invisible characters make two names look like one; the shared name of callers without proof is nobody's.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name) || name.trim() !== name || name === ANONYMOUS.name)
    return rejectedCredential("the agent's name is not one that may be used");
  return { kind: "agent", agent: { name, source, verified: true } };
}
