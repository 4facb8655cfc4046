/** Makes requests to the servers of issuers, with Tollgate's own credentials for them. */

import type { KeyServerAccess } from "../../config/settings/identity/key-server-settings.ts";
import type { JsonRequest } from "../../identity/keys/fetch-json.ts";
import { readNow, requireReadable } from "./read-secret.ts";
import type { IdentityBuilder } from "./refreshable.ts";

export type RequestTo = (url: URL) => JsonRequest;

/** Reads every file at the start for its problems, and again for each request. `origin`: the one that credentials are sent to. */
export function openServerAccess(
  builder: IdentityBuilder,
  access: KeyServerAccess,
  origin: string,
): RequestTo {
  const { caFile, tokenFile, client, certificate } = access;
  const files = [caFile, tokenFile, client?.secretFile, certificate?.certFile, certificate?.keyFile];
  for (const file of files) requireReadable(file, builder);
  const { outgoingProxy: proxy } = builder.settings.identity;
  return (url) => ({
    url,
    ...(proxy && { proxy }),
    ...(caFile !== undefined && { ca: readNow(caFile) }),
    // Security: an issuer's metadata may name keys on another server, which must not receive the credentials.
    ...(url.origin === origin && credentials(access)),
  });
}

/** @throws FetchError when a file cannot be read now */
function credentials({
  tokenFile,
  client,
  certificate,
}: KeyServerAccess): Pick<JsonRequest, "authorization" | "certificate"> {
  return {
    ...(tokenFile !== undefined && { authorization: `Bearer ${readNow(tokenFile).trim()}` }),
    ...(client && { authorization: basic(client.id, readNow(client.secretFile).trim()) }),
    ...(certificate && {
      certificate: { cert: readNow(certificate.certFile), key: readNow(certificate.keyFile) },
    }),
  };
}

/** RFC 6749, section 2.3.1: both parts are encoded as in a form. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((part) => new URLSearchParams([["", part]]).toString().slice(1)).join(":");
  return `Basic ${Buffer.from(encoded).toString("base64")}`;
}
