/** Questions to one sidecar that wait for their answers. */

import type { SidecarReport } from "./messages.ts";

/** Calls after some milliseconds; the returned function stops it. */
export type Later = (call: () => void, ms: number) => () => void;

type Answer = SidecarReport | string | undefined;

/** Shorter than the time that Prometheus gives a scrape, so that one sidecar that hangs hides no other. */
const TIMEOUT_MS = 4_000;

export class Questions {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #later: Later;
  #lastId = 0;

  constructor(later: Later) {
    this.#later = later;
  }

  /** `send` sends the question under its id. Resolves with undefined when there is no answer in time. */
  ask(send: (id: number) => void): Promise<Answer> {
    const id = (this.#lastId += 1);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const cancel = this.#later(() => this.answer(id, undefined), TIMEOUT_MS);
    this.#waiting.set(id, (answer) => {
      cancel();
      resolve(answer);
    });
    send(id);
    return promise;
  }

  answer(id: number, answer: Answer): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  /** The sidecar is gone: no question is answered. */
  drop(): void {
    for (const id of this.#waiting.keys()) this.answer(id, undefined);
  }
}
