/** Settings of access to the server that publishes an issuer's keys: its authorities, and the credentials of Tollgate. */

import * as z from "zod";

/** Files are read again for each request, since they are rotated. */
export interface KeyServerAccess {
  /** PEM of the authorities to trust; absent: those of Node. */
  readonly caFile?: string;
  /** A bearer token of Tollgate. */
  readonly tokenFile?: string;
  /** Sent by HTTP Basic. */
  readonly client?: { readonly id: string; readonly secretFile: string };
  /** A client certificate of Tollgate. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
}

const text = z.string().min(1);

export const KEY_SERVER_FIELDS = {
  "ca-file": text.optional(),
  "token-file": text.optional(),
  "client-id": text.optional(),
  "client-secret-file": text.optional(),
  "client-cert-file": text.optional(),
  "client-key-file": text.optional(),
};

type RawAccess = { readonly [Name in keyof typeof KEY_SERVER_FIELDS]?: string | undefined };

/** Settings of access that do not fit together; the text follows the path of the section. */
export function accessProblems(raw: RawAccess): readonly string[] {
  const has = (name: keyof RawAccess): boolean => raw[name] !== undefined;
  return [
    has("client-id") !== has("client-secret-file") &&
      "must have client-id and client-secret-file together, or neither",
    has("client-cert-file") !== has("client-key-file") &&
      "must have client-cert-file and client-key-file together, or neither",
    has("client-id") && has("token-file") && "must not have both client-id and token-file; choose one",
  ].filter((problem) => problem !== false);
}

export function keyServerAccess(raw: RawAccess): KeyServerAccess {
  const { "client-id": id, "client-secret-file": secretFile } = raw;
  const { "client-cert-file": certFile, "client-key-file": keyFile } = raw;
  const { "ca-file": caFile, "token-file": tokenFile } = raw;
  return {
    ...(caFile !== undefined && { caFile }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(id !== undefined && secretFile !== undefined && { client: { id, secretFile } }),
    ...(certFile !== undefined && keyFile !== undefined && { certificate: { certFile, keyFile } }),
  };
}
