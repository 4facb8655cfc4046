/** Files that are read again while the program runs: by comparing bytes, and keeping the last good reading. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export type FileReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Calls `poll` every `everyMs` until the returned function is called; it keeps no process alive. */
export type Schedule = (poll: () => void, everyMs: number) => () => void;

export interface WatchOptions<T> {
  /** Read together: they change as one, such as a certificate and its key. */
  readonly paths: readonly string[];
  /** From the bytes of each, in order. Its problems name the file. */
  readonly parse: (...bytes: readonly Buffer[]) => FileReading<T>;
}

export interface WatchEvents<T> {
  readonly onChanged?: (value: T) => void;
  /** Hears once of each state of the files that is bad; the last good reading stays in force. */
  readonly onProblems?: (problems: readonly string[]) => void;
}

export interface WatchedFile<T> {
  /** The last good reading. */
  readonly current: () => T;
  /** Looks now, and believes what it sees: somebody says that the files are whole. */
  readonly poll: () => void;
  /** Why the files as they are now are not in force; empty when they are. */
  readonly problems: () => readonly string[];
  /** Looks every second from now on; a change counts when it was seen twice, since a file may be half written. Returns the way to stop. */
  readonly start: (events?: WatchEvents<T>, repeat?: Schedule) => () => void;
}

export type OpenedFile<T> =
  | { readonly ok: true; readonly file: WatchedFile<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

const POLL_MS = 1_000;

/** Reads now; what cannot be read or parsed at the start is a problem, and nothing is watched. */
export function openWatchedFile<T>({ paths, parse }: WatchOptions<T>): OpenedFile<T> {
  let seen = readAll(paths);
  const first = parseSnapshot(seen, parse);
  if (!first.ok) return first;
  let current = first.value;
  let problems: readonly string[] = [];
  let events: WatchEvents<T> = {};
  /** What was seen the last time, and was new then. */
  let unconfirmedDigest: string | undefined;
  const look = (isWhole: boolean): void => {
    const now = readAll(paths);
    // Security: half a file may be a valid policy, and a looser one.
    const isSettled = isWhole || now.digest === unconfirmedDigest;
    unconfirmedDigest = now.digest;
    if (!isSettled || now.digest === seen.digest) return;
    seen = now;
    const reading = parseSnapshot(now, parse);
    problems = reading.ok ? [] : reading.problems;
    if (!reading.ok) return events.onProblems?.(reading.problems);
    current = reading.value;
    events.onChanged?.(current);
  };
  const start: WatchedFile<T>["start"] = (heard = {}, repeat = everyInterval) => {
    events = heard;
    return repeat(() => look(false), POLL_MS);
  };
  const poll = (): void => look(true);
  return { ok: true, file: { current: () => current, poll, problems: () => problems, start } };
}

// Kubernetes swaps a symlink, and watchers of the file system miss the second swap: bytes are compared instead.
const everyInterval: Schedule = (poll, everyMs) => {
  const timer = setInterval(poll, everyMs).unref();
  return () => clearInterval(timer);
};

interface FilesSnapshot {
  /** Of all files; a file that cannot be read counts by the reason. */
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
      const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
      problems.push(`${path}: cannot be read: ${why}`);
      hash.update(`!${why}`);
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
