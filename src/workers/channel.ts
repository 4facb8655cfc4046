/** One end of the IPC channel: the messages of one turn of the event loop are sent as one. */

/** The part of a process that sends and receives. */
export interface Port {
  /** Calls `onSent` when the message is written, or cannot be. */
  readonly send: (batch: readonly unknown[], onSent: () => void) => void;
}

export class Channel<Out> {
  readonly #port: Port;
  #batch: Out[] = [];
  #isScheduled = false;

  constructor(port: Port) {
    this.#port = port;
  }

  // Invariant: after the turn in which sockets are read, so that all calls of that turn share one write.
  send(message: Out): void {
    this.#batch.push(message);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => void this.flush());
  }

  /** Resolves when everything that was sent before is written. */
  flush(): Promise<void> {
    this.#isScheduled = false;
    const batch = this.#batch;
    this.#batch = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    if (batch.length === 0) resolve();
    else this.#port.send(batch, resolve);
    return promise;
  }
}

/** Answers that are waited for, by the number of their question. */
export class Waiting<Answer> {
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #last = 0;

  /** `ask` sends the question under its number. */
  add(ask: (id: number) => void): Promise<Answer> {
    const id = (this.#last += 1);
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.set(id, answer);
    ask(id);
    return answer.promise;
  }

  resolve(id: number, answer: Answer): void {
    this.#take(id)?.resolve(answer);
  }

  reject(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  resolveAll(answer: Answer): void {
    for (const id of this.#waiting.keys()) this.resolve(id, answer);
  }

  #take(id: number): PromiseWithResolvers<Answer> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
