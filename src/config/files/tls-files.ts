/** Certificate, key and client authorities of the downstream listener, read together and again when they change. */

import { createSecureContext } from "node:tls";
import type { TlsSettings } from "../settings/identity-settings.ts";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

/** PEM, as node:tls takes it. */
interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Absent: no client certificate is asked for. */
  readonly ca?: Buffer;
}

export function openTlsFiles({ cert, key, clientCa }: TlsSettings): OpenedFile<TlsMaterial> {
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  return openWatchedFile({ paths, parse: (...bytes) => parse(paths, bytes) });
}

/** Half a change, such as a new certificate beside the old key, does not fit and changes nothing. */
function parse(paths: readonly string[], bytes: readonly Buffer[]): FileReading<TlsMaterial> {
  const [cert = Buffer.alloc(0), key = Buffer.alloc(0), ca] = bytes;
  const material = { cert, key, ...(ca && { ca }) };
  // OpenSSL takes authorities without a certificate for none at all, and then nobody could be checked.
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----"))
    return { ok: false, problems: [`${paths[2]}: must hold certificates in PEM`] };
  try {
    createSecureContext(material);
    return { ok: true, value: material };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { ok: false, problems: [`${paths.join(", ")}: are no certificate and key that fit: ${why}`] };
  }
}
