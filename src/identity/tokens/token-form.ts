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
    const fault = header?.fault ?? claims?.fault ?? (isJwtLike(parts) ? UNREADABLE : undefined);
    return fault === undefined ? OPAQUE : { kind: "faulty", detail: fault };
  }
  const detail = headerFault(header.value, parts[2] ?? "") ?? timeClaimFault(claims.value);
  return detail === undefined
    ? { kind: "jwt", header: header.value, claims: claims.value }
    : { kind: "faulty", detail };
}

const UNREADABLE = "the token is a JWT that cannot be read in one way only";

// Security: another reader may find an issuer in it, so it is not sent to the one that reads opaque tokens.
/** Whether a token has a header as a JWT has it, though this reader refuses its form. */
function isJwtLike([header = ""]: readonly string[]): boolean {
  return /^\s*\{/.test(Buffer.from(header, "base64url").toString("latin1"));
}

/** Why the header, or the form of the signature, is no JWT's; undefined when they are. */
function headerFault(header: JsonObject, signature: string): string | undefined {
  const kid = header.get("kid");
  if (kid !== undefined && typeof kid !== "string") return "the token's key id is not a text";
  // Security: a signature that is written in two ways would make two tokens of one.
  return isBase64url(signature) ? undefined : UNREADABLE;
}

function isBase64url(part: string): boolean {
  return (
    part === "" || (BASE64URL.test(part) && Buffer.from(part, "base64url").toString("base64url") === part)
  );
}

function readPart(part: string): { readonly value?: Json; readonly fault?: string } {
  const bytes = Buffer.from(part, "base64url");
  // Security: bytes that Buffer leaves out, and bits that it ignores, are another token to another reader.
  if (part === "" || !isBase64url(part)) return {};
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
