/** Kubernetes ServiceAccount tokens that the API server is asked about (TokenReview), a few at a time. */

import { decodeJwt } from "jose";
import { fetchJson, AskError, type JsonRequest } from "./fetch-json.ts";
import type { TokenVerifier, Verdict } from "./bearer.ts";
import { memberOf } from "./fetch-jwks.ts";
import { serviceAccountNamed } from "./service-account.ts";
import { digestOf } from "./token-cache.ts";

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
const MOST_REVIEWS = 32;

export function createTokenReviewer(options: TokenReviewOptions): TokenVerifier {
  const underWay = new Map<string, Promise<Verdict>>();
  return {
    takes: ({ iss, sub }) =>
      typeof sub === "string" && sub.startsWith(PREFIX) && (options.issuer ?? iss) === iss,
    verify: (token) => {
      const digest = digestOf(token);
      const same = underWay.get(digest);
      if (same !== undefined) return same;
      if (underWay.size >= MOST_REVIEWS)
        return Promise.resolve(refused("the token cannot be checked now: too many are"));
      const review = reviewOf(token, options).finally(() => underWay.delete(digest));
      underWay.set(digest, review);
      return review;
    },
  };
}

async function reviewOf(
  token: string,
  { apiServer, audience, onProblem }: TokenReviewOptions,
): Promise<Verdict> {
  try {
    const server = apiServer();
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const review = await fetchJson({ ...server, url: new URL(PATH, server.url), body });
    return verdictOf(memberOf(review, "status"), audience, expiryOf(token));
  } catch (error) {
    if (error instanceof AskError) onProblem(`the API server cannot review tokens: ${error.message}`);
    return refused("the token cannot be checked now: the API server gave no answer");
  }
}

function verdictOf(status: unknown, audience: string, expiresAtMs: number): Verdict {
  if (memberOf(status, "authenticated") !== true) return refused("the API server does not know the token");
  // Security: a server that knows no audiences says nothing of them, and takes a token that is meant for itself.
  const audiences = memberOf(status, "audiences");
  if (!Array.isArray(audiences) || !audiences.includes(audience))
    return refused("the token is meant for another audience");
  const proof = serviceAccountNamed(memberOf(memberOf(status, "user"), "username"));
  if (proof.kind !== "agent") return refused("the token is no ServiceAccount's");
  return { ok: true, agent: proof.agent, expiresAtMs };
}

/** As the token says, which is true once the API server has vouched for it; without a word on it, now. */
function expiryOf(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}

function refused(detail: string): Verdict {
  return { ok: false, detail };
}
