/** The one child that all clients of the modern era share, and what is known of the era that the command speaks. */

import type { ChildMessage } from "./child-message.ts";
import type { ChildPool, PooledChild } from "./child-pool.ts";
import { discoverRequest, supportedVersions } from "./era-probe.ts";
import type { ChildMultiplexer } from "./child-multiplexer.ts";

export interface SharedChildOptions {
  readonly children: ChildPool;
  /** Our own version, which the child is told. */
  readonly version: string;
  /** How long a child may think about the question which era it speaks. */
  readonly probeMs: number;
  /** Of a message that belongs to no client. */
  readonly onUnmatched: () => void;
}

/** A child that ends when it is asked is asked once more: the end may have had another cause. */
const MAX_PROBES = 2;

export class SharedChild {
  readonly #options: SharedChildOptions;
  #child: PooledChild | undefined;
  #versions: readonly string[] | undefined;
  #probing: Promise<readonly string[]> | undefined;

  constructor(parts: SharedChildOptions) {
    this.#options = parts;
  }

  /** The modern revisions that the command speaks, none when it knows the old era only; asked once. @throws UpstreamError */
  versions(): Promise<readonly string[]> {
    if (this.#versions !== undefined) return Promise.resolve(this.#versions);
    this.#probing ??= this.#probe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** The child, started when there is none. @throws UpstreamError while none may be started */
  acquire(): ChildMultiplexer {
    this.#child ??= this.#acquireChild();
    // That a child which speaks no modern era ends when it is asked is no failure of the command.
    this.#child.restartOnExit = this.#versions !== undefined;
    return this.#child.multiplexer;
  }

  /** The child, when there is one. */
  get current(): ChildMultiplexer | undefined {
    return this.#child?.multiplexer;
  }

  #acquireChild(): PooledChild {
    const member = this.#options.children.acquire({
      onUnrelated: (message) => this.#onUnrelated(message),
      onExit: () => {
        if (this.#child === member) this.#child = undefined;
      },
    });
    return member;
  }

  async #probe(): Promise<readonly string[]> {
    for (let probes = 1; ; probes += 1) {
      const answer = await this.#ask();
      if (answer === "ended" && probes < MAX_PROBES) continue;
      this.#versions = answer === "ended" ? [] : answer;
      if (this.#versions.length === 0) this.#stopChild();
      return this.#versions;
    }
  }

  #ask(): Promise<readonly string[] | "ended"> {
    const { promise, resolve } = Promise.withResolvers<readonly string[] | "ended">();
    const timer = setTimeout(resolve, this.#options.probeMs, []);
    this.acquire().request(discoverRequest(this.#options.version), {
      writeMessage: () => false,
      writeResponse: (text) => resolve(supportedVersions(text)),
      fail: () => resolve("ended"),
    });
    return promise.finally(() => clearTimeout(timer));
  }

  /** A child that heard a request before `initialize` is no good for a session any more. */
  #stopChild(): void {
    void this.#child?.stop();
    this.#child = undefined;
  }

  // Security: what a child says to nobody in particular may be about one client's call, so nobody hears it.
  #onUnrelated({ id, method }: ChildMessage): void {
    this.#options.onUnmatched();
    if (id === undefined || method === undefined) return;
    const error = { code: -32_601, message: "no client can be asked: the modern era has no such requests" };
    this.current?.send(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
  }
}
