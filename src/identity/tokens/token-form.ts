/** Reads header and claims of a JWT strictly, before any check: a text that parsers read differently is refused. */

import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";

/** Unverified. */
export interface TokenForm {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

export type TokenReading =
  | ({ readonly kind: "jwt" } & TokenForm)
  /** Not of the form of a JWT: an API key, or an opaque token. */
  | { readonly kind: "opaque" }
  | { readonly kind: "faulty"; readonly detail: string };

const OPAQUE: TokenReading = { kind: "opaque" };
const FAULTS: Readonly<Partial<Record<string, string>>> = {
  duplicate_key: "a claim of the token comes twice",
  number: "a number in the token is not finite, or has too many digits",
};
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64URL = /^[\w-]+$/;

export function readToken(token: string): TokenReading {
  const parts = token.split(".");
  if (parts.length !== 3) return OPAQUE;
  const [header, claims] = parts.slice(0, 2).map(readPart);
  if (!isJsonObject(header?.value) || !isJsonObject(claims?.value)) {
    const fault = header?.fault ?? claims?.fault;
    return fault === undefined ? OPAQUE : { kind: "faulty", detail: fault };
  }
  const detail = timeClaimFault(claims.value);
  return detail === undefined
    ? { kind: "jwt", header: header.value, claims: claims.value }
    : { kind: "faulty", detail };
}

function readPart(part: string): { readonly value?: Json; readonly fault?: string } {
  const bytes = Buffer.from(part, "base64url");
  // Security: bytes that Buffer leaves out, and bits that it ignores, are another token to another reader.
  if (!BASE64URL.test(part) || bytes.toString("base64url") !== part) return {};
  try {
    const read = readJson(UTF8.decode(bytes));
    if (read.ok) return { value: read.value };
    const fault = FAULTS[read.cause];
    return fault === undefined ? {} : { fault };
  } catch {
    return {};
  }
}

/** The end of the year 9999, in seconds since the epoch. */
const LAST_TIME = 253_402_300_799;

/** Why a time among the claims is none; undefined when there is no such time. */
export function timeClaimFault(claims: JsonObject): string | undefined {
  const name = ["exp", "nbf", "iat"].find((each) => {
    const value = claims.get(each);
    return value instanceof JsonNumber && !(Math.abs(Number(value.token)) <= LAST_TIME);
  });
  return name === undefined ? undefined : `the token's ${name} is not a time`;
}

/** A claim that is a text; undefined for all others. */
export function textClaim(claims: JsonObject, name: string): string | undefined {
  const value = claims.get(name);
  return typeof value === "string" ? value : undefined;
}
