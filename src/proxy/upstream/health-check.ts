/** Whether something listens at the upstream's address, asked from time to time; not one byte is sent. */

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

/** Asks at once, and then for as long as it is not stopped. */
export function watchUpstream({ url, onChange }: HealthCheckOptions): UpstreamHealth {
  let isUp = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    const answer = await acceptsConnections(hostOf(url), portOf(url));
    if (isStopped) return;
    if (answer !== isUp) onChange(answer);
    isUp = answer;
    timer = setTimeout(() => void ask(), isUp ? WHILE_UP_MS : WHILE_DOWN_MS).unref();
  };
  void ask();
  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer);
  };
  return { isUp: () => isUp, stop };
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === "https:" ? 443 : 80);
}

/** Whether something accepts connections at this host (an IPv6 address without brackets) and port. */
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
