/** The TLS options of connections to the upstream. */

import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";

export interface ClientTls {
  /** The present authorities, certificate and key, in PEM; each may be absent. The same object as long as they do not change. */
  readonly material: () => Pick<ConnectionOptions, "ca" | "cert" | "key">;
  /** The name that the server's certificate must have; absent: the host of the URL. */
  readonly serverName?: string;
}

export const DEFAULT_TLS: ClientTls = { material: () => NO_MATERIAL };
const NO_MATERIAL = {};

/** `host` without brackets. */
export function clientTlsOptions({ material, serverName }: ClientTls, host: string): ConnectionOptions {
  const name = serverName ?? host;
  // An address is no server name (RFC 6066, section 3); it is compared with the certificate all the same.
  const servername = isIP(name) === 0 ? name : "";
  return { ...material(), servername, ALPNProtocols: ["http/1.1"] };
}
