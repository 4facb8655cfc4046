/** The one child that all clients of the modern era share, and what is known of the era that the command speaks. */

import type { ChildMessage } from "./child-message.ts";
import type { Children, Member } from "./child-pool.ts";
import { asksModern, offeredVersions } from "./era-probe.ts";
import type { ChildMultiplexer } from "./child-multiplexer.ts";

export interface SharedChildParts {
  readonly children: Children;
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
  readonly #parts: SharedChildParts;
  #member: Member | undefined;
  #versions: readonly string[] | undefined;
  #probing: Promise<readonly string[]> | undefined;

  constructor(parts: SharedChildParts) {
    this.#parts = parts;
  }

  /** The modern revisions that the command speaks, none when it knows the old era only; asked once. @throws UpstreamError */
  versions(): Promise<readonly string[]> {
    if (this.#versions !== undefined) return Promise.resolve(this.#versions);
    this.#probing ??= this.#probe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** The child, started when there is none. @throws UpstreamError while none may be started */
  obtain(): ChildMultiplexer {
    this.#member ??= this.#take();
    // That a child which speaks no modern era ends when it is asked is no failure of the command.
    this.#member.restartOnExit = this.#versions !== undefined;
    return this.#member.switchboard;
  }

  /** The child, when there is one. */
  get current(): ChildMultiplexer | undefined {
    return this.#member?.switchboard;
  }

  #take(): Member {
    const member = this.#parts.children.take({
      unrelated: (message) => this.#unrelated(message),
      died: () => {
        if (this.#member === member) this.#member = undefined;
      },
    });
    return member;
  }

  async #probe(): Promise<readonly string[]> {
    for (let probes = 1; ; probes += 1) {
      const answer = await this.#ask();
      if (answer === "ended" && probes < MAX_PROBES) continue;
      this.#versions = answer === "ended" ? [] : answer;
      if (this.#versions.length === 0) this.#letGo();
      return this.#versions;
    }
  }

  #ask(): Promise<readonly string[] | "ended"> {
    const { promise, resolve } = Promise.withResolvers<readonly string[] | "ended">();
    const timer = setTimeout(resolve, this.#parts.probeMs, []);
    this.obtain().request(asksModern(this.#parts.version), {
      message: () => false,
      answer: (text) => resolve(offeredVersions(text)),
      fail: () => resolve("ended"),
    });
    return promise.finally(() => clearTimeout(timer));
  }

  /** A child that heard a request before `initialize` is no good for a session any more. */
  #letGo(): void {
    void this.#member?.stop();
    this.#member = undefined;
  }

  // Security: what a child says to nobody in particular may be about one client's call, so nobody hears it.
  #unrelated({ id, method }: ChildMessage): void {
    this.#parts.onUnmatched();
    if (id === undefined || method === undefined) return;
    const error = { code: -32_601, message: "no client can be asked: the modern era has no such requests" };
    this.current?.send(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
  }
}
