/** Checks the key that a token is bound to (RFC 7800): by the client certificate of the connection (RFC 8705, section 3.1). */

import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { isJsonObject, type JsonObject } from "../../json/json.ts";

const UNPROVEN = "the token is bound to a key, and the request brings no proof of that key";

export function isBound(claims: JsonObject): boolean {
  return claims.has("cnf");
}

// Security: a bound token that is taken without its proof is an ordinary one in the hands of a thief.
/** Why the request does not prove the key; undefined when it does. Other bindings, such as DPoP's `jkt`, cannot be proven here. */
export function confirmationFault(claims: JsonObject, { socket }: IncomingMessage): string | undefined {
  const cnf = claims.get("cnf");
  if (!isJsonObject(cnf) || cnf.size !== 1) return UNPROVEN;
  const wanted = cnf.get("x5t#S256");
  if (typeof wanted !== "string" || !(socket instanceof TLSSocket) || !socket.authorized) return UNPROVEN;
  const certificate = socket.getPeerX509Certificate();
  return certificate !== undefined && hash("sha256", certificate.raw, "base64url") === wanted
    ? undefined
    : "the token is bound to another client certificate";
}
