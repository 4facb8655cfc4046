/** Fetches the key set of an issuer: from its own address, or from the one that the issuer's metadata names. */

import type { JSONWebKeySet } from "jose";
import { fetchJson, FetchError, type JsonRequest } from "./fetch-json.ts";

const MAX_KEYS = 100;
/** A Kubernetes API server refuses a client that does not accept the key set's own media type (RFC 7517, section 8.5). */
const KEY_SET_TYPES = "application/jwk-set+json, application/json, */*;q=0.1";

/** @throws FetchError */
export async function fetchKeySet(request: JsonRequest): Promise<JSONWebKeySet> {
  return parseKeySet(await fetchJson({ ...request, accept: KEY_SET_TYPES }));
}

/** By RFC 8414 first, then by OpenID Connect Discovery; `requestTo` makes the request to an address. @throws FetchError */
export async function discoverKeySet(
  issuer: string,
  requestTo: (url: URL) => JsonRequest,
): Promise<JSONWebKeySet> {
  const problems: string[] = [];
  for (const url of metadataUrls(issuer)) {
    try {
      return await fetchKeySet(requestTo(keySetUrl(await fetchJson(requestTo(url)), issuer)));
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      problems.push(error.message);
    }
  }
  throw new FetchError(problems.join(", then "));
}

function metadataUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${origin}${path}/.well-known/openid-configuration`),
  ];
}

// Security: metadata with another issuer is not used (RFC 8414, section 3.3).
function keySetUrl(metadata: unknown, issuer: string): URL {
  if (ownMember(metadata, "issuer") !== issuer) throw new FetchError("its metadata names another issuer");
  const url = ownMember(metadata, "jwks_uri");
  if (typeof url !== "string" || !URL.canParse(url)) throw new FetchError("its metadata names no jwks_uri");
  const keys = new URL(url);
  const isTrusted = keys.protocol === "https:" || keys.origin === new URL(issuer).origin;
  if (!isTrusted) throw new FetchError("its jwks_uri is not https");
  return keys;
}

function parseKeySet(value: unknown): JSONWebKeySet {
  const keys = ownMember(value, "keys");
  if (!Array.isArray(keys) || keys.length === 0) throw new FetchError("its answer holds no keys");
  if (keys.length > MAX_KEYS) throw new FetchError(`its answer holds more than ${MAX_KEYS} keys`);
  return { keys };
}

/** An own property of an object; undefined when there is none. */
export function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
