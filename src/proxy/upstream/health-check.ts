/** Polls whether the upstream accepts connections, without sending a request, and with TLS whether a handshake succeeds. */

import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectFailure, errorCode } from "../upstream-failure.ts";
import { type ClientTls, clientTlsOptions, DEFAULT_TLS } from "./http1/client-tls.ts";

export interface UpstreamHealth {
  readonly isUp: () => boolean;
  /** Whether the last check found a certificate that is not trusted; the reason with its code, or undefined. */
  readonly certificateFailure: () => string | undefined;
  readonly stop: () => void;
}

export interface HealthCheckOptions {
  readonly url: URL;
  /** For a server behind https; absent: Node's own defaults. */
  readonly tls?: ClientTls;
  readonly onChange: (isUp: boolean) => void;
}

const WHILE_UP_MS = 5_000;
const WHILE_DOWN_MS = 500;
const CONNECT_MS = 2_000;

/** Polls at once, and then every few seconds until it is stopped. */
export function watchUpstream({ url, tls = DEFAULT_TLS, onChange }: HealthCheckOptions): UpstreamHealth {
  let isUp = false;
  let certificate: string | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const poll = async (): Promise<void> => {
    const found = await (url.protocol === "https:" ? checkTls(url, tls) : checkTcp(url));
    if (isStopped) return;
    if (found.isUp !== isUp) onChange(found.isUp);
    ({ isUp, certificate } = found);
    timer = setTimeout(() => void poll(), isUp ? WHILE_UP_MS : WHILE_DOWN_MS).unref();
  };
  void poll();
  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer);
  };
  return { isUp: () => isUp, certificateFailure: () => certificate, stop };
}

interface Finding {
  readonly isUp: boolean;
  /** Why the server's certificate is not trusted; undefined when it is, or when there is none. */
  readonly certificate?: string;
}

/** Completes one handshake and closes the connection in order, so that the server logs no failed handshake. */
function checkTls(url: URL, tls: ClientTls): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const host = hostOf(url);
  const socket = connectTls({ host, port: portOf(url), ...clientTlsOptions(tls, host) });
  socket.setTimeout(CONNECT_MS);
  socket.once("secureConnect", () => {
    resolve({ isUp: true });
    // Reads what TLS 1.3 sends after the handshake: a connection that is closed with unread bytes is reset.
    socket.resume().end();
  });
  socket.once("timeout", () => {
    resolve({ isUp: false });
    socket.destroy();
  });
  socket.on("error", (error) => {
    const reason = connectFailure(error);
    const isCertificate = reason?.includes("certificate") === true;
    resolve({ isUp: false, ...(isCertificate && { certificate: `${reason} (${errorCode(error)})` }) });
  });
  return promise;
}

async function checkTcp(url: URL): Promise<Finding> {
  return { isUp: await acceptsConnections(hostOf(url), portOf(url)) };
}

/** The host of a URL; an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === "https:" ? 443 : 80);
}

/** Whether a TCP connection to this host (an IPv6 address without brackets) and port succeeds. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: CONNECT_MS });
  const settle = (isUp: boolean): void => {
    socket.destroy();
    resolve(isUp);
  };
  socket.once("connect", () => settle(true));
  socket.once("timeout", () => settle(false));
  socket.once("error", () => settle(false));
  return promise;
}
