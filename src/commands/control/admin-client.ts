/** HTTP client for the admin listener of a running sidecar. */

import { userInfo } from "node:os";
import { ADMIN_ADDRESS_FLAGS, adminAddress, type AdminAddressFlags } from "./admin-address.ts";
import { type AdminHttpResponse, sendToAdmin } from "./admin-http.ts";
import { EXIT_USAGE, failWith, type CommandIo, EXIT_UNAVAILABLE, EXIT_FAILED } from "../cli/command.ts";

/** Flags that every control command has. */
export const ADMIN_FLAGS = {
  ...ADMIN_ADDRESS_FLAGS,
  by: { type: "string" },
  reason: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export interface ControlCommandIo extends CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface AdminRequest {
  readonly flags: AdminAddressFlags;
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
  { flags, method, path, body }: AdminRequest,
  { environment }: ControlCommandIo,
): Promise<AdminResult> {
  const address = adminAddress(flags, environment);
  if (typeof address === "string") return { ok: false, problem: address, exitCode: EXIT_USAGE };
  const { url, tls } = address;
  const token = environment["TOLLGATE_ADMIN_TOKEN"];
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && token !== "" && { authorization: `Bearer ${token}` }),
  };
  try {
    const response = await sendToAdmin({
      url: new URL(path, url),
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      tls,
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    return resultOf(response);
  } catch (error) {
    return { ok: false, problem: connectionProblem(url, error), exitCode: EXIT_UNAVAILABLE };
  }
}

function resultOf({ status, text }: AdminHttpResponse): AdminResult {
  const value: unknown = JSON.parse(text);
  if (status >= 200 && status < 300) return { ok: true, value };
  const problem = errorTextIn(value) ?? `the sidecar answered ${status}`;
  return {
    ok: false,
    problem: status === 401 ? `${problem}; set TOLLGATE_ADMIN_TOKEN` : problem,
    exitCode: EXIT_FAILED,
  };
}

function connectionProblem({ origin }: URL, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
    return `the certificate at ${origin} is not trusted (${code}); name its authority with --admin-ca`;
  return `no sidecar answers at ${origin}; name its admin listener with --admin`;
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
