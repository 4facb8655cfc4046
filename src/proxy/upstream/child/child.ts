/** Runs one stdio server as a child process, without a shell and in a process group of its own. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { ChildError } from "./child-error.ts";
import { ChildInput } from "./child-input.ts";
import { type LineBounds, readLines } from "../../../mcp/line-splitter.ts";
import { endGroup, killAtExit, signalGroup } from "./process-group.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import { readStderr } from "./stderr-lines.ts";

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Longest line of stdout in bytes; a longer one is dropped. Absent: 32 MiB. */
  readonly maxLineBytes?: number;
}

/** `too_large`: longer than `maxLineBytes`. */
export type LineDropped = "too_large";

export interface ChildExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit code as a shell reports it: 128 plus the number of the signal. */
export function exitCodeOf({ code, signal }: ChildExit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

export interface ChildEvents {
  /** One line of stdout without its line end; the next one is read after the promise resolves. Must not reject. */
  readonly onLine: (line: Buffer) => void | Promise<void>;
  /** Called once, after the last line, when the child and its group have exited; never for a child that did not start. */
  readonly onExit: (exit: ChildExit) => void;
  /** One line of stderr, bounded in length and rate; not redacted. */
  readonly onStderr: (line: string) => void;
  /** `id` is the id of the response on that line, as `idToken` writes it; undefined for any other message. */
  readonly onLineDropped: (cause: LineDropped, id: string | undefined) => void;
}

export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when the child runs. @throws ChildError `not_started` */
  readonly started: Promise<void>;
  /** Resolves when the line is written to the pipe. It must contain no line break. @throws ChildError */
  readonly send: (line: string) => Promise<void>;
  /** As `send`, in one write with the other lines of this turn of the event loop. @throws ChildError */
  readonly sendBatched: (line: string) => Promise<void>;
  /** Closes stdin, sends the group SIGTERM after `graceMs`, and SIGKILL a second later; resolves after `onExit`. */
  readonly stop: (graceMs?: number) => Promise<void>;
}

const MAX_LINE_BYTES = 32 * 1024 * 1024;
const GRACE_MS = 2_000;
/** Between SIGTERM and SIGKILL. */
const TERM_MS = 1_000;
/** How long pipes are read after the child's exit: a process outside of the group may keep them open. */
const LAST_LINES_MS = 500;
const POLL_MS = 50;

/** Starts the child. A failure rejects `started`. */
export function startChild(command: ChildCommand, events: ChildEvents): Child {
  const child = spawnInGroup(command);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const spawned = waitForSpawn(child, command.command);
  const input = new ChildInput(child.stdin);
  const started = spawned.then(
    () => input.open(),
    (error: unknown) => {
      if (error instanceof ChildError) input.fail(error);
      throw error;
    },
  );
  const ended = spawned.then((pid) => supervise({ child, pid, exited }, command, events));
  // A caller that does not await `started` gets the error from `send`.
  for (const promise of [started, ended]) promise.catch(() => undefined);
  return {
    pid: child.pid,
    started,
    send: (line) => input.send(line),
    sendBatched: (line) => input.sendBatched(line),
    stop: (graceMs = GRACE_MS) => {
      input.flush();
      return stop(child, ended, graceMs);
    },
  };
}

type Process = ChildProcessWithoutNullStreams;

function spawnInGroup({ command, args, environment, cwd }: ChildCommand): Process {
  return spawn(command, args, {
    ...(cwd !== undefined && { cwd }),
    env: environment,
    // Security: a group of its own, so that its descendants end with it and a terminal's signals do not reach it.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}

/** The process id, once the child runs. */
async function waitForSpawn(child: Process, command: string): Promise<number> {
  // Writing to a child that has exited fails `send`.
  child.stdin.on("error", () => undefined);
  try {
    await once(child, "spawn");
    return child.pid ?? Number.NaN;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new ChildError("not_started", `\`${command}\` cannot be started: ${startFailure(code)}`, error);
  }
}

const START_FAILURES: Readonly<Record<string, string>> = {
  E2BIG: "its arguments and its environment are too long; shorten them",
  EACCES: "it may not be executed; check its permissions",
  EAGAIN: "too many processes run; raise their limit",
  EMFILE: "too many files are open; raise the limit of open files",
  ENOENT: "there is no such program; give its path, or one that the PATH leads to",
  ENOEXEC: "it is no program of this system; check that it is complete and for this processor",
  ENOMEM: "there is too little memory; free some",
  ENOTDIR: "a part of its path is a file; check the path",
};

function startFailure(code: string): string {
  return START_FAILURES[code] ?? `the system reports ${code}`;
}

interface Running {
  readonly child: Process;
  readonly pid: number;
  readonly exited: Promise<void>;
}

/** Reads the child's output until its group has exited. */
async function supervise(
  { child, pid, exited }: Running,
  { maxLineBytes: maxBytes = MAX_LINE_BYTES }: ChildCommand,
  { onLine, onLineDropped, onStderr, onExit }: ChildEvents,
): Promise<void> {
  const consumer = { isBusy: false, isDone: false };
  const read = Promise.all([
    readLines(child.stdout, { maxBytes, onTooLong: reportTooLong(onLineDropped) }, async (line) => {
      consumer.isBusy = true;
      await onLine(line);
      consumer.isBusy = false;
    }),
    readStderr(child.stderr, onStderr),
  ]).then(() => {
    consumer.isDone = true;
  });
  const cancelKill = killAtExit(pid);
  await exited;
  await endGroup(pid, TERM_MS);
  cancelKill();
  await Promise.race([read, waitForLastLines(consumer)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  await read;
  onExit({ code: child.exitCode, signal: child.signalCode });
}

/** Skims lines that are too long for the id of a response: its request must fail. */
function reportTooLong(onLineDropped: ChildEvents["onLineDropped"]): LineBounds["onTooLong"] {
  let skimmer = new MessageSkimmer();
  return (part, isEnd) => {
    skimmer.push(part);
    if (!isEnd) return;
    const { id, method } = skimmer.end();
    skimmer = new MessageSkimmer();
    onLineDropped("too_large", method === undefined ? id : undefined);
  };
}

/** Waits until the last lines are read, for `LAST_LINES_MS` at most, not counting the time that `onLine` takes. */
async function waitForLastLines(consumer: {
  readonly isBusy: boolean;
  readonly isDone: boolean;
}): Promise<void> {
  let leftMs = LAST_LINES_MS;
  while (leftMs > 0 && !consumer.isDone) {
    await pause(POLL_MS);
    if (!consumer.isBusy) leftMs -= POLL_MS;
  }
}

async function stop(child: Process, ended: Promise<void>, graceMs: number): Promise<void> {
  child.stdin.end();
  for (const [waitMs, signal] of [
    [graceMs, "SIGTERM"],
    [TERM_MS, "SIGKILL"],
  ] as const) {
    if (await settlesWithin(ended, waitMs)) return;
    // Security: after the exit is reaped, the process id may belong to another process.
    const isAlive = child.exitCode === null && child.signalCode === null;
    if (isAlive && child.pid !== undefined) signalGroup(child.pid, signal);
  }
  await ended.catch(() => undefined);
}

async function settlesWithin(promise: Promise<void>, waitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = pause(waitMs, false, { signal: timer.signal }).catch(() => false);
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, timeout]);
  timer.abort();
  return isSettled;
}
