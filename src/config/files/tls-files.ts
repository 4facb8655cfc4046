/** Certificates, keys and authorities, read together and watched: of the downstream listener, and of Tollgate as the upstream's client. */

import { createSecureContext } from "node:tls";
import type { TlsSettings } from "../settings/tls-settings.ts";
import type { UpstreamTlsSettings } from "../settings/tls-settings.ts";
import { errorCode } from "../file-fault.ts";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

/** PEM texts for node:tls. */
interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities of client certificates; absent: none is requested. */
  readonly ca?: Buffer;
}

/** PEM texts for a client of node:tls. */
export interface ClientTlsMaterial {
  /** Absent: the authorities that Node trusts. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export function openTlsFiles({ cert, key, clientCa }: TlsSettings): OpenedFile<TlsMaterial> {
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  const parse = (...[certBytes = NOTHING, keyBytes = NOTHING, ca]: readonly Buffer[]) =>
    checkMaterial(
      { cert: certBytes, key: keyBytes, ...(ca && { ca }) },
      paths,
      `${clientCa}: must hold the certificates of client authorities`,
    );
  return openWatchedFile({ paths, parse });
}

/** Undefined when the settings name no file. */
export function openUpstreamTlsFiles({
  ca,
  client,
}: UpstreamTlsSettings): OpenedFile<ClientTlsMaterial> | undefined {
  const named = Object.entries({ ...client, ...(ca !== undefined && { ca }) });
  if (named.length === 0) return undefined;
  const paths = named.map(([, path]) => path);
  const parse = (...bytes: readonly Buffer[]): FileReading<ClientTlsMaterial> =>
    checkMaterial(
      Object.fromEntries(named.map(([name], index) => [name, bytes[index]])),
      paths,
      `${ca}: must hold the certificates of authorities`,
    );
  return openWatchedFile({ paths, parse });
}

const NOTHING = Buffer.alloc(0);

/** A new certificate beside the old key does not match: the previous pair stays in force until both have changed. */
function checkMaterial<T extends ClientTlsMaterial>(
  material: T,
  paths: readonly string[],
  authorities: string,
): FileReading<T> {
  // Security: OpenSSL takes a file without certificates for an absent file, and would check by other authorities, or none.
  if (material.ca?.includes("-----BEGIN CERTIFICATE-----") === false)
    return { ok: false, problems: [`${authorities}, in PEM`] };
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
