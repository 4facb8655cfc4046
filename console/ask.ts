/** Asks the sidecar, and puts into words what went wrong. */

import type { ErrorResponse } from "../src/admin/api.ts";

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly needsToken?: boolean };

/** Supplies the admin token; undefined when the person would rather not. `wasWrong`: the one before was refused. */
export type AskToken = (wasWrong: boolean) => Promise<string | undefined>;

// Security: in the memory of this page and nowhere else; a reload forgets it.
let token: string | undefined;

/** Answers with JSON of the given statuses are values, everything else is a problem. */
export async function read<T>(path: string, statuses: readonly number[] = [200]): Promise<Answer<T>> {
  const response = await reach(path, { headers: proof() });
  if (response?.status === 401) return LOCKED;
  return response === undefined ? NOBODY : answerOf<T>(response, statuses);
}

/** Asks for the admin token until the sidecar takes it for reading `path`; false when the person would rather not. */
export async function unlock(path: string, askToken: AskToken): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    const given = await askToken(tries > 0);
    if (given === undefined) return false;
    token = given;
    const answer = await read<unknown>(path);
    if (answer.ok || answer.needsToken !== true) return true;
  }
}

/** Changes something; where that needs the admin token, asks for it and tries again. */
export async function change(path: string, body: object, askToken: AskToken): Promise<Answer<unknown>> {
  for (;;) {
    const response = await post(path, body);
    if (response === undefined) return NOBODY;
    if (response.status !== 401) return answerOf<unknown>(response, [200]);
    const given = await askToken(token !== undefined);
    if (given === undefined) return LOCKED;
    token = given;
  }
}

function post(path: string, body: object): Promise<Response | undefined> {
  const headers = { "Content-Type": "application/json", ...proof() };
  return reach(path, { method: "POST", headers, body: JSON.stringify(body) });
}

function proof(): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

const PATIENCE_MS = 10_000;

/** Undefined when nobody answers. */
async function reach(path: string, options: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(path, { ...options, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return undefined;
  }
}

const LOCKED = { ok: false, problem: "this needs the admin token", needsToken: true } as const;
const NOBODY = { ok: false, problem: "the sidecar does not answer" } as const;

async function answerOf<T>(response: Response, statuses: readonly number[]): Promise<Answer<T>> {
  try {
    const value: T & Partial<ErrorResponse> = await response.json();
    if (statuses.includes(response.status)) return { ok: true, value };
    return { ok: false, problem: value.error ?? `the sidecar answered ${response.status}` };
  } catch {
    return { ok: false, problem: `the sidecar answered ${response.status}, and no JSON` };
  }
}
