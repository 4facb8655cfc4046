/** Polls whether the upstream's address accepts connections, without sending a byte. */

import { connect } from "node:net";

export interface UpstreamHealth {
  readonly isUp: () => boolean;
  readonly stop: () => void;
}

export interface HealthCheckOptions {
  readonly url: URL;
  readonly onChange: (isUp: boolean) => void;
}

const WHILE_UP_MS = 5_000;
const WHILE_DOWN_MS = 500;
const CONNECT_MS = 2_000;

/** Polls at once, and then every few seconds until it is stopped. */
export function watchUpstream({ url, onChange }: HealthCheckOptions): UpstreamHealth {
  let isUp = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const poll = async (): Promise<void> => {
    const isAccepted = await acceptsConnections(hostOf(url), portOf(url));
    if (isStopped) return;
    if (isAccepted !== isUp) onChange(isAccepted);
    isUp = isAccepted;
    timer = setTimeout(() => void poll(), isUp ? WHILE_UP_MS : WHILE_DOWN_MS).unref();
  };
  void poll();
  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer);
  };
  return { isUp: () => isUp, stop };
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
