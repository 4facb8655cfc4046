/** The one child that all clients of the modern era share, and what is known of the era that the command speaks. */

import type { ChildMessage } from "./child-message.ts";
import type { Children, Member } from "./children.ts";
import { asksModern, isModernAnswer } from "./era-probe.ts";
import type { Switchboard } from "./switchboard.ts";

export interface SharedChildParts {
  readonly children: Children;
  /** Our own version, which the child is told. */
  readonly version: string;
  /** How long a child may think about the question which era it speaks. */
  readonly probeMs: number;
  /** Of a message that belongs to no client. */
  readonly onUnclaimed: () => void;
}

/** A child that ends when it is asked is asked once more: the end may have had another cause. */
const MAX_PROBES = 2;

export class SharedChild {
  readonly #parts: SharedChildParts;
  #member: Member | undefined;
  #isModern: boolean | undefined;
  #probing: Promise<boolean> | undefined;

  constructor(parts: SharedChildParts) {
    this.#parts = parts;
  }

  /** Whether the command speaks the modern era; asked of a child once. @throws UpstreamError */
  speaksModern(): Promise<boolean> {
    if (this.#isModern !== undefined) return Promise.resolve(this.#isModern);
    this.#probing ??= this.#probe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** The child, started when there is none. @throws UpstreamError while none may be started */
  obtain(): Switchboard {
    this.#member ??= this.#take();
    // That a child which speaks no modern era ends when it is asked is no failure of the command.
    this.#member.isMissed = this.#isModern === true;
    return this.#member.switchboard;
  }

  /** The child, when there is one. */
  get current(): Switchboard | undefined {
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

  async #probe(): Promise<boolean> {
    for (let probes = 1; ; probes += 1) {
      const answer = await this.#ask();
      if (answer === "ended" && probes < MAX_PROBES) continue;
      this.#isModern = answer === "modern";
      if (!this.#isModern) this.#letGo();
      return this.#isModern;
    }
  }

  #ask(): Promise<"modern" | "legacy" | "ended"> {
    const { promise, resolve } = Promise.withResolvers<"modern" | "legacy" | "ended">();
    const timer = setTimeout(resolve, this.#parts.probeMs, "legacy");
    this.obtain().request(asksModern(this.#parts.version), {
      message: () => false,
      answer: (text) => resolve(isModernAnswer(text) ? "modern" : "legacy"),
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
    this.#parts.onUnclaimed();
    if (id === undefined || method === undefined) return;
    const error = { code: -32_601, message: "no client can be asked: the modern era has no such requests" };
    this.current?.send(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
  }
}
