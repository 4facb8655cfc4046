/** A file that Tollgate keeps state in: read once at the start, and replaced as a whole at each change. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type * as z from "zod";
import { errorCode, readProblem, writeProblem } from "../file-fault.ts";

export interface StateFile<T> {
  /** Its content at the start; undefined when the file is new. */
  readonly initial: T | undefined;
  /** Replaces the content. Returns the problem when that fails, else undefined; never throws. */
  readonly save: (value: T) => string | undefined;
}

export type OpenedState<T> =
  | { readonly ok: true; readonly file: StateFile<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads now. A file with unreadable content is a problem: to ignore it would lose its state. */
export function openStateFile<T>(path: string, shape: z.ZodType<T>): OpenedState<T> {
  const save = (value: T): string | undefined => replaceFile(path, JSON.stringify(value));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { ok: true, file: { initial: undefined, save } };
    return { ok: false, problems: [readProblem(path, error)] };
  }
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return { ok: true, file: { initial: parsed.data, save } };
  return {
    ok: false,
    problems: [
      `${path}: is not what was stored there; restore it from a backup, or remove it to start without its state`,
    ],
  };
}

/**
 * Replaces the content of a file, which only its owner can read. Returns the problem when that fails, else undefined.
 * The text is written to a second file and renamed, so that a reader finds the old content or the new one, and no mixture.
 */
export function replaceFile(path: string, text: string): string | undefined {
  try {
    // Security: readable only by its owner.
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
    return writeProblem(path, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
