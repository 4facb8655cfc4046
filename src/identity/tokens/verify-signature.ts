/** Verifies signature and registered claims with jose; a token that names no key is tried against each key that fits, up to a bound. */

import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from "jose";
import type { IssuerKeys } from "../keys/jwks-cache.ts";

/** The token names no key, and no key of the issuer has signed it; the message says so. */
export class UnnamedKeyError extends Error {
  override readonly name = "UnnamedKeyError";
}

/** Security: a token that anyone may make up must not cost the signatures of a hundred keys. */
const MAX_TRIED_KEYS = 16;

/** @throws KeysUnavailableError, UnnamedKeyError, or an error of jose */
export async function verifySignature(
  token: string,
  keys: IssuerKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const isKeyNamed = decodeProtectedHeader(token).kid !== undefined;
  try {
    return await tryFitting(token, keys, options);
  } catch (error) {
    // The key of a token that names one is looked up again by the keys themselves.
    if (isKeyNamed || !isWrongKey(error) || !(await keys.refetch())) throw inTrueWords(error, isKeyNamed);
  }
  try {
    return await tryFitting(token, keys, options);
  } catch (error) {
    throw inTrueWords(error, isKeyNamed);
  }
}

async function tryFitting(token: string, keys: IssuerKeys, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.find, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return await tryEach(token, error, options);
  }
}

async function tryEach(
  token: string,
  fitting: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of fitting) {
    if (tried === MAX_TRIED_KEYS)
      throw new UnnamedKeyError(`the token names no key, and more than ${MAX_TRIED_KEYS} of its issuer fit`);
    tried += 1;
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function isWrongKey(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
}

function inTrueWords(error: unknown, isKeyNamed: boolean): unknown {
  return isKeyNamed || !isWrongKey(error)
    ? error
    : new UnnamedKeyError("the token names no key, and no key of its issuer has signed it");
}
