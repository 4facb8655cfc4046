/** The result of checking the credential of a request, and the parts that every source of credentials needs. */

import type { IncomingMessage } from "node:http";
import { type Agent, type AgentSource, ANONYMOUS } from "../enforcement/request.ts";

export type Authentication =
  | { readonly kind: "agent"; readonly agent: Agent }
  /** The request has no credential. */
  | { readonly kind: "none" }
  /** The credential is not valid; `detail` says why and holds no part of the credential. */
  | { readonly kind: "rejected"; readonly detail: string };

/** Checks the credential of one kind in a request. Synchronous where it can be, for speed; never throws, never rejects. */
export type CredentialSource = (request: IncomingMessage) => Authentication | Promise<Authentication>;

export const NO_CREDENTIAL: Authentication = { kind: "none" };

export function rejectedCredential(detail: string): Authentication {
  return { kind: "rejected", detail };
}

export const MAX_NAME_LENGTH = 256;

/** The verified agent of this name; rejected when records could not distinguish the name from others. */
export function authenticateAs(name: unknown, source: AgentSource): Authentication {
  if (typeof name !== "string" || name === "") return rejectedCredential("the proof names no agent");
  if (name.length > MAX_NAME_LENGTH)
    return rejectedCredential(`the agent's name has more than ${MAX_NAME_LENGTH} characters`);
  // Security: invisible characters make two names look alike, and `anonymous` is the agent of callers without a credential.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name) || name.trim() !== name || name === ANONYMOUS.name)
    return rejectedCredential("the agent's name is not one that may be used");
  return { kind: "agent", agent: { name, source, verified: true } };
}

/** The values of one header, one for each time that it was sent; undefined when it was not. `name` in lower case. */
export function headerValues(
  { rawHeaders }: Pick<IncomingMessage, "rawHeaders">,
  name: string,
): readonly [string, ...string[]] | undefined {
  let values: [string, ...string[]] | undefined;
  // Read from the raw headers: `headersDistinct` would build a list for every header of the request.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? "";
    if (written.length !== name.length || written.toLowerCase() !== name) continue;
    const value = rawHeaders[index + 1] ?? "";
    if (values === undefined) values = [value];
    else values.push(value);
  }
  return values;
}
