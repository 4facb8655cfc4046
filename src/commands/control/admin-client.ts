/** Asks a running sidecar on its admin listener, and says in words why it could not. */

import { userInfo } from "node:os";
import { BAD_USAGE, fail, type PolicyWorld, UNREACHABLE, WRONG } from "../cli/command.ts";

/** Flags that each control command has. */
export const ADMIN_FLAGS = {
  admin: { type: "string", default: "http://127.0.0.1:9464" },
  by: { type: "string" },
  reason: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export interface ControlWorld extends PolicyWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Asked {
  readonly admin: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

export type Answered =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string; readonly exitCode: number };

const PATIENCE_MS = 10_000;

/** The answer's JSON; a problem when the sidecar refuses, or is not there. */
export async function askAdmin(
  { admin, method, path, body }: Asked,
  { environment }: ControlWorld,
): Promise<Answered> {
  const url = URL.canParse(admin) ? new URL(path, admin) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    return {
      ok: false,
      problem: `--admin: must be an http or https URL, got "${admin}"`,
      exitCode: BAD_USAGE,
    };
  const token = environment["TOLLGATE_ADMIN_TOKEN"];
  try {
    const response = await fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && token !== "" && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const value: unknown = await response.json();
    if (response.ok) return { ok: true, value };
    const problem = wordsIn(value) ?? `the sidecar answered ${response.status}`;
    return {
      ok: false,
      problem: response.status === 401 ? `${problem}; set TOLLGATE_ADMIN_TOKEN` : problem,
      exitCode: WRONG,
    };
  } catch {
    return {
      ok: false,
      problem: `no sidecar answers at ${url.origin}; name its admin listener with --admin`,
      exitCode: UNREACHABLE,
    };
  }
}

function wordsIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("error" in value)) return undefined;
  return typeof value.error === "string" ? value.error : undefined;
}

/** Who is asking, for the audit log: `--by`, or the name that this machine knows the user by. */
export function askedBy(by: string | undefined): string {
  return by ?? userInfo().username;
}

/** Says why it could not be done. */
export function failed(world: ControlWorld, { problem, exitCode }: Extract<Answered, { ok: false }>): number {
  return fail(world, [problem], exitCode);
}
