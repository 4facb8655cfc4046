/** Kubernetes ServiceAccount tokens that are checked offline, by the cluster's public keys. */

import type { JWTPayload } from "jose";
import type { TokenVerifier } from "./bearer.ts";
import { memberOf } from "./fetch-jwks.ts";
import { createJwtVerifier, type JwtOptions } from "./jwt.ts";
import { bad, type Proof, proven } from "./authentication.ts";

/** What the API server signs with: RS256 by default, ES256 where its operator chose so. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const CLOCK_TOLERANCE_MS = 30_000;

export type ServiceAccountOptions = Pick<JwtOptions, "issuer" | "audience" | "findKey" | "nowMs">;

export function createServiceAccountVerifier(options: ServiceAccountOptions): TokenVerifier {
  const fixed = { algorithms: ALGORITHMS, clockToleranceMs: CLOCK_TOLERANCE_MS, agentOf: serviceAccountOf };
  return createJwtVerifier({ ...options, ...fixed });
}

const USER_NAME = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

/** The agent of a user name of Kubernetes; bad unless it is a ServiceAccount's. */
export function serviceAccountNamed(user: unknown): Proof {
  if (typeof user !== "string" || !USER_NAME.test(user)) return bad("the token is no ServiceAccount's");
  return proven(user, "service_account");
}

/** Agrees with the token's own claims about its pod's account, where they are there. */
function serviceAccountOf(claims: JWTPayload): Proof {
  const proof = serviceAccountNamed(claims.sub);
  const about = claims["kubernetes.io"];
  if (proof.kind !== "agent" || about === undefined) return proof;
  const named = `${String(memberOf(about, "namespace"))}:${String(memberOf(memberOf(about, "serviceaccount"), "name"))}`;
  return proof.agent.name.endsWith(`:${named}`) ? proof : bad("the token's claims contradict each other");
}
