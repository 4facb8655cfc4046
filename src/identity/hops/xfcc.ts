/** Authenticates by `X-Forwarded-Client-Cert` as Envoy writes it: the client certificate that a trusted proxy has checked. */

import {
  headerValues,
  rejectedCredential,
  NO_CREDENTIAL,
  type Authentication,
  authenticateAs,
  type CredentialSource,
  type SourceNames,
} from "../authentication.ts";
import type { IsTrustedProxy } from "./trusted-proxy.ts";

export const XFCC_HEADER = "x-forwarded-client-cert";

export function xfccSource(isTrustedProxy: IsTrustedProxy, names?: SourceNames): CredentialSource {
  return (request) => {
    const values = headerValues(request, XFCC_HEADER);
    if (values === undefined || !isTrustedProxy(request)) return NO_CREDENTIAL;
    return values.length > 1
      ? rejectedCredential(`${XFCC_HEADER} comes twice`)
      : authenticateHeader(values[0], names);
  };
}

/** The agent of the last element, which the nearest proxy has added. Security: a client can forge earlier elements. */
function authenticateHeader(header: string, names: SourceNames | undefined): Authentication {
  const pairs = lastElement(header);
  if (pairs === undefined) return rejectedCredential(`${XFCC_HEADER} cannot be read`);
  const uris = pairs.filter(([key]) => key === "uri").map(([, value]) => value);
  const subjects = pairs.filter(([key]) => key === "subject").map(([, value]) => value);
  const ids = uris.filter((uri) => uri.startsWith("spiffe://"));
  // An X.509-SVID has exactly one URI; with several it is not known which one the proxy has checked.
  if (uris.length > 1 || subjects.length > 1)
    return rejectedCredential(`${XFCC_HEADER} names more than one agent`);
  // Security: only a URI of a certificate is a SPIFFE id, and a proxy may write the subject of any certificate.
  if (ids.length === 0 && /^spiffe:/i.test(subjects[0] ?? ""))
    return rejectedCredential(`${XFCC_HEADER} has a subject that is no subject`);
  return authenticateAs(ids[0] ?? subjects[0], "xfcc", names);
}

type Pair = readonly [key: string, value: string];

// `Key=value` or `Key="value"`, where `\"` is a quote within quotes; then `;`, `,` or the end.
const PAIR = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))\s*([;,]|$)/y;

/** The pairs of the last element, keys in lower case; undefined when the header has another form. */
function lastElement(header: string): readonly Pair[] | undefined {
  const reader = new RegExp(PAIR);
  let pairs: Pair[] = [];
  for (;;) {
    const match = reader.exec(header);
    if (match === null) return undefined;
    const [, key = "", quoted, plain = "", end] = match;
    pairs.push([key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? plain]);
    if (end === "") return pairs;
    if (end === ",") pairs = [];
  }
}
