/** Whether a request was signed with a secret, by AWS Signature Version 4. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface Signer {
  readonly accessKey: string;
  readonly secret: string;
  readonly region: string;
  /** As AWS calls it: `sts`, `aps`. */
  readonly service: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** Method, path, query, signed headers and body: a change of any of them makes another signature. */
export function isSignedBy(signer: Signer, request: IncomingMessage, body: string): boolean {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? "");
  const [, key, day = "", region, service, signedHeaders = "", signature = ""] = match ?? [];
  if (key !== signer.accessKey || region !== signer.region || service !== signer.service) return false;
  const time = String(request.headers["x-amz-date"]);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hashed = sha256(canonicalForm(request, signedHeaders, body));
  const text = ["AWS4-HMAC-SHA256", time, scope, hashed].join("\n");
  const signing = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${signer.secret}`,
  );
  return timingSafeEqual(hmac(signing, text), Buffer.from(signature, "hex"));
}

function canonicalForm(request: IncomingMessage, signedHeaders: string, body: string): string {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted();
  const headers = signedHeaders.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  return [request.method, pathname, query.join("&"), headers.join(""), signedHeaders, sha256(body)].join(
    "\n",
  );
}

/** RFC 3986: all but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
