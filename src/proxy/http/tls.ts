/** The TLS options of the downstream listener, and their renewal when the files change. */

import type { Server } from "node:http";
import { Server as HttpsServer, type ServerOptions } from "node:https";

/** PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authority of client certificates; absent: clients are asked for none. */
  readonly ca?: Buffer;
}

// Security: a client without a trusted certificate may connect but counts as unverified; `identity` refuses it.
export function tlsOptions(material: TlsMaterial): ServerOptions {
  return {
    ...material,
    requestCert: material.ca !== undefined,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
  };
}

/** Uses the new certificate for new connections; open ones keep theirs. */
export function renewTls(server: Server, material: TlsMaterial): void {
  if (server instanceof HttpsServer) server.setSecureContext(tlsOptions(material));
}
