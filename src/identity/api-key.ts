/** API keys: whoever has the key is the agent that the file of digests names beside it. */

import { hash, timingSafeEqual } from "node:crypto";
import { headerValues } from "./header-values.ts";
import {
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

/** 128 random bits have 22 characters in base64url: whatever is shorter can be guessed, whatever the file says. */
const MIN_KEY_LENGTH = 22;
const UNKNOWN_KEY = rejectedCredential("the API key is not known here");

/** The proof that a key is; asked anew each time, so that a key taken out of the file is refused at once. */
export function authenticateApiKey(key: string, keys: readonly KeyDigest[]): Authentication {
  if (key.length < MIN_KEY_LENGTH) return UNKNOWN_KEY;
  const shown = hash("sha256", key, "buffer");
  let name: string | undefined;
  // Security: every digest is compared, so that the time says nothing about which of them came close.
  for (const entry of keys) if (timingSafeEqual(entry.digest, shown)) name = entry.name;
  return name === undefined ? UNKNOWN_KEY : authenticateAs(name, "api_key");
}

/** Keys in a header of their own; `header` in lower case. */
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
