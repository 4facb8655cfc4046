/** The sections `tls:`, the certificate of the downstream listener and the clients' authorities, and `upstream-tls:`, how Tollgate and a server behind https know each other. */

import * as z from "zod";

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates name an agent; absent: no client certificate is requested. */
  readonly clientCa?: string;
}

const path = z.string().min(1);

export const TLS_SHAPE = z
  .strictObject({ cert: path, key: path, "client-ca": path.optional() })
  .transform(({ cert, key, "client-ca": clientCa }): TlsSettings => ({
    cert,
    key,
    ...(clientCa !== undefined && { clientCa }),
  }))
  .optional();

export interface UpstreamTlsSettings {
  /** A file with the authorities that may sign the server's certificate; absent: those that Node trusts. */
  readonly ca?: string;
  /** Files with the certificate and the key that Tollgate shows to the server. */
  readonly client?: { readonly cert: string; readonly key: string };
  /** The name that the server's certificate must have; absent: the host of `--upstream`. */
  readonly serverName?: string;
}

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

export const UPSTREAM_TLS_SHAPE = z
  .strictObject({
    cert: path.optional(),
    key: path.optional(),
    "server-name": z
      .string()
      .regex(HOST_NAME, "must be a host name, such as mcp.internal.example")
      .optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "needs cert and key together: the certificate that Tollgate shows, and its key",
  })
  .prefault({});

export function upstreamTlsSettings(
  ca: string | undefined,
  { cert, key, "server-name": serverName }: z.infer<typeof UPSTREAM_TLS_SHAPE>,
): UpstreamTlsSettings {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { client: { cert, key } }),
    ...(serverName !== undefined && { serverName }),
  };
}
