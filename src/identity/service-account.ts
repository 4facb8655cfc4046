/** Kubernetes ServiceAccount tokens that are checked offline, by the cluster's public keys. */

import type { JWTPayload } from "jose";
import type { TokenVerifier } from "./bearer.ts";
import { ownMember } from "./fetch-jwks.ts";
import { createJwtVerifier, type JwtOptions } from "./jwt.ts";
import { rejectedCredential, type Authentication, authenticateAs } from "./authentication.ts";

/** What the API server signs with: RS256 by default, ES256 where its operator chose so. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const CLOCK_TOLERANCE_MS = 30_000;

export type ServiceAccountOptions = Pick<JwtOptions, "issuer" | "audience" | "findKey" | "nowMs">;

export function createServiceAccountVerifier(options: ServiceAccountOptions): TokenVerifier {
  const fixed = { algorithms: ALGORITHMS, clockToleranceMs: CLOCK_TOLERANCE_MS, agentOf: authenticateClaims };
  return createJwtVerifier({ ...options, ...fixed });
}

const USER_NAME = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

/** The agent of a user name of Kubernetes; bad unless it is a ServiceAccount's. */
export function authenticateServiceAccount(user: unknown): Authentication {
  if (typeof user !== "string" || !USER_NAME.test(user))
    return rejectedCredential("the token is no ServiceAccount's");
  return authenticateAs(user, "service_account");
}

/** Agrees with the token's own claims about its pod's account, where they are there. */
function authenticateClaims(claims: JWTPayload): Authentication {
  const proof = authenticateServiceAccount(claims.sub);
  const about = claims["kubernetes.io"];
  if (proof.kind !== "agent" || about === undefined) return proof;
  const named = `${String(ownMember(about, "namespace"))}:${String(ownMember(ownMember(about, "serviceaccount"), "name"))}`;
  return proof.agent.name.endsWith(`:${named}`)
    ? proof
    : rejectedCredential("the token's claims contradict each other");
}
