/** The children of one command: bounds their number, restarts them with backoff and keeps one spare child ready. */

import type { OutgoingHttpHeaders } from "node:http";
import { UpstreamError } from "../../upstream.ts";
import { type Child, type ChildCommand, startChild } from "../child/child.ts";
import { ChildError } from "../child/child-error.ts";
import { type ChildMessageDropped, ChildMultiplexer, type ChildOwner } from "./child-multiplexer.ts";
import { RestartBackoff } from "./restart-backoff.ts";

export interface ChildPoolOptions {
  readonly command: ChildCommand;
  readonly maxChildren: number;
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onChange: (isUp: boolean) => void;
  /** Called when a child is started in place of one that ended by itself. */
  readonly onRestart: () => void;
  readonly onStderr: (line: string, pid: number | undefined) => void;
  /** Called for each line of stdout that reaches no client. */
  readonly onDropped: (cause: ChildMessageDropped | "too_large") => void;
}

/** A child in use. */
export interface PooledChild {
  readonly multiplexer: ChildMultiplexer;
  /** Whether the child's exit counts as a failure of the command; true at first. */
  restartOnExit: boolean;
  /** Receives the headers of each message of its session; absent when the server is sent none. */
  readonly onHeaders?: (headers: OutgoingHttpHeaders) => void;
  /** Stops the child, which is not restarted. */
  readonly stop: () => Promise<void>;
}

interface Running extends PooledChild {
  readonly child: Child;
  readonly startedAtMs: number;
  isStopped: boolean;
}

export class ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #backoff: RestartBackoff;
  readonly #running = new Set<Running>();
  #spare: Running | undefined;
  #isClosed = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    const { nowMs, random, onChange } = options;
    this.#backoff = new RestartBackoff({ nowMs, random, onChange, onDue: () => this.#restart() });
  }

  get size(): number {
    return this.#running.size;
  }

  get isUp(): boolean {
    return this.#backoff.isUp;
  }

  /** Starts the child that the first `acquire` returns. @throws ChildError when the command cannot be started */
  async startSpare(): Promise<void> {
    this.#spare = this.#start();
    await this.#spare.child.started;
  }

  /** Whether one more child may be acquired. */
  hasRoom(): boolean {
    return this.#spare !== undefined || this.#running.size < this.#options.maxChildren;
  }

  /** The spare child, or a new one. @throws UpstreamError while none may be started */
  acquire(owner: ChildOwner): PooledChild {
    const spare = this.#spare;
    if (this.#isClosed || (spare === undefined && !(this.#backoff.canStart && this.hasRoom())))
      throw new UpstreamError("unreachable", false);
    this.#spare = undefined;
    const child = spare ?? this.#start();
    child.multiplexer.setOwner(owner);
    return child;
  }

  /** Stops every child. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#backoff.stop();
    await Promise.all(Array.from(this.#running, (running) => running.stop()));
  }

  #restart(): void {
    if (this.#spare !== undefined || !this.hasRoom()) return this.#backoff.started();
    this.#options.onRestart();
    this.#spare = this.#start();
  }

  #start(): Running {
    const { command, onStderr, onDropped, nowMs } = this.#options;
    const multiplexer = new ChildMultiplexer(onDropped);
    const child = startChild(command, {
      onLine: (line) => multiplexer.receive(line),
      onExit: () => this.#onEnded(running),
      onStderr: (line) => onStderr(line, child.pid),
      onLineDropped: (cause, id) => {
        onDropped(cause);
        if (id !== undefined) multiplexer.failTooLarge(id);
      },
    });
    const stop = (): Promise<void> => {
      running.isStopped = true;
      return child.stop();
    };
    const running = { child, multiplexer, stop, startedAtMs: nowMs(), restartOnExit: true, isStopped: false };
    multiplexer.attach(child);
    this.#running.add(running);
    child.started.then(
      () => this.#backoff.started(),
      (error: unknown) => this.#onEnded(running, error),
    );
    return running;
  }

  #onEnded(running: Running, error?: unknown): void {
    this.#running.delete(running);
    if (this.#spare === running) this.#spare = undefined;
    if (!this.#isClosed && !running.isStopped && (running.restartOnExit || error instanceof ChildError))
      this.#backoff.failed(running.startedAtMs);
    running.multiplexer.end();
  }
}
