/** Distinguishes access tokens from the other JWTs of an issuer: ID tokens, logout tokens, security events, DPoP proofs. */

import { type TokenForm, textClaim } from "./token-form.ts";

/** RFC 9068, section 2.1, and RFC 7519, section 5.1; a token without a type is taken for one of them. */
const ACCESS_TYPES = ["at+jwt", "jwt"];
/** OpenID Connect Core, sections 2 and 3.3.2.11; access tokens have none of these. */
const ID_TOKEN_CLAIMS = ["nonce", "at_hash", "c_hash", "s_hash"];
/** RFC 8417, and OpenID Connect Back-Channel Logout: `events`. RFC 9449: `htm` and `htu`. */
const OTHER_CLAIMS = ["events", "htm", "htu"];
/** Keycloak writes the type into a claim. */
const OTHER_TYPE_CLAIM = /^(?:refresh|offline|logout|\w*accesstoken)$|(?<!^at)\+jwt$/i;

const OTHER_TYPE = "the token is of a type that is not an access token's";
const ID_TOKEN = "the token is an ID token, not an access token";

// Security: a JWT that an issuer signs for another purpose must not open this endpoint (RFC 8725, section 3.11).
/** Why the token is no access token; undefined when it is one. */
export function tokenTypeFault({ header, claims }: TokenForm, acceptsIdTokens: boolean): string | undefined {
  const type = header.get("typ");
  if (type !== undefined && !isAccessType(type)) return OTHER_TYPE;
  if (OTHER_CLAIMS.some((name) => claims.has(name))) return OTHER_TYPE;
  const [kind = "", use = "access"] = [textClaim(claims, "typ"), textClaim(claims, "token_use")];
  if (OTHER_TYPE_CLAIM.test(kind)) return OTHER_TYPE;
  if (use !== "access" && use !== "id") return OTHER_TYPE;
  const isIdToken =
    use === "id" || kind.toLowerCase() === "id" || ID_TOKEN_CLAIMS.some((name) => claims.has(name));
  return isIdToken && !acceptsIdTokens ? ID_TOKEN : undefined;
}

/** RFC 7515, section 4.1.9: letter case does not count, and `application/` may be left out. */
function isAccessType(type: unknown): boolean {
  return typeof type === "string" && ACCESS_TYPES.includes(type.toLowerCase().replace(/^application\//, ""));
}
