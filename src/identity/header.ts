/** A header that names the agent, believed only from a trusted hop. */

import { headerValues } from "./header-values.ts";
import type { IsTrustedProxy } from "./trusted-proxy.ts";
import {
  rejectedCredential,
  NO_CREDENTIAL,
  type Authentication,
  authenticateAs,
  type CredentialSource,
} from "./authentication.ts";

/** Names that were looked at already, and what they prove; the next ones are looked at each time. */
const MAX_CACHED_NAMES = 1_000;

/** `name` in lower case. From anybody else the header is nothing, neither proof nor fault. */
export function trustedHeaderSource(name: string, isHop: IsTrustedProxy): CredentialSource {
  const known = new Map<string, Authentication>();
  const proofOf = (value: string): Authentication => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const proof = authenticateAs(value, "header");
    if (known.size < MAX_CACHED_NAMES && proof.kind === "agent") known.set(value, proof);
    return proof;
  };
  return (request) => {
    const values = headerValues(request, name);
    if (values === undefined || !isHop(request)) return NO_CREDENTIAL;
    const [value, ...others] = values;
    return others.length > 0
      ? rejectedCredential("the header that names the agent comes twice")
      : proofOf(value);
  };
}
