/** What a caller without good proof is told: 401, where to get a token (RFC 6750, RFC 9728), and the metadata itself. */

import { type LocalResponse, errorResponse, INVALID_REQUEST } from "../mcp/error-response.ts";

export const METADATA_PATH = "/.well-known/oauth-protected-resource";

export interface Challenge {
  /** The answer to a caller that showed a bad proof, or none; `detail` holds no part of what it has shown. */
  readonly unauthorized: (shown: "bad" | "missing", detail: string) => LocalResponse;
  /** The document that says who issues tokens for us; absent without an issuer. */
  readonly metadata?: string;
}

export interface ChallengeOptions {
  /** Absent: nobody issues tokens for us, so there is nothing to point at. */
  readonly issuer?: string;
  /** The address by which clients know the endpoint. */
  readonly resource: string;
}

export function createChallenge({ issuer, resource }: ChallengeOptions): Challenge {
  const pointer = issuer === undefined ? "" : `, resource_metadata="${metadataUrl(resource)}"`;
  const refuse: Challenge["unauthorized"] = (shown, detail) => {
    const error = shown === "bad" ? `, error="invalid_token", error_description="${detail}"` : "";
    const headers = {
      "www-authenticate": `Bearer realm="mcp"${error}${pointer}`,
      "cache-control": "no-store",
    };
    return { ...errorResponse(401, INVALID_REQUEST, `Unauthorized: ${detail}`), headers };
  };
  if (issuer === undefined) return { unauthorized: refuse };
  const metadata = JSON.stringify({
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ["header"],
  });
  return { unauthorized: refuse, metadata };
}

/** RFC 9728, section 3.1: the well-known part goes between host and path. */
function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}${METADATA_PATH}${pathname === "/" ? "" : pathname}`;
}
