/** Certificates that the webhook makes for itself. Each is its own authority, so no key exists that could sign a second one. */

import { X509Certificate } from "node:crypto";

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** The clock of an API server may be behind by this much. */
const SKEW_MS = 3_600_000;

/** A self-signed certificate for DNS names, valid for `lifetimeMs` from `nowMs`. */
export async function makeCertificate(
  names: readonly string[],
  nowMs: number,
  lifetimeMs: number,
): Promise<KeyPair> {
  // Only a webhook without given certificates needs the library.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "tollgate webhook" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(nowMs - SKEW_MS),
    notAfterDate: new Date(nowMs + lifetimeMs),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Milliseconds since the epoch; undefined for a text that is no certificate. */
export function expiryOf(cert: string): number | undefined {
  return read(cert)?.validToDate.getTime();
}

/** Whether the certificate is for every one of the names. */
export function isFor(cert: string, names: readonly string[]): boolean {
  const certificate = read(cert);
  return certificate !== undefined && names.every((name) => certificate.checkHost(name) !== undefined);
}

/** Whether a bundle of certificates has this one, however its lines end. */
export function hasCertificate(bundle: string, cert: string): boolean {
  return flat(bundle).includes(flat(cert));
}

function read(cert: string): X509Certificate | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}

function flat(pem: string): string {
  return pem.replaceAll(/\s/g, "");
}
