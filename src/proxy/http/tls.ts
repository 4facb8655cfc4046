/** What the downstream listener's TLS is made of, at the start and when its files have changed. */

import type { Server } from "node:http";
import { Server as HttpsServer, type ServerOptions } from "node:https";

/** PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Whose client certificates are trusted; absent: none is asked for. */
  readonly ca?: Buffer;
}

// Security: a client without a certificate, or with a stranger's, connects and has shown no good proof; identity refuses it.
export function tlsOptions(material: TlsMaterial): ServerOptions {
  return {
    ...material,
    requestCert: material.ca !== undefined,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
  };
}

/** New connections get the new certificate; those that are open keep theirs. */
export function renewTls(server: Server, material: TlsMaterial): void {
  if (server instanceof HttpsServer) server.setSecureContext(tlsOptions(material));
}
