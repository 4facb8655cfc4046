/** All children of one command: how many there may be, when one may be started, and the one that waits for its first use. */

import { type Child, type ChildCommand, startChild } from "../child/child.ts";
import { ChildError } from "../child/child-error.ts";
import { UpstreamError } from "../../upstream.ts";
import { Restarts } from "./restart-backoff.ts";
import { type ChildMessageDropped, type Owner, ChildMultiplexer } from "./child-multiplexer.ts";

export interface ChildrenParts {
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
export interface Member {
  readonly switchboard: ChildMultiplexer;
  /** Whether its end, when nobody asked for it, is a failure of the command; until it is told otherwise it is. */
  restartOnExit: boolean;
  /** Ends the child, which is then not missed. */
  readonly stop: () => Promise<void>;
}

interface Running extends Member {
  readonly child: Child;
  readonly startedAtMs: number;
  isStopped: boolean;
}

export class Children {
  readonly #parts: ChildrenParts;
  readonly #restarts: Restarts;
  readonly #running = new Set<Running>();
  #spare: Running | undefined;
  #isClosed = false;

  constructor(parts: ChildrenParts) {
    this.#parts = parts;
    this.#restarts = new Restarts({ ...parts, onDue: () => this.#startAgain() });
  }

  get size(): number {
    return this.#running.size;
  }

  get isUp(): boolean {
    return this.#restarts.isUp;
  }

  /** Starts the child that the first who needs one will get. @throws ChildError when the command cannot be started */
  async prepare(): Promise<void> {
    this.#spare = this.#start();
    await this.#spare.child.started;
  }

  /** Whether there can be one more child. */
  hasRoom(): boolean {
    return this.#spare !== undefined || this.#running.size < this.#parts.maxChildren;
  }

  /** A child for `owner`. @throws UpstreamError while none may be started */
  take(owner: Owner): Member {
    const spare = this.#spare;
    if (this.#isClosed || (spare === undefined && !(this.#restarts.mayStart && this.hasRoom())))
      throw new UpstreamError("unreachable", false);
    this.#spare = undefined;
    const member = spare ?? this.#start();
    member.switchboard.own(owner);
    return member;
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#restarts.stop();
    await Promise.all(Array.from(this.#running, (member) => member.stop()));
  }

  #startAgain(): void {
    if (this.#spare !== undefined || !this.hasRoom()) return this.#restarts.started();
    this.#parts.onRestart();
    this.#spare = this.#start();
  }

  #start(): Running {
    const { command, onStderr, onDropped, nowMs } = this.#parts;
    const switchboard = new ChildMultiplexer(onDropped);
    const child = startChild(command, {
      onLine: (line) => switchboard.receive(line),
      onExit: () => this.#ended(member),
      onStderr: (line) => onStderr(line, child.pid),
      onLineDropped: (cause, id) => {
        onDropped(cause);
        if (id !== undefined) switchboard.failTooLarge(id);
      },
    });
    const stop = (): Promise<void> => {
      member.isStopped = true;
      return child.stop();
    };
    const member = { child, switchboard, stop, startedAtMs: nowMs(), restartOnExit: true, isStopped: false };
    switchboard.attach(child);
    this.#running.add(member);
    child.started.then(
      () => this.#restarts.started(),
      (error: unknown) => this.#ended(member, error),
    );
    return member;
  }

  #ended(member: Running, error?: unknown): void {
    this.#running.delete(member);
    if (this.#spare === member) this.#spare = undefined;
    if (!this.#isClosed && !member.isStopped && (member.restartOnExit || error instanceof ChildError))
      this.#restarts.failed(member.startedAtMs);
    member.switchboard.end();
  }
}
