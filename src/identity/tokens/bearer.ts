/** Authenticates `Authorization: Bearer`: the claims of the token select one verifier, and that verifier decides. */

import type { IncomingMessage } from "node:http";
import type { Agent } from "../../enforcement/request.ts";
import {
  rejectedCredential,
  uncheckedCredential,
  NO_CREDENTIAL,
  type Authentication,
  type CredentialSource,
} from "../authentication.ts";
import type { JsonObject } from "../../json/json.ts";
import { confirmationFault, isBound } from "./confirmation.ts";
import { readToken, type TokenForm } from "./token-form.ts";
import { tokenDigest, type TokenCache } from "./token-cache.ts";

export type TokenVerdict =
  | {
      readonly ok: true;
      readonly agent: Agent;
      readonly expiresAtMs: number;
      /** Claims that bind the token to a key, of which the request must bring the proof; absent: the token is not bound. */
      readonly bound?: JsonObject;
      /** Of the claims that the agent holds, in characters; absent: it holds none. */
      readonly length?: number;
    }
  /** `isUnchecked`: the token may be good, and nothing could check it. */
  | { readonly ok: false; readonly detail: string; readonly isUnchecked?: true };

export interface TokenVerifier {
  /** Whether this verifier is the one for a token with these claims. Security: selects a verifier, and trusts nothing. */
  readonly matches: (claims: JsonObject) => boolean;
  /** Never rejects: a token that cannot be checked is not valid. */
  readonly verify: (token: string, form: TokenForm) => Promise<TokenVerdict>;
}

export interface BearerOptions {
  /** In order of trust. */
  readonly verifiers: readonly TokenVerifier[];
  /** Checks a token that is not a JWT as an API key; absent when API keys have a header of their own. */
  readonly checkKey?: (token: string) => Authentication;
  /** Asks the issuer of tokens that are not JWTs; absent where no issuer has such tokens. */
  readonly introspect?: (token: string) => Promise<TokenVerdict>;
  readonly cache: TokenCache;
}

const MAX_TOKEN_LENGTH = 8_192;
const BEARER = /^bearer(?: +(.*))?$/is;
/** Credentials that are meant as a token, in a form that is not read here. */
const OTHER_TOKEN = /^(?:bearer|dpop)(?![\w-])/i;
const TOKEN = /^[\w.~+/-]+=*$/;
const UNREADABLE_TOKEN = rejectedCredential("the bearer token is not one that can be read");
const UNTRUSTED_ISSUER = rejectedCredential("the token is from no issuer that is trusted here");

export function bearerSource(options: BearerOptions): CredentialSource {
  return (request) => {
    const token = bearerToken(request);
    if (token === undefined) return NO_CREDENTIAL;
    if (token.length > MAX_TOKEN_LENGTH) return UNREADABLE_TOKEN;
    const digest = tokenDigest(token);
    const agent = options.cache.find(digest);
    if (agent !== undefined) return { kind: "agent", agent };
    return TOKEN.test(token) ? verifyToken(token, digest, request, options) : UNREADABLE_TOKEN;
  };
}

// Security: a credential that looks like a token must not pass as no credential, which makes the caller anonymous.
/** The token as it was sent; empty after `Bearer` alone and in another form, undefined without a bearer token. */
function bearerToken({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const match = BEARER.exec(authorization);
  if (match === null) return OTHER_TOKEN.test(authorization) ? "" : undefined;
  return match[1] ?? "";
}

function verifyToken(
  token: string,
  digest: string,
  request: IncomingMessage,
  options: BearerOptions,
): Authentication | Promise<Authentication> {
  const { verifiers, cache } = options;
  const read = readToken(token);
  if (read.kind === "opaque") return verifyOpaque(token, digest, request, options);
  if (read.kind === "faulty") return rejectedCredential(read.detail);
  const verifier = verifiers.find(({ matches: takes }) => takes(read.claims));
  if (verifier === undefined) return UNTRUSTED_ISSUER;
  const bound = isBound(read.claims) ? read.claims : undefined;
  const fault = bound && confirmationFault(bound, request);
  if (fault !== undefined) return rejectedCredential(fault);
  return verifier
    .verify(token, read)
    .then((verdict) => settle(verdict.ok && bound ? { bound, ...verdict } : verdict, digest, request, cache));
}

/** The agent of a good token, once the request has proven the key that the token is bound to. */
function settle(
  verdict: TokenVerdict,
  digest: string,
  request: IncomingMessage,
  cache: TokenCache,
): Authentication {
  if (!verdict.ok)
    return verdict.isUnchecked ? uncheckedCredential(verdict.detail) : rejectedCredential(verdict.detail);
  const { agent, bound, expiresAtMs, length } = verdict;
  const fault = bound && confirmationFault(bound, request);
  if (fault !== undefined) return rejectedCredential(fault);
  // Security: a bound token needs its proof in each request.
  if (bound === undefined) cache.keep(digest, agent, expiresAtMs, length);
  return { kind: "agent", agent };
}

/** The keys that `tollgate keys create` makes. Security: one that was revoked is not sent to an issuer. */
const OWN_KEY = /^tgk_/;

/** An API key, or else a token of the one issuer that introspects. */
function verifyOpaque(
  token: string,
  digest: string,
  request: IncomingMessage,
  { checkKey, introspect, cache }: BearerOptions,
): Authentication | Promise<Authentication> {
  const byKey = checkKey?.(token);
  if (byKey?.kind === "agent" || introspect === undefined || OWN_KEY.test(token) || token === "")
    return byKey ?? UNREADABLE_TOKEN;
  return introspect(token).then((verdict) => settle(verdict, digest, request, cache));
}
