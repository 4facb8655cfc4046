/** Verifies Kubernetes ServiceAccount tokens with the TokenReview API of the cluster, a few at a time. */

import { withProof } from "./token-proof.ts";
import { decodeJwt } from "jose";
import { fetchJson, FetchError, type JsonRequest } from "../keys/fetch-json.ts";
import type { TokenVerifier, TokenVerdict } from "./bearer.ts";
import { ownMember } from "../keys/fetch-jwks.ts";
import { textClaim } from "./token-form.ts";
import { authenticateServiceAccount } from "./service-account.ts";
import { ReviewedTokens } from "./reviewed-tokens.ts";
import { tokenDigest } from "./token-cache.ts";

export interface TokenReviewOptions {
  /** The request to the API server, without a body. @throws FetchError when Tollgate's own token cannot be read */
  readonly apiServer: () => JsonRequest;
  /** The review must name this audience. */
  readonly audience: string;
  /** Absent: ServiceAccount tokens of every issuer are reviewed. */
  readonly issuer?: string;
  /** How long an accepted token stays good while the API server gives no answer; 0 for not at all. */
  readonly graceMs: number;
  readonly nowMs: () => number;
  /** Called when a review fails. */
  readonly onProblem: (problem: string) => void;
}

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
const PREFIX = "system:serviceaccount:";
/** Reviews in flight at once; beyond them a token is not reviewed. */
const MAX_REVIEWS = 32;

export function createTokenReviewer(options: TokenReviewOptions): TokenVerifier {
  const inFlight = new Map<string, Promise<TokenVerdict>>();
  const reviewed = new ReviewedTokens(options.graceMs, options.nowMs);
  return {
    matches: (claims) => {
      const iss = claims.get("iss");
      return textClaim(claims, "sub")?.startsWith(PREFIX) === true && (options.issuer ?? iss) === iss;
    },
    verify: (token) => {
      const digest = tokenDigest(token);
      const same = inFlight.get(digest);
      if (same !== undefined) return same;
      if (inFlight.size >= MAX_REVIEWS) return Promise.resolve(uncheckedToken("too many are"));
      const review = reviewToken(token, options)
        .then((verdict) => settled(verdict, digest, reviewed))
        .finally(() => inFlight.delete(digest));
      inFlight.set(digest, review);
      return review;
    },
  };
}

/** The verdict; that of an earlier review while the API server gives none (undefined). */
function settled(verdict: TokenVerdict | undefined, digest: string, reviewed: ReviewedTokens): TokenVerdict {
  if (verdict === undefined) {
    const found = reviewed.find(digest);
    return found === undefined ? uncheckedToken("the API server gave no answer") : { ok: true, ...found };
  }
  if (verdict.ok) reviewed.keep(digest, verdict.agent, verdict.expiresAtMs);
  else reviewed.forget(digest);
  return verdict;
}

// Security: callers can bring about that too many are reviewed at once, so that is no reason for grace.
function uncheckedToken(because: string): TokenVerdict {
  return { ok: false, isUnchecked: true, detail: `the token cannot be checked now: ${because}` };
}

/** Undefined when the API server gave no answer that can be used. */
async function reviewToken(
  token: string,
  { apiServer, audience, onProblem }: TokenReviewOptions,
): Promise<TokenVerdict | undefined> {
  try {
    const server = apiServer();
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const review = await fetchJson({ ...server, url: new URL(PATH, server.url), body });
    const verdict = statusVerdict(ownMember(review, "status"), audience, tokenExpiryMs(token));
    if (!verdict.ok) return verdict;
    // Security: the API server reads the claim `kubernetes.io`, and rules may read `sub`.
    if (decodeJwt(token).sub !== verdict.agent.name)
      return rejectedToken("the token's claims contradict each other");
    // The API server has accepted the token, so its claims are true.
    return { ...verdict, length: token.length, agent: withProof(verdict.agent, token) ?? verdict.agent };
  } catch (error) {
    if (error instanceof FetchError) onProblem(`the API server cannot review tokens: ${error.message}`);
    return undefined;
  }
}

function statusVerdict(status: unknown, audience: string, expiresAtMs: number): TokenVerdict {
  if (ownMember(status, "authenticated") !== true)
    return rejectedToken("the API server does not know the token");
  // Security: a server without support for audiences leaves them out, and accepts a token for itself.
  const audiences = ownMember(status, "audiences");
  if (!Array.isArray(audiences) || !audiences.includes(audience))
    return rejectedToken("the token is meant for another audience");
  const found = authenticateServiceAccount(ownMember(ownMember(status, "user"), "username"));
  if (found.kind !== "agent") return rejectedToken("the token is no ServiceAccount's");
  return { ok: true, agent: found.agent, expiresAtMs };
}

/** `exp` of a token that the API server has accepted; 0 without one. */
function tokenExpiryMs(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}

function rejectedToken(detail: string): TokenVerdict {
  return { ok: false, detail };
}
