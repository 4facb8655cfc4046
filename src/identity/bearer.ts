/** `Authorization: Bearer`: the token goes to the one source that it says it is for, and is good only if that source says so. */

import type { IncomingMessage } from "node:http";
import { decodeJwt } from "jose";
import type { Agent } from "../enforcement/request.ts";
import { bad, NONE, type Proof, type Source } from "./authentication.ts";
import { digestOf, type TokenCache } from "./token-cache.ts";

/** What a token says of itself before anything was checked. */
export interface Unverified {
  readonly iss?: unknown;
  readonly sub?: unknown;
}

export type Verdict =
  | { readonly ok: true; readonly agent: Agent; readonly expiresAtMs: number }
  | { readonly ok: false; readonly detail: string };

export interface TokenVerifier {
  /** Whether a token that says this is its to judge. Nothing is believed by it. */
  readonly takes: (claims: Unverified) => boolean;
  /** Never rejects: what cannot be checked is not good. */
  readonly verify: (token: string) => Promise<Verdict>;
}

export interface BearerOptions {
  /** In order of trust. */
  readonly verifiers: readonly TokenVerifier[];
  /** What is no JWT is an API key, where those come as bearer tokens. */
  readonly checkKey?: (token: string) => Proof;
  readonly cache: TokenCache;
}

const LONGEST_TOKEN = 8_192;
const BEARER = /^bearer(?: +(.*))?$/is;
const TOKEN = /^[\w.~+/-]+=*$/;
const UNREADABLE = bad("the bearer token is not one that can be read");
const NOBODYS = bad("the token is from no issuer that is trusted here");

export function bearerSource(options: BearerOptions): Source {
  return (request) => {
    const token = bearerOf(request);
    if (token === undefined) return NONE;
    if (token.length > LONGEST_TOKEN) return UNREADABLE;
    const digest = digestOf(token);
    const agent = options.cache.find(digest);
    if (agent !== undefined) return { kind: "agent", agent };
    return TOKEN.test(token) ? check(token, digest, options) : UNREADABLE;
  };
}

/** The token as it was sent, empty when it is missing; undefined when the request has no bearer token. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const match = BEARER.exec(authorization.trim());
  return match === null ? undefined : (match[1] ?? "").trim();
}

function check(
  token: string,
  digest: string,
  { verifiers, checkKey, cache }: BearerOptions,
): Proof | Promise<Proof> {
  const claims = unverifiedClaims(token);
  if (claims === undefined) return checkKey?.(token) ?? UNREADABLE;
  const verifier = verifiers.find(({ takes }) => takes(claims));
  if (verifier === undefined) return NOBODYS;
  return verifier.verify(token).then((verdict): Proof => {
    if (!verdict.ok) return bad(verdict.detail);
    cache.keep(digest, verdict.agent, verdict.expiresAtMs);
    return { kind: "agent", agent: verdict.agent };
  });
}

function unverifiedClaims(token: string): Unverified | undefined {
  if (token.split(".").length !== 3) return undefined;
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
