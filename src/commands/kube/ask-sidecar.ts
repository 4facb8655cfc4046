/** Asks the admin listener of a sidecar, through the API server or at the pod's own address. */

import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { sendToAdmin, type TlsOptions } from "../control/admin-http.ts";
import type { ClusterAccess } from "./cluster/cluster-access.ts";
import { connectToPod } from "./cluster/port-forward.ts";
import type { Sidecar } from "./find-sidecars.ts";

/** `port-forward` reaches the pod through the API server and the kubelet; `pod-ip` connects to the pod, from inside of the cluster. */
export const ROUTES = ["port-forward", "pod-ip"] as const;
export type Route = (typeof ROUTES)[number];

export interface SidecarAccess {
  readonly cluster: ClusterAccess;
  readonly route: Route;
  /** The admin token, or the read token; absent: the pages have to be open. */
  readonly token: string | undefined;
  /** Of the admin listeners themselves. */
  readonly tls: TlsOptions;
}

export type Answer =
  | { readonly ok: true; readonly text: string }
  /** `isRefusal`: the sidecar answered, and did not give the page. */
  | { readonly ok: false; readonly problem: string; readonly isRefusal: boolean };

const TIMEOUT_MS = 20_000;

/** The body of a page. `/readyz` has one with status 503 as well. */
export async function askSidecar(access: SidecarAccess, sidecar: Sidecar, path: string): Promise<Answer> {
  const { token, route, tls } = access;
  const { podIp, adminPort, isTls } = sidecar;
  if (route === "pod-ip" && podIp === undefined)
    return { ok: false, problem: "its pod has no address", isRefusal: false };
  const host = route === "pod-ip" ? hostOf(podIp ?? "") : "localhost";
  const scheme = isTls && route === "pod-ip" ? "https" : "http";
  try {
    const { status, text } = await sendToAdmin({
      url: new URL(path, `${scheme}://${host}:${adminPort}`),
      method: "GET",
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      // Security: the API server, or the address, has led to the pod that was named; the authority is checked, the name is not.
      tls: { ...tls, checkServerIdentity: anyName },
      timeoutMs: TIMEOUT_MS,
      ...(route === "port-forward" && { connect: () => connectThroughApi(access, sidecar) }),
    });
    if (status < 300 || (status === 503 && path === "/readyz")) return { ok: true, text };
    return { ok: false, problem: refusalProblem(status, text, token), isRefusal: true };
  } catch (error) {
    return { ok: false, problem: connectionProblem(error), isRefusal: false };
  }
}

function connectThroughApi({ cluster, tls }: SidecarAccess, sidecar: Sidecar): Duplex {
  const { namespace, pod, adminPort, isTls } = sidecar;
  const connection = connectToPod(cluster, { namespace, pod, port: adminPort });
  if (!isTls) return connection;
  const secured = connectTls({ socket: connection, ...tls, checkServerIdentity: anyName });
  // Its own error says why; that of TLS says that the connection is gone.
  connection.once("error", (error) => secured.destroy(error));
  return secured;
}

function anyName(): undefined {
  return undefined;
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function refusalProblem(status: number, text: string, token: string | undefined): string {
  if (status === 401)
    return token === undefined
      ? "its admin listener needs a token; set TOLLGATE_ADMIN_TOKEN"
      : "its admin listener does not accept the token of TOLLGATE_ADMIN_TOKEN";
  const [, said] = /"error":"([^"]+)"/.exec(text) ?? [];
  return said ?? `its admin listener answered ${status}`;
}

function connectionProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return `the certificate of its admin listener is not trusted (${code}); name its authority with --admin-ca`;
  if (error.name === "TimeoutError" || error.name === "AbortError") return "it does not answer in time";
  return error.message.replaceAll(/\s+/g, " ");
}
