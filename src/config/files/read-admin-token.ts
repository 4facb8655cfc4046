/** Reads the admin token, and checks its form. */

import type { AdminTokenSource } from "../settings/admin/admin-token.ts";
import { readText } from "./watched-file.ts";

export type AdminTokenReading =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly problem: string };

/** 128 random bits in base64url have 22 characters. */
const MIN_TOKEN_LENGTH = 22;

/** The token. A file is read now, and white space around the token is removed. Problems never show the token. */
export function readAdminToken(source: AdminTokenSource): AdminTokenReading {
  if ("token" in source) return checkAdminToken(source.token, source.variable);
  const text = readText(source.file);
  return text.ok
    ? checkAdminToken(text.value.trim(), source.file)
    : { ok: false, problem: text.problems.join(", ") };
}

function checkAdminToken(token: string, where: string): AdminTokenReading {
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= MIN_TOKEN_LENGTH) return { ok: true, token };
  const problem = `${where}: must be ${MIN_TOKEN_LENGTH} or more visible ASCII characters; make one with openssl rand -base64 24`;
  return { ok: false, problem };
}
