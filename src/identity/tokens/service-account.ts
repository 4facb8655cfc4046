/** Verifies Kubernetes ServiceAccount tokens offline, with the cluster's public keys. */

import type { JWTPayload } from "jose";
import type { TokenVerifier } from "./bearer.ts";
import { ownMember } from "../keys/fetch-jwks.ts";
import { createJwtVerifier, type JwtOptions } from "./jwt.ts";
import { rejectedCredential, type Authentication, authenticateAs } from "../authentication.ts";

/** Algorithms of the API server: RS256 by default, ES256 by its configuration. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const CLOCK_TOLERANCE_MS = 30_000;

export type ServiceAccountOptions = Pick<JwtOptions, "issuer" | "audience" | "keys" | "nowMs">;

export function createServiceAccountVerifier(options: ServiceAccountOptions): TokenVerifier {
  const fixed = { algorithms: ALGORITHMS, clockToleranceMs: CLOCK_TOLERANCE_MS, agentOf: authenticateClaims };
  return createJwtVerifier({ ...options, ...fixed });
}

const USER_NAME = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

/** The agent of a user name of Kubernetes; rejected unless it is a ServiceAccount. */
export function authenticateServiceAccount(user: unknown): Authentication {
  if (typeof user !== "string" || !USER_NAME.test(user))
    return rejectedCredential("the token is no ServiceAccount's");
  return authenticateAs(user, "service_account");
}

/** Also checks the claims about the account of the pod against `sub`, where the token has them. */
function authenticateClaims(claims: JWTPayload): Authentication {
  const found = authenticateServiceAccount(claims.sub);
  const kubernetes = claims["kubernetes.io"];
  if (found.kind !== "agent" || kubernetes === undefined) return found;
  const named = `${String(ownMember(kubernetes, "namespace"))}:${String(ownMember(ownMember(kubernetes, "serviceaccount"), "name"))}`;
  return found.agent.name.endsWith(`:${named}`)
    ? found
    : rejectedCredential("the token's claims contradict each other");
}
