/** Where the admin token comes from, and what it must look like. */

import { readText } from "./read-text.ts";

/** A file beats the environment, whose value other programs of the same user may read. */
export type AdminTokenSource = { readonly file: string } | { readonly token: string };

export type AdminTokenReading =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly problem: string };

export const ADMIN_TOKEN_VARIABLE = "TOLLGATE_ADMIN_TOKEN";

/** 128 random bits in base64url have 22 characters. */
const SHORTEST = 22;

export function adminTokenOf(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): AdminTokenSource | undefined {
  if (file !== undefined) return { file };
  const token = environment[ADMIN_TOKEN_VARIABLE];
  return token === undefined || token === "" ? undefined : { token };
}

/** The token; a file is read now, without the white space around it. Problems never show it. */
export function readAdminToken(source: AdminTokenSource): AdminTokenReading {
  if ("token" in source) return checked(source.token, ADMIN_TOKEN_VARIABLE);
  const text = readText(source.file);
  return text.ok ? checked(text.value.trim(), source.file) : { ok: false, problem: text.problems.join(", ") };
}

function checked(token: string, where: string): AdminTokenReading {
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= SHORTEST) return { ok: true, token };
  const problem = `${where}: must be ${SHORTEST} or more visible ASCII characters; make one with openssl rand -base64 24`;
  return { ok: false, problem };
}
