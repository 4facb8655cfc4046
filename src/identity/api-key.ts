/** API keys: whoever has the key is the agent that the file of digests names beside it. */

import { hash, timingSafeEqual } from "node:crypto";
import { headerValues } from "./header-values.ts";
import { bad, NONE, type Proof, proven, type Source } from "./authentication.ts";

export interface KeyDigest {
  readonly name: string;
  /** sha256 of the key. */
  readonly digest: Buffer;
}

/** 128 random bits have 22 characters in base64url: whatever is shorter can be guessed, whatever the file says. */
const SHORTEST_KEY = 22;
const UNKNOWN = bad("the API key is not known here");

/** The proof that a key is; asked anew each time, so that a key taken out of the file is refused at once. */
export function checkApiKey(key: string, keys: readonly KeyDigest[]): Proof {
  if (key.length < SHORTEST_KEY) return UNKNOWN;
  const shown = hash("sha256", key, "buffer");
  let name: string | undefined;
  // Security: every digest is compared, so that the time says nothing about which of them came close.
  for (const entry of keys) if (timingSafeEqual(entry.digest, shown)) name = entry.name;
  return name === undefined ? UNKNOWN : proven(name, "api_key");
}

/** Keys in a header of their own; `header` in lower case. */
export function apiKeySource(header: string, keys: () => readonly KeyDigest[]): Source {
  return (request) => {
    const values = headerValues(request, header);
    if (values === undefined) return NONE;
    const [key, ...others] = values;
    return others.length > 0 ? bad("the API key comes twice") : checkApiKey(key, keys());
  };
}
