/** Verifies Kubernetes ServiceAccount tokens with the TokenReview API of the cluster, a few at a time. */

import { decodeJwt } from "jose";
import { fetchJson, FetchError, type JsonRequest } from "../keys/fetch-json.ts";
import type { TokenVerifier, TokenVerdict } from "./bearer.ts";
import { ownMember } from "../keys/fetch-jwks.ts";
import { textClaim } from "./token-form.ts";
import { authenticateServiceAccount } from "./service-account.ts";
import { tokenDigest } from "./token-cache.ts";

export interface TokenReviewOptions {
  /** The request to the API server, without a body. @throws FetchError when Tollgate's own token cannot be read */
  readonly apiServer: () => JsonRequest;
  /** The review must name this audience. */
  readonly audience: string;
  /** Absent: ServiceAccount tokens of every issuer are reviewed. */
  readonly issuer?: string;
  /** Called when a review fails. */
  readonly onProblem: (problem: string) => void;
}

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
const PREFIX = "system:serviceaccount:";
/** Reviews in flight at once; beyond them a token is refused at once. */
const MAX_REVIEWS = 32;

export function createTokenReviewer(options: TokenReviewOptions): TokenVerifier {
  const inFlight = new Map<string, Promise<TokenVerdict>>();
  return {
    matches: (claims) => {
      const iss = claims.get("iss");
      return textClaim(claims, "sub")?.startsWith(PREFIX) === true && (options.issuer ?? iss) === iss;
    },
    verify: (token) => {
      const digest = tokenDigest(token);
      const same = inFlight.get(digest);
      if (same !== undefined) return same;
      if (inFlight.size >= MAX_REVIEWS)
        return Promise.resolve(rejectedToken("the token cannot be checked now: too many are"));
      const review = reviewToken(token, options).finally(() => inFlight.delete(digest));
      inFlight.set(digest, review);
      return review;
    },
  };
}

async function reviewToken(
  token: string,
  { apiServer, audience, onProblem }: TokenReviewOptions,
): Promise<TokenVerdict> {
  try {
    const server = apiServer();
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const review = await fetchJson({ ...server, url: new URL(PATH, server.url), body });
    return statusVerdict(ownMember(review, "status"), audience, tokenExpiryMs(token));
  } catch (error) {
    if (error instanceof FetchError) onProblem(`the API server cannot review tokens: ${error.message}`);
    return rejectedToken("the token cannot be checked now: the API server gave no answer");
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
