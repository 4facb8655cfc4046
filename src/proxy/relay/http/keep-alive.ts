/** Keeps a quiet event stream open: proxies on the way cut connections that carry nothing for a minute. */

import type { ClientResponse } from "../../http/client-response.ts";

const COMMENT = ": keepalive\n\n";

export interface KeepAliveOptions {
  /** How long the stream may be quiet before a comment is sent; 0 for no comments. */
  readonly quietMs: number;
  /** Whether all bytes that were sent so far are whole events. */
  readonly isBetweenEvents: () => boolean;
}

/** Sends a comment, which clients ignore, each time the stream was quiet for that long. */
export class KeepAlive {
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(downstream: ClientResponse, { quietMs, isBetweenEvents }: KeepAliveOptions) {
    if (quietMs === 0) return;
    this.#timer = setInterval(() => {
      const isIdle = !downstream.destroyed && !downstream.writableEnded && downstream.writableLength === 0;
      if (isIdle && isBetweenEvents()) downstream.write(COMMENT);
    }, quietMs).unref();
  }

  /** The stream has just carried bytes. */
  restart(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
