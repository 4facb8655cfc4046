/** HTTP client for the admin listener of a running sidecar. */

import { userInfo } from "node:os";
import { EXIT_USAGE, failWith, type CommandIo, EXIT_UNAVAILABLE, EXIT_FAILED } from "../cli/command.ts";

/** Flags that every control command has. */
export const ADMIN_FLAGS = {
  admin: { type: "string", default: "http://127.0.0.1:9464" },
  by: { type: "string" },
  reason: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export interface ControlCommandIo extends CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface AdminRequest {
  readonly admin: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

export type AdminResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string; readonly exitCode: number };

const REQUEST_TIMEOUT_MS = 10_000;

/** The JSON of the response, or the problem when the sidecar refuses or cannot be reached. */
export async function requestAdmin(
  { admin, method, path, body }: AdminRequest,
  { environment }: ControlCommandIo,
): Promise<AdminResult> {
  const url = URL.canParse(admin) ? new URL(path, admin) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    return {
      ok: false,
      problem: `--admin: must be an http or https URL, got "${admin}"`,
      exitCode: EXIT_USAGE,
    };
  const token = environment["TOLLGATE_ADMIN_TOKEN"];
  try {
    const response = await fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && token !== "" && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const value: unknown = await response.json();
    if (response.ok) return { ok: true, value };
    const problem = errorTextIn(value) ?? `the sidecar answered ${response.status}`;
    return {
      ok: false,
      problem: response.status === 401 ? `${problem}; set TOLLGATE_ADMIN_TOKEN` : problem,
      exitCode: EXIT_FAILED,
    };
  } catch {
    return {
      ok: false,
      problem: `no sidecar answers at ${url.origin}; name its admin listener with --admin`,
      exitCode: EXIT_UNAVAILABLE,
    };
  }
}

function errorTextIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("error" in value)) return undefined;
  return typeof value.error === "string" ? value.error : undefined;
}

/** The operator's name for the audit log: `--by`, or else the user name of the operating system. */
export function operatorName(by: string | undefined): string {
  return by ?? userInfo().username;
}

/** Writes the problem of a failed request. Returns the exit code. */
export function reportAdminFailure(
  io: ControlCommandIo,
  { problem, exitCode }: Extract<AdminResult, { ok: false }>,
): number {
  return failWith(io, [problem], exitCode);
}
