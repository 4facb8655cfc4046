/** Reads from the API server of Kubernetes, and says in words why it refuses. */

import * as z from "zod";
import { EXIT_FAILED, EXIT_UNAVAILABLE } from "../../cli/command.ts";
import { type AdminHttpResponse, sendToAdmin } from "../../control/admin-http.ts";
import type { ClusterAccess } from "./cluster-access.ts";

export type ApiReading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string; readonly exitCode: number };

/** Objects of one page: a pod has some 10 KiB. */
const PAGE = 250;
const TIMEOUT_MS = 30_000;

const LIST = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({ continue: z.string().optional() }).default({}),
});

/** Every object of a list, such as `/api/v1/namespaces/shop/pods`. */
export async function listAll(
  access: ClusterAccess,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<ApiReading<readonly unknown[]>> {
  const found: unknown[] = [];
  let next: string | undefined;
  do {
    const page = new URLSearchParams({ ...query, limit: `${PAGE}`, ...(next && { continue: next }) });
    const reading = await readText(access, `${path}?${page}`);
    if (!reading.ok) return reading;
    const list = LIST.safeParse(jsonIn(reading.value));
    if (!list.success)
      return {
        ok: false,
        problem: `${access.url.origin} answers, and is no API server of Kubernetes`,
        exitCode: EXIT_UNAVAILABLE,
      };
    found.push(...list.data.items);
    next = list.data.metadata.continue;
  } while (next !== undefined && next !== "");
  return { ok: true, value: found };
}

/** The body of the response to a GET. */
export async function readText(access: ClusterAccess, path: string): Promise<ApiReading<string>> {
  const { url, tls, headers } = access;
  const base = url.pathname.replace(/\/$/, "");
  try {
    const response = await sendToAdmin({
      url: new URL(`${base}${path}`, url),
      method: "GET",
      headers: { accept: "application/json, */*", ...headers },
      tls,
      timeoutMs: TIMEOUT_MS,
    });
    if (response.status < 300) return { ok: true, value: response.text };
    return { ok: false, problem: refusalText(access, response), exitCode: EXIT_FAILED };
  } catch (error) {
    return { ok: false, problem: connectionText(access, error), exitCode: EXIT_UNAVAILABLE };
  }
}

const STATUS = z.object({ message: z.string() });

/** The API server's own words, with the step that helps. */
export function refusalText({ context }: ClusterAccess, { status, text }: RefusedResponse): string {
  const said = STATUS.safeParse(jsonIn(text)).data?.message ?? `it answered ${status}`;
  if (status === 401) return `the API server does not accept the credential of context ${context}: ${said}`;
  if (status === 403) return `${said}; docs/kube.md names the role that is needed`;
  return `the API server refuses: ${said}`;
}

export type RefusedResponse = Pick<AdminHttpResponse, "status" | "text">;

export function connectionText({ url, context }: ClusterAccess, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
    return `the certificate of the API server at ${url.origin} is not trusted (${code}): look at the cluster of context ${context}`;
  return `no API server answers at ${url.origin}, which context ${context} names${code === "" ? "" : ` (${code})`}`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
