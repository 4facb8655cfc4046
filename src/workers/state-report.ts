/** The state of this worker, as the supervising process knows it. */

import type { Channel } from "./channel.ts";
import type { FromWorker, WorkerState } from "./messages.ts";

/** Sends the state of this worker when it has changed. */
export class StateReport {
  readonly #channel: Channel<FromWorker>;
  #state: WorkerState = { because: ["it starts"], streams: 0, isUpstreamUp: false, isUpstreamExposed: false };
  #sent = "";
  areOthersReady = true;

  constructor(channel: Channel<FromWorker>) {
    this.#channel = channel;
  }

  set(change: Partial<WorkerState>): void {
    this.#state = { ...this.#state, ...change };
    const text = JSON.stringify(this.#state);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#channel.send({ kind: "state", ...this.#state });
  }
}
