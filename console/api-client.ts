/** Client of the admin listener: requests, the admin token, and error messages. */

import type { ErrorResponse } from "../src/admin/api.ts";

export type ApiResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly needsToken?: boolean };

/** Asks the operator for the admin token; undefined when the operator cancels. `wasWrong`: the previous token was refused. */
export type AskToken = (wasWrong: boolean) => Promise<string | undefined>;

// Security: kept only in the memory of this page; a reload clears it.
let token: string | undefined;

/** Fetches JSON. A response with one of `statuses` is a value, any other one a problem. */
export async function fetchJson<T>(path: string, statuses: readonly number[] = [200]): Promise<ApiResult<T>> {
  const response = await request(path, { headers: authorization() });
  if (response?.status === 401) return TOKEN_NEEDED;
  return response === undefined ? UNREACHABLE : resultOf<T>(response, statuses);
}

/** Asks for the admin token until the sidecar accepts it for reading `path`; false when the operator cancels. */
export async function unlock(path: string, askToken: AskToken): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    const given = await askToken(tries > 0);
    if (given === undefined) return false;
    token = given;
    const answer = await fetchJson<unknown>(path);
    if (answer.ok || answer.needsToken !== true) return true;
  }
}

/** Sends a change; when the admin token is needed, asks for it and tries again. */
export async function change(path: string, body: object, askToken: AskToken): Promise<ApiResult<unknown>> {
  for (;;) {
    const response = await post(path, body);
    if (response === undefined) return UNREACHABLE;
    if (response.status !== 401) return resultOf<unknown>(response, [200]);
    const given = await askToken(token !== undefined);
    if (given === undefined) return TOKEN_NEEDED;
    token = given;
  }
}

function post(path: string, body: object): Promise<Response | undefined> {
  const headers = { "Content-Type": "application/json", ...authorization() };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The header with the token; empty before the operator has entered one. */
export function authorization(): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

const TIMEOUT_MS = 10_000;

/** Undefined when no response arrives. */
async function request(path: string, options: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(path, { ...options, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    return undefined;
  }
}

const TOKEN_NEEDED = { ok: false, problem: "this needs the admin token", needsToken: true } as const;
const UNREACHABLE = { ok: false, problem: "the sidecar does not answer" } as const;

async function resultOf<T>(response: Response, statuses: readonly number[]): Promise<ApiResult<T>> {
  try {
    const value: T & Partial<ErrorResponse> = await response.json();
    if (statuses.includes(response.status)) return { ok: true, value };
    return { ok: false, problem: value.error ?? `the sidecar responded with status ${response.status}` };
  } catch {
    return { ok: false, problem: `the response with status ${response.status} is not JSON` };
  }
}
