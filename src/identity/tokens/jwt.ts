/** Verifies JWT access tokens of one issuer with jose. */

import { errors, type JWTPayload } from "jose";
import type { TokenVerifier, TokenVerdict } from "./bearer.ts";
import { claimFault, type ClaimRules, OTHER_AUDIENCE } from "./claim-rules.ts";
import { type IssuerKeys, KeysUnavailableError } from "../keys/jwks-cache.ts";
import { withProof } from "./token-proof.ts";
import { tokenTypeFault } from "./token-type.ts";
import { UnnamedKeyError, verifySignature } from "./verify-signature.ts";
import type { Authentication } from "../authentication.ts";

export interface JwtOptions extends ClaimRules {
  /** `iss` must equal it, character by character. */
  readonly issuer: string;
  /** Whether ID tokens count as access tokens; absent: they do not. */
  readonly acceptsIdTokens?: boolean;
  /** Names down to the claim of the groups; absent: `groups`, then `cognito:groups`. */
  readonly groupsClaim?: readonly string[];
  /** Asymmetric ones only. */
  readonly algorithms: readonly string[];
  readonly clockToleranceMs: number;
  readonly keys: IssuerKeys;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** The agent, from the claims of a valid token. */
  readonly agentOf: (claims: JWTPayload) => Authentication;
}

export function createJwtVerifier(options: JwtOptions): TokenVerifier {
  return {
    matches: (claims) => claims.get("iss") === options.issuer,
    verify: (token, form) => {
      const fault = tokenTypeFault(form, options.acceptsIdTokens === true);
      return fault === undefined ? verify(token, options) : Promise.resolve({ ok: false, detail: fault });
    },
  };
}

async function verify(token: string, options: JwtOptions): Promise<TokenVerdict> {
  try {
    const { audienceClaim = "aud", audience } = options;
    const payload = await verifySignature(token, options.keys, {
      issuer: options.issuer,
      ...(audienceClaim === "aud" && { audience: [...audience] }),
      algorithms: [...options.algorithms],
      requiredClaims: ["exp", "iss", audienceClaim],
      clockTolerance: options.clockToleranceMs / 1000,
      currentDate: new Date(options.nowMs()),
    });
    const fault = claimFault(payload, options);
    if (fault !== undefined) return { ok: false, detail: fault };
    const found = options.agentOf(payload);
    if (found.kind !== "agent")
      return { ok: false, detail: found.kind === "rejected" ? found.detail : "no agent" };
    const agent = withProof(found.agent, token, options.groupsClaim);
    if (agent === undefined)
      return { ok: false, detail: "the token's claims cannot be read in one way only" };
    return { ok: true, agent, expiresAtMs: (payload.exp ?? 0) * 1000, length: token.length };
  } catch (error) {
    return { ok: false, detail: failureDetail(error) };
  }
}

/** Security: in Tollgate's own words, since messages of the library repeat parts of the token. */
function failureDetail(error: unknown): string {
  if (error instanceof KeysUnavailableError)
    return "the token cannot be checked now: its issuer's keys cannot be had";
  if (error instanceof UnnamedKeyError) return error.message;
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimFailureDetail(error.claim);
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token is signed in a way that is not allowed";
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return "the token's signature is not its issuer's";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "the token is signed with a key that its issuer does not publish";
  return "the token is not one that can be checked";
}

function claimFailureDetail(claim: string): string {
  if (claim === "aud") return OTHER_AUDIENCE;
  if (claim === "exp") return "the token does not say when it expires";
  if (claim === "nbf") return "the token is not valid yet";
  return "a claim of the token is not as it must be";
}
