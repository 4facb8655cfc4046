/** The certificate, the key and the client authorities of the downstream listener, read together and watched. */

import { createSecureContext } from "node:tls";
import type { TlsSettings } from "../settings/tls-settings.ts";
import { errorCode } from "../file-fault.ts";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

/** PEM texts for node:tls. */
interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities of client certificates; absent: none is requested. */
  readonly ca?: Buffer;
}

export function openTlsFiles({ cert, key, clientCa }: TlsSettings): OpenedFile<TlsMaterial> {
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  return openWatchedFile({ paths, parse: (...bytes) => parseTls(paths, bytes) });
}

/** A new certificate beside the old key does not match: the previous pair stays in force until both have changed. */
function parseTls(paths: readonly string[], bytes: readonly Buffer[]): FileReading<TlsMaterial> {
  const [cert = Buffer.alloc(0), key = Buffer.alloc(0), ca] = bytes;
  const material = { cert, key, ...(ca && { ca }) };
  // Security: OpenSSL takes a file without certificates for an absent file, and would check no client certificate.
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----"))
    return { ok: false, problems: [`${paths[2]}: must hold the certificates of client authorities, in PEM`] };
  try {
    createSecureContext(material);
    return { ok: true, value: material };
  } catch (error) {
    return { ok: false, problems: [`${paths.join(", ")}: ${tlsFault(errorCode(error))}`] };
  }
}

/** Texts for codes of OpenSSL, which name the library's own terms. */
function tlsFault(code: string | undefined): string {
  switch (code) {
    case "ERR_OSSL_X509_KEY_VALUES_MISMATCH":
      return "the key does not belong to the certificate; name the pair that was issued together";
    case "ERR_OSSL_PEM_NO_START_LINE":
      return "must be a certificate and its key, in PEM; one of them is not PEM";
    default:
      return `must be a certificate and its key, in PEM; OpenSSL reports ${code ?? "an unknown error"}`;
  }
}
