/** The 401 response to a caller without a valid credential, which says where to get a token (RFC 6750, RFC 9728). */

import { type LocalResponse, errorResponse, INVALID_REQUEST } from "../mcp/error-response.ts";

export const METADATA_PATH = "/.well-known/oauth-protected-resource";

export interface Challenge {
  /** The response to a rejected or a missing credential; `detail` holds no part of the credential. */
  readonly unauthorized: (credential: "rejected" | "missing", detail: string) => LocalResponse;
  /** The protected resource metadata, which names the issuers of tokens; absent without an issuer. */
  readonly metadata?: string;
}

export interface ChallengeOptions {
  /** The issuers of tokens; with none, the response names no metadata. */
  readonly issuers: readonly string[];
  /** The address by which clients know the endpoint. */
  readonly resource: string;
}

export function createChallenge({ issuers, resource }: ChallengeOptions): Challenge {
  const pointer = issuers.length === 0 ? "" : `, resource_metadata="${metadataUrl(resource)}"`;
  const unauthorized: Challenge["unauthorized"] = (credential, detail) => {
    const error = credential === "rejected" ? `, error="invalid_token", error_description="${detail}"` : "";
    const headers = {
      "www-authenticate": `Bearer realm="mcp"${error}${pointer}`,
      "cache-control": "no-store",
    };
    return { ...errorResponse(401, INVALID_REQUEST, `Unauthorized: ${detail}`), headers };
  };
  if (issuers.length === 0) return { unauthorized };
  const metadata = JSON.stringify({
    resource,
    authorization_servers: issuers,
    bearer_methods_supported: ["header"],
  });
  return { unauthorized, metadata };
}

/** RFC 9728, section 3.1: the well-known part goes between host and path. */
function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}${METADATA_PATH}${pathname === "/" ? "" : pathname}`;
}
