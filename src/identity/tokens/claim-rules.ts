/** The claims that a valid token must have for this endpoint. */

import { ownMember } from "../keys/fetch-jwks.ts";

export interface ClaimRules {
  /** One of them must be in the claim of the audience. */
  readonly audience: readonly string[];
  /** Absent: `aud`. */
  readonly audienceClaim?: string;
  /** Claims that must have one of these values, or hold one in a list. */
  readonly requiredClaims?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

export const OTHER_AUDIENCE = "the token is meant for another audience";

/** Why the claims do not fit; undefined when they do. */
export function claimFault(
  payload: object,
  { audienceClaim = "aud", audience, requiredClaims = {} }: ClaimRules,
): string | undefined {
  if (!holdsOneOf(ownMember(payload, audienceClaim), audience)) return OTHER_AUDIENCE;
  const isComplete = Object.entries(requiredClaims).every(([name, values]) =>
    holdsOneOf(ownMember(payload, name), values),
  );
  return isComplete ? undefined : "a claim of the token does not have the value that is required here";
}

/** Whether the claim is one of the values, or a list with one of them. */
function holdsOneOf(claim: unknown, values: readonly unknown[]): boolean {
  const given: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return given.some((value) => values.includes(value));
}
