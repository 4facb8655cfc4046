/** Authenticates API keys by their digests: the name next to the digest is the agent. */

import { hash, timingSafeEqual } from "node:crypto";
import {
  headerValues,
  rejectedCredential,
  NO_CREDENTIAL,
  type Authentication,
  authenticateAs,
  type CredentialSource,
} from "./authentication.ts";

export interface KeyDigest {
  readonly name: string;
  /** sha256 of the key. */
  readonly digest: Buffer;
}

/** 128 random bits have 22 characters in base64url; a shorter key can be guessed. */
const MIN_KEY_LENGTH = 22;
const UNKNOWN_KEY = rejectedCredential("the API key is not known here");

/** The agent of a key. Not cached, so that a key that is removed from the file is refused at once. */
export function authenticateApiKey(key: string, keys: readonly KeyDigest[]): Authentication {
  if (key.length < MIN_KEY_LENGTH) return UNKNOWN_KEY;
  const digest = hash("sha256", key, "buffer");
  let name: string | undefined;
  // Security: every digest is compared, so that the duration reveals nothing about the key.
  for (const entry of keys) if (timingSafeEqual(entry.digest, digest)) name = entry.name;
  return name === undefined ? UNKNOWN_KEY : authenticateAs(name, "api_key");
}

/** API keys in a header of their own; `header` in lower case. */
export function apiKeySource(header: string, keys: () => readonly KeyDigest[]): CredentialSource {
  return (request) => {
    const values = headerValues(request, header);
    if (values === undefined) return NO_CREDENTIAL;
    const [key, ...others] = values;
    return others.length > 0
      ? rejectedCredential("the API key comes twice")
      : authenticateApiKey(key, keys());
  };
}
