/** The result of checking the credential of a request, and the parts that every source of credentials needs. */

import type { IncomingMessage } from "node:http";
import type { Agent, AgentSource } from "../enforcement/request.ts";
import { nameFault } from "../policy/agent-name.ts";

export type Authentication =
  | { readonly kind: "agent"; readonly agent: Agent }
  /** The request has no credential. */
  | { readonly kind: "none" }
  /** The credential is not valid, or could not be checked now; `detail` says why and holds no part of the credential. */
  | { readonly kind: "rejected"; readonly detail: string; readonly isUnchecked?: true };

/** Checks the credential of one kind in a request. Synchronous where it can be, for speed; never throws, never rejects. */
export type CredentialSource = (request: IncomingMessage) => Authentication | Promise<Authentication>;

export const NO_CREDENTIAL: Authentication = { kind: "none" };

export function rejectedCredential(detail: string): Authentication {
  return { kind: "rejected", detail };
}

/** A credential that could not be checked now. The caller is refused, and may try again with the same one. */
export function uncheckedCredential(detail: string): Authentication {
  return { kind: "rejected", detail, isUnchecked: true };
}

/** The names that one source of credentials may give. */
export interface SourceNames {
  /** Written before each name that a credential holds; empty: the names stay as they are. */
  readonly prefix: string;
  /** Whether the name, with its prefix, is this source's to give. */
  readonly owns: (name: string) => boolean;
  /** The same for the name of a user. */
  readonly ownsUser: (name: string) => boolean;
}

/** The names of a source that stands alone. */
export const ALL_NAMES: SourceNames = { prefix: "", owns: () => true, ownsUser: () => true };

/** The verified agent of this name; rejected when records could not distinguish the name from others. */
export function authenticateAs(
  name: unknown,
  source: AgentSource,
  { prefix, owns }: SourceNames = ALL_NAMES,
): Authentication {
  const given = typeof name === "string" ? name : undefined;
  const problem = nameProblem(name, "agent");
  if (given === undefined || problem !== undefined) return rejectedCredential(problem ?? "");
  const full = `${prefix}${given}`;
  // Security: two sources never give the same agent, which would share its limits, policy and sessions.
  if (!owns(full)) return rejectedCredential("the agent's name belongs to another source of identity");
  // With its prefix it may be too long, or no longer normalised.
  const fault = nameProblem(full, "agent");
  if (fault !== undefined) return rejectedCredential(fault);
  return { kind: "agent", agent: { name: full, source, verified: true } };
}

/** The same agent on behalf of a user; undefined is no user. Rejected when the name of the user is none. */
export function withUser(
  agent: Agent,
  user: unknown,
  { prefix, ownsUser }: SourceNames = ALL_NAMES,
): Authentication {
  if (user === undefined) return { kind: "agent", agent };
  const full = typeof user === "string" ? `${prefix}${user}` : user;
  const problem = nameProblem(user, "user") ?? nameProblem(full, "user");
  // Security: users of two sources never share limits.
  if (problem === undefined && !ownsUser(String(full)))
    return rejectedCredential("the user's name belongs to another source of identity");
  // Security: a proof whose user cannot be recorded must not pass as one without a user.
  if (problem !== undefined) return rejectedCredential(problem);
  return { kind: "agent", agent: { ...agent, user: String(full) } };
}

/** Why a proof may not give this name to an agent or a user; undefined when it may. Holds no part of the name. */
export function nameProblem(name: unknown, what: "agent" | "user"): string | undefined {
  if (Array.isArray(name)) return `the proof gives a list where the ${what}'s name must be one text`;
  if (typeof name !== "string" || name === "") return `the proof names no ${what}`;
  const fault = nameFault(name);
  return fault === undefined ? undefined : `the ${what}'s name ${fault}`;
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
