/** The `tls:` section of the settings: the certificate of the downstream listener, and the clients' authorities. */

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
