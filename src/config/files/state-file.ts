/** A file of our own that outlives the process: read once, and replaced whole at each change. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type * as z from "zod";

export interface StateFile<T> {
  /** What it held at the start; absent where it is new. */
  readonly initial: T | undefined;
  /** Replaces it; what kept it from that, in words, or undefined. It never throws. */
  readonly save: (value: T) => string | undefined;
}

export type OpenedState<T> =
  | { readonly ok: true; readonly file: StateFile<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads now. A file that is there and cannot be understood is a problem: what it held would be forgotten. */
export function openStateFile<T>(path: string, shape: z.ZodType<T>): OpenedState<T> {
  const save = (value: T): string | undefined => replace(path, JSON.stringify(value));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = codeOf(error);
    if (why === "ENOENT") return { ok: true, file: { initial: undefined, save } };
    return { ok: false, problems: [`${path}: cannot be read: ${why}`] };
  }
  const parsed = shape.safeParse(jsonIn(text));
  if (parsed.success) return { ok: true, file: { initial: parsed.data, save } };
  return {
    ok: false,
    problems: [`${path}: is not what was stored there; mend it, or remove it to begin anew`],
  };
}

// Written beside and renamed: who reads it finds the old state or the new one.
function replace(path: string, text: string): string | undefined {
  try {
    // Security: readable by the owner alone.
    const descriptor = openSync(`${path}.new`, "w", 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${path}.new`, path);
    return undefined;
  } catch (error) {
    return `${path}: cannot be written: ${codeOf(error)}`;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
