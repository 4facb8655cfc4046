/** The 401 response to a caller without a valid credential, which says where to get a token (RFC 6750, RFC 9728). */

import { type LocalResponse, errorResponse, INVALID_REQUEST } from "../mcp/error-response.ts";

export const METADATA_PATH = "/.well-known/oauth-protected-resource";

export interface Challenge {
  /** The response to a rejected or a missing credential; `detail` holds no part of the credential. */
  readonly unauthorized: (credential: "rejected" | "missing", detail: string) => LocalResponse;
  /** The protected resource metadata, which names the issuer of tokens; absent without an issuer. */
  readonly metadata?: string;
}

export interface ChallengeOptions {
  /** The issuer of tokens; absent: the response names no metadata. */
  readonly issuer?: string;
  /** The address by which clients know the endpoint. */
  readonly resource: string;
}

export function createChallenge({ issuer, resource }: ChallengeOptions): Challenge {
  const pointer = issuer === undefined ? "" : `, resource_metadata="${metadataUrl(resource)}"`;
  const unauthorized: Challenge["unauthorized"] = (credential, detail) => {
    const error = credential === "rejected" ? `, error="invalid_token", error_description="${detail}"` : "";
    const headers = {
      "www-authenticate": `Bearer realm="mcp"${error}${pointer}`,
      "cache-control": "no-store",
    };
    return { ...errorResponse(401, INVALID_REQUEST, `Unauthorized: ${detail}`), headers };
  };
  if (issuer === undefined) return { unauthorized };
  const metadata = JSON.stringify({
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ["header"],
  });
  return { unauthorized, metadata };
}

/** RFC 9728, section 3.1: the well-known part goes between host and path. */
function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}${METADATA_PATH}${pathname === "/" ? "" : pathname}`;
}
