/** A header that names the agent, believed only from a trusted hop. */

import { headerValues } from "./header-values.ts";
import type { IsHop } from "./trusted-proxy.ts";
import { bad, NONE, type Proof, proven, type Source } from "./authentication.ts";

/** Names that were looked at already, and what they prove; the next ones are looked at each time. */
const MOST_KNOWN = 1_000;

/** `name` in lower case. From anybody else the header is nothing, neither proof nor fault. */
export function headerSource(name: string, isHop: IsHop): Source {
  const known = new Map<string, Proof>();
  const proofOf = (value: string): Proof => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const proof = proven(value, "header");
    if (known.size < MOST_KNOWN && proof.kind === "agent") known.set(value, proof);
    return proof;
  };
  return (request) => {
    const values = headerValues(request, name);
    if (values === undefined || !isHop(request)) return NONE;
    const [value, ...others] = values;
    return others.length > 0 ? bad("the header that names the agent comes twice") : proofOf(value);
  };
}
