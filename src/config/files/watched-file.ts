/** Files that are polled while the program runs: their bytes are compared, and the last good reading is kept. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { errorCode, readProblem } from "../file-fault.ts";

export type FileReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Calls `poll` every `everyMs` until the returned function is called; it keeps no process alive. */
export type Schedule = (poll: () => void, everyMs: number) => () => void;

export interface WatchOptions<T> {
  /** Read together, as one value: such as a certificate and its key. */
  readonly paths: readonly string[];
  /** Parses the bytes of each file, in order. Its problems name the file. */
  readonly parse: (...bytes: readonly Buffer[]) => FileReading<T>;
}

export interface WatchEvents<T> {
  readonly onChanged?: (value: T) => void;
  /** Called once for each bad state of the files; the last good reading stays in force. */
  readonly onProblems?: (problems: readonly string[]) => void;
}

export interface WatchedFile<T> {
  /** The last good reading. */
  readonly current: () => T;
  /** Reads now, and accepts a change at once: the caller asserts that the files are complete. */
  readonly poll: () => void;
  /** Why the present state of the files is not in force; empty when it is. */
  readonly problems: () => readonly string[];
  /** Polls every second. A change is accepted when two polls in a row see it. Returns the function that stops it. */
  readonly start: (events?: WatchEvents<T>, schedule?: Schedule) => () => void;
}

export type OpenedFile<T> =
  | { readonly ok: true; readonly file: WatchedFile<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

const POLL_MS = 1_000;

/** Reads now. Files that cannot be read or parsed at the start are problems, and are not watched. */
export function openWatchedFile<T>({ paths, parse }: WatchOptions<T>): OpenedFile<T> {
  let accepted = readAll(paths);
  const first = parseSnapshot(accepted, parse);
  if (!first.ok) return first;
  let current = first.value;
  let problems: readonly string[] = [];
  let events: WatchEvents<T> = {};
  let lastDigest: string | undefined;
  const check = (isComplete: boolean): void => {
    const now = readAll(paths);
    // Security: a half-written file may be a valid policy that allows more.
    const isConfirmed = isComplete || now.digest === lastDigest;
    lastDigest = now.digest;
    if (!isConfirmed || now.digest === accepted.digest) return;
    accepted = now;
    const reading = parseSnapshot(now, parse);
    problems = reading.ok ? [] : reading.problems;
    if (!reading.ok) return events.onProblems?.(reading.problems);
    current = reading.value;
    events.onChanged?.(current);
  };
  const start: WatchedFile<T>["start"] = (given = {}, schedule = everyInterval) => {
    events = given;
    return schedule(() => check(false), POLL_MS);
  };
  const poll = (): void => check(true);
  return { ok: true, file: { current: () => current, poll, problems: () => problems, start } };
}

// Kubernetes swaps a symlink, and watchers of the file system miss the second swap: bytes are compared instead.
const everyInterval: Schedule = (poll, everyMs) => {
  const timer = setInterval(poll, everyMs).unref();
  return () => clearInterval(timer);
};

interface FilesSnapshot {
  /** Of all files; a file that cannot be read counts by the code of its error. */
  readonly digest: string;
  readonly bytes: readonly Buffer[];
  readonly problems: readonly string[];
}

function readAll(paths: readonly string[]): FilesSnapshot {
  const hash = createHash("sha256");
  const bytes: Buffer[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      const read = readFileSync(path);
      bytes.push(read);
      hash.update(`${read.byteLength}:`).update(read);
    } catch (error) {
      problems.push(readProblem(path, error));
      hash.update(`!${errorCode(error)}`);
    }
  }
  return { digest: hash.digest("hex"), bytes, problems };
}

function parseSnapshot<T>(
  { bytes, problems }: FilesSnapshot,
  parse: WatchOptions<T>["parse"],
): FileReading<T> {
  return problems.length > 0 ? { ok: false, problems } : parse(...bytes);
}

/** Reads a file once, as text. */
export function readText(path: string): FileReading<string> {
  try {
    return { ok: true, value: readFileSync(path, "utf8") };
  } catch (error) {
    return { ok: false, problems: [readProblem(path, error)] };
  }
}
