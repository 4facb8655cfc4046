/** Authenticates by a header that names the agent, accepted only from a trusted proxy. */

import {
  headerValues,
  rejectedCredential,
  NO_CREDENTIAL,
  type Authentication,
  authenticateAs,
  type CredentialSource,
  type SourceNames,
} from "../authentication.ts";
import type { IsTrustedProxy } from "./trusted-proxy.ts";

/** Names whose result is cached; further names are checked on each request. */
const MAX_CACHED_NAMES = 1_000;

/** `name` in lower case. From any other address the header is ignored. */
export function trustedHeaderSource(
  name: string,
  isTrustedProxy: IsTrustedProxy,
  names?: SourceNames,
): CredentialSource {
  const known = new Map<string, Authentication>();
  const authenticationOf = (value: string): Authentication => {
    const cached = known.get(value);
    if (cached !== undefined) return cached;
    const found = authenticateAs(value, "header", names);
    if (known.size < MAX_CACHED_NAMES && found.kind === "agent") known.set(value, found);
    return found;
  };
  return (request) => {
    const values = headerValues(request, name);
    if (values === undefined || !isTrustedProxy(request)) return NO_CREDENTIAL;
    const [value, ...others] = values;
    return others.length > 0
      ? rejectedCredential("the header that names the agent comes twice")
      : authenticationOf(value);
  };
}
