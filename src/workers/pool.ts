/** The processes of the workers: starts them, starts one again that has ended, and asks all of them. */

import type { Log } from "../telemetry/logging/log.ts";
import { StartError, UNAVAILABLE } from "../sidecar/start-error.ts";
import { Channel, type Port, Waiting } from "./channel.ts";
import type { FromWorker, Question, StartMessage, ToWorker, WorkerState } from "./messages.ts";

/** A process that is starting or serving. */
export interface WorkerProcess extends Port {
  readonly pid: number | undefined;
  readonly kill: () => void;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export type StartProcess = (events: {
  readonly onMessages: (batch: readonly FromWorker[]) => void;
  /** After its last message. */
  readonly onEnd: (end: ProcessEnd) => void;
}) => WorkerProcess;

export interface PoolOptions {
  readonly size: number;
  readonly startProcess: StartProcess;
  readonly log: Log;
  readonly nowMs: () => number;
  /** For the worker of this number. */
  readonly startMessage: (worker: number) => StartMessage;
  /** Called with each message that is no answer and no state. */
  readonly onMessage: (worker: PooledWorker, message: WorkMessage) => void;
  /** Called after its last message. */
  readonly onGone: (worker: PooledWorker) => void;
}

export type WorkMessage = Extract<FromWorker, { kind: "store" | "event" | "note" }>;

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** A worker that served so long has not failed at its start: the next delay is the first one again. */
const STEADY_MS = 60_000;
/** A worker that does not answer in time hides no other. */
const ANSWER_MS = 1_000;

export class PooledWorker {
  readonly number: number;
  readonly process: WorkerProcess;
  readonly channel: Channel<ToWorker>;
  readonly answers = new Waiting<string | undefined>();
  readonly startedAtMs: number;
  state: WorkerState | undefined;
  isUp = false;

  constructor(number: number, process: WorkerProcess, nowMs: number) {
    this.number = number;
    this.process = process;
    this.channel = new Channel(process);
    this.startedAtMs = nowMs;
  }
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #workers = new Map<number, PooledWorker>();
  readonly #failures = new Map<number, number>();
  readonly #first = Promise.withResolvers<string>();
  /** The endpoint, once all workers serve it. */
  #url = "";
  #isStopping = false;
  #wereReady: boolean | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Resolves with the endpoint when every worker serves it. @throws StartError of the first that cannot. */
  start(): Promise<string> {
    for (let number = 1; number <= this.#options.size; number += 1) this.#startWorker(number);
    return this.#first.promise;
  }

  /** The processes that are running, by the number of their worker. */
  pids(): readonly (number | undefined)[] {
    return Array.from(this.#workers.values(), ({ process }) => process.pid);
  }

  sendAll(message: ToWorker): void {
    for (const { channel } of this.#workers.values()) channel.send(message);
  }

  sendOthers(sender: PooledWorker, message: ToWorker): void {
    for (const worker of this.#workers.values()) if (worker !== sender) worker.channel.send(message);
  }

  /** One answer for each worker that is up; undefined from one that does not answer in time. */
  async askAll(question: Question): Promise<readonly (string | undefined)[]> {
    const asked = [...this.#workers.values()].filter(({ isUp }) => isUp);
    return Promise.all(
      asked.map(({ channel, answers }) => {
        const answer = answers.add((id) => channel.send({ kind: "question", id, question }));
        return within(answer, ANSWER_MS);
      }),
    );
  }

  notReadyReasons(): readonly string[] {
    const numbers = Array.from({ length: this.#options.size }, (_, index) => index + 1);
    return numbers.flatMap((number) => {
      const worker = this.#workers.get(number);
      if (worker === undefined || !worker.isUp) return [`worker ${number} does not serve yet`];
      return (worker.state?.because ?? []).map((reason) => `worker ${number}: ${reason}`);
    });
  }

  states(): readonly WorkerState[] {
    return [...this.#workers.values()].flatMap(({ state }) => (state === undefined ? [] : [state]));
  }

  /** Lets all workers drain; kills those that do not end in time. Resolves when all have ended. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    this.sendAll({ kind: "drain" });
    if (this.#workers.size === 0) resolve();
    const timer = setTimeout(() => {
      for (const { process } of this.#workers.values()) process.kill();
    }, deadlineMs);
    await promise;
    clearTimeout(timer);
  }

  #startWorker(number: number): void {
    const { startProcess, startMessage, nowMs } = this.#options;
    const worker: PooledWorker = new PooledWorker(
      number,
      startProcess({
        onMessages: (batch) => {
          for (const message of batch) this.#receive(worker, message);
        },
        onEnd: (end) => this.#ended(worker, end),
      }),
      nowMs(),
    );
    this.#workers.set(number, worker);
    worker.channel.send(startMessage(number));
  }

  #receive(worker: PooledWorker, message: FromWorker): void {
    switch (message.kind) {
      case "answer":
        return worker.answers.resolve(message.id, message.value);
      case "state": {
        const { kind: _kind, ...state } = message;
        worker.state = state;
        return this.#tellReadiness();
      }
      case "up":
        worker.isUp = true;
        this.#url = message.url;
        if ([...this.#workers.values()].every(({ isUp }) => isUp)) this.#first.resolve(this.#url);
        return this.#tellReadiness();
      case "failed":
        return this.#fail(worker, message.problems, message.exitCode);
      case "store":
      case "event":
      case "note":
        return this.#options.onMessage(worker, message);
    }
  }

  #fail({ number }: PooledWorker, problems: readonly string[], exitCode: number): void {
    this.#options.log.error({ worker: number, problems }, "a worker cannot start");
    this.#first.reject(new StartError(problems, exitCode));
  }

  /** Each worker's own readiness says no more than that of all of them. */
  #tellReadiness(): void {
    const isReady = this.notReadyReasons().length === 0;
    if (isReady === this.#wereReady) return;
    this.#wereReady = isReady;
    this.sendAll({ kind: "ready", isReady });
  }

  #ended(worker: PooledWorker, { code, signal }: ProcessEnd): void {
    const { log, nowMs, onGone } = this.#options;
    const { number } = worker;
    this.#workers.delete(number);
    worker.answers.resolveAll(undefined);
    onGone(worker);
    if (this.#workers.size === 0) this.#onEmpty?.();
    if (this.#isStopping) return;
    this.#first.reject(new StartError([`worker ${number} has ended at its start`], UNAVAILABLE));
    this.#tellReadiness();
    const steady = nowMs() - worker.startedAtMs >= STEADY_MS;
    const failures = steady ? 0 : (this.#failures.get(number) ?? 0);
    this.#failures.set(number, failures + 1);
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
    log.error({ worker: number, code, signal, startsAgainInMs: delayMs }, "a worker has ended");
    setTimeout(() => {
      if (!this.#isStopping) this.#startWorker(number);
    }, delayMs).unref();
  }
}

async function within<T>(answer: Promise<T | undefined>, limitMs: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limitMs);
  const first = await Promise.race([answer, late.promise]);
  clearTimeout(timer);
  return first;
}
