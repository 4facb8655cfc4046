/** Authenticates by the client certificate of the connection: its SPIFFE id, or else its subject, is the agent. */

import type { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import { stringOfToken } from "../../mcp/message-summary.ts";
import {
  rejectedCredential,
  NO_CREDENTIAL,
  type Authentication,
  authenticateAs,
  type CredentialSource,
  type SourceNames,
} from "../authentication.ts";

/** The certificate belongs to the connection, so it is checked once for all of its requests. */
export function mtlsSource(names?: SourceNames): CredentialSource {
  const known = new WeakMap<TLSSocket, Authentication>();
  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return NO_CREDENTIAL;
    const cached = known.get(socket);
    if (cached !== undefined) return cached;
    const found = checkCertificate(socket, names);
    known.set(socket, found);
    return found;
  };
}

function checkCertificate(socket: TLSSocket, sourceNames: SourceNames | undefined): Authentication {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return NO_CREDENTIAL;
  if (!socket.authorized) return rejectedCredential("the client certificate is not one that is trusted here");
  return authenticateCertificate(certificate, sourceNames);
}

function authenticateCertificate(
  certificate: X509Certificate,
  sourceNames: SourceNames | undefined,
): Authentication {
  const names = alternativeNames(certificate.subjectAltName ?? "");
  if (names === undefined) return rejectedCredential("the names of the client certificate cannot be read");
  const uris = names.filter(([kind]) => kind === "URI").map(([, name]) => name);
  const id = uris.find((uri) => uri.startsWith("spiffe://"));
  // An X.509-SVID has exactly one URI (SPIFFE X509-SVID, section 2).
  if (id !== undefined && uris.length > 1)
    return rejectedCredential("the client certificate names more than one agent");
  return authenticateAs(id ?? certificate.subject?.trim().replaceAll("\n", ","), "mtls", sourceNames);
}

// Node writes `KIND:name, KIND:name`; an ambiguous name is a JSON string in quotes.
const NAME = /([A-Za-z][A-Za-z ]*):(?:("(?:[^"\\]|\\.)*")|([^",]*))(, |$)/y;

function alternativeNames(text: string): readonly (readonly [kind: string, name: string])[] | undefined {
  if (text === "") return [];
  const reader = new RegExp(NAME);
  const names: [string, string][] = [];
  for (;;) {
    const match = reader.exec(text);
    if (match === null) return undefined;
    const [, kind = "", quoted, plain = "", end] = match;
    const name = quoted === undefined ? plain : stringOfToken(quoted);
    if (name === undefined) return undefined;
    names.push([kind, name]);
    if (end === "") return names;
  }
}
