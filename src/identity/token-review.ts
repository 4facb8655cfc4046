/** Kubernetes ServiceAccount tokens that the API server is asked about (TokenReview), a few at a time. */

import { decodeJwt } from "jose";
import { fetchJson, FetchError, type JsonRequest } from "./fetch-json.ts";
import type { TokenVerifier, TokenVerdict } from "./bearer.ts";
import { ownMember } from "./fetch-jwks.ts";
import { authenticateServiceAccount } from "./service-account.ts";
import { tokenDigest } from "./token-cache.ts";

export interface TokenReviewOptions {
  /** How to reach the API server now; without a body. @throws AskError when our own token cannot be read */
  readonly apiServer: () => JsonRequest;
  /** The API server must say that the token is meant for it. */
  readonly audience: string;
  /** Absent: the token of any issuer that says it is a ServiceAccount's is asked about. */
  readonly issuer?: string;
  /** Hears when the API server cannot be asked. */
  readonly onProblem: (problem: string) => void;
}

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
const PREFIX = "system:serviceaccount:";
/** Reviews under way at once; past them a token is refused rather than made to wait. */
const MAX_REVIEWS = 32;

export function createTokenReviewer(options: TokenReviewOptions): TokenVerifier {
  const underWay = new Map<string, Promise<TokenVerdict>>();
  return {
    matches: ({ iss, sub }) =>
      typeof sub === "string" && sub.startsWith(PREFIX) && (options.issuer ?? iss) === iss,
    verify: (token) => {
      const digest = tokenDigest(token);
      const same = underWay.get(digest);
      if (same !== undefined) return same;
      if (underWay.size >= MAX_REVIEWS)
        return Promise.resolve(rejectedToken("the token cannot be checked now: too many are"));
      const review = reviewToken(token, options).finally(() => underWay.delete(digest));
      underWay.set(digest, review);
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
  // Security: a server that knows no audiences says nothing of them, and takes a token that is meant for itself.
  const audiences = ownMember(status, "audiences");
  if (!Array.isArray(audiences) || !audiences.includes(audience))
    return rejectedToken("the token is meant for another audience");
  const proof = authenticateServiceAccount(ownMember(ownMember(status, "user"), "username"));
  if (proof.kind !== "agent") return rejectedToken("the token is no ServiceAccount's");
  return { ok: true, agent: proof.agent, expiresAtMs };
}

/** As the token says, which is true once the API server has vouched for it; without a word on it, now. */
function tokenExpiryMs(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}

function rejectedToken(detail: string): TokenVerdict {
  return { ok: false, detail };
}
