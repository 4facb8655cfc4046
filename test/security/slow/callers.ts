/** Well-behaved callers, and how long they wait. */

import { Agent, request } from "node:http";

import { SAFE } from "../bypass/vector.ts";

const CALLERS = 4;

export class Callers {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  readonly #ports = new Set<number>();
  #waits: number[] = [];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  /** The local ports of all their connections, closed ones included. */
  get ports(): ReadonlySet<number> {
    return this.#ports;
  }

  start(): void {
    this.#running = Promise.all(Array.from({ length: CALLERS }, () => this.#callAgainAndAgain()));
  }

  /** The 99th percentile of the waits since the last call, in milliseconds. */
  p99(): number {
    const waits = this.#waits.toSorted((one, other) => one - other);
    this.#waits = [];
    return waits[Math.floor(waits.length * 0.99)] ?? Infinity;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #callAgainAndAgain(): Promise<void> {
    while (!this.#isOver) {
      const startedAt = performance.now();
      await this.#call();
      this.#waits.push(performance.now() - startedAt);
    }
  }

  #call(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const headers = { "content-type": "application/json", "content-length": SAFE.length };
    const outgoing = request(this.#url, { method: "POST", agent: this.#agent, headers }, (response) => {
      response.resume().on("end", resolve);
    });
    outgoing.on("socket", (socket) => {
      const note = (): void => void this.#ports.add(socket.localPort ?? 0);
      if (socket.connecting) socket.once("connect", note);
      else note();
    });
    outgoing.on("error", reject).end(SAFE);
    return promise;
  }
}
