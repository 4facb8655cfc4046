/** All children of one command: how many there may be, when one may be started, and the one that waits for its first use. */

import { type Child, type ChildCommand, startChild } from "../child/child.ts";
import { ChildError } from "../child/child-error.ts";
import { UpstreamError } from "../../upstream.ts";
import { RestartBackoff } from "./restart-backoff.ts";
import { type ChildMessageDropped, type ChildOwner, ChildMultiplexer } from "./child-multiplexer.ts";

export interface ChildPoolOptions {
  readonly command: ChildCommand;
  readonly maxChildren: number;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly onChange: (isUp: boolean) => void;
  /** A child was started in the place of one that ended by itself. */
  readonly onRestart: () => void;
  readonly onStderr: (line: string, pid: number | undefined) => void;
  /** What a child wrote on stdout went to nobody. */
  readonly onDropped: (cause: ChildMessageDropped | "too_large") => void;
}

/** A child in use. */
export interface PooledChild {
  readonly multiplexer: ChildMultiplexer;
  /** Whether its end, when nobody asked for it, is a failure of the command; until it is told otherwise it is. */
  restartOnExit: boolean;
  /** Ends the child, which is then not missed. */
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

  constructor(parts: ChildPoolOptions) {
    this.#options = parts;
    this.#backoff = new RestartBackoff({ ...parts, onDue: () => this.#restart() });
  }

  get size(): number {
    return this.#running.size;
  }

  get isUp(): boolean {
    return this.#backoff.isUp;
  }

  /** Starts the child that the first who needs one will get. @throws ChildError when the command cannot be started */
  async startSpare(): Promise<void> {
    this.#spare = this.#start();
    await this.#spare.child.started;
  }

  /** Whether there can be one more child. */
  hasRoom(): boolean {
    return this.#spare !== undefined || this.#running.size < this.#options.maxChildren;
  }

  /** A child for `owner`. @throws UpstreamError while none may be started */
  acquire(owner: ChildOwner): PooledChild {
    const spare = this.#spare;
    if (this.#isClosed || (spare === undefined && !(this.#backoff.canStart && this.hasRoom())))
      throw new UpstreamError("unreachable", false);
    this.#spare = undefined;
    const member = spare ?? this.#start();
    member.multiplexer.setOwner(owner);
    return member;
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#backoff.stop();
    await Promise.all(Array.from(this.#running, (member) => member.stop()));
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
      onExit: () => this.#onEnded(member),
      onStderr: (line) => onStderr(line, child.pid),
      onLineDropped: (cause, id) => {
        onDropped(cause);
        if (id !== undefined) multiplexer.failTooLarge(id);
      },
    });
    const stop = (): Promise<void> => {
      member.isStopped = true;
      return child.stop();
    };
    const member = { child, multiplexer, stop, startedAtMs: nowMs(), restartOnExit: true, isStopped: false };
    multiplexer.attach(child);
    this.#running.add(member);
    child.started.then(
      () => this.#backoff.started(),
      (error: unknown) => this.#onEnded(member, error),
    );
    return member;
  }

  #onEnded(member: Running, error?: unknown): void {
    this.#running.delete(member);
    if (this.#spare === member) this.#spare = undefined;
    if (!this.#isClosed && !member.isStopped && (member.restartOnExit || error instanceof ChildError))
      this.#backoff.failed(member.startedAtMs);
    member.multiplexer.end();
  }
}
