/** Reads and replaces configuration files: whole texts, byte for byte, by way of a temporary file. */

import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  fsyncSync,
  openSync,
  closeSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errorCode, readProblem, writeProblem } from "../../config/file-fault.ts";

export type FileReading =
  | { readonly kind: "missing" }
  | { readonly kind: "problem"; readonly problem: string }
  /** `target` is the file itself where the path is a symbolic link. */
  | { readonly kind: "text"; readonly target: string; readonly text: string };

/** A byte order mark stays in the text. */
export function readConfigFile(path: string): FileReading {
  try {
    const target = realpathSync(path);
    const bytes = readFileSync(target);
    return {
      kind: "text",
      target,
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    };
  } catch (error) {
    if (error instanceof TypeError)
      return { kind: "problem", problem: `${path}: is not UTF-8; save it as UTF-8` };
    if (errorCode(error) === "ENOENT") return { kind: "missing" };
    return { kind: "problem", problem: readProblem(path, error) };
  }
}

const OWNER_WRITES = 0o200;

/** Why a file must not be replaced; undefined when it may be. A rename would also replace a file that is read-only. */
export function replaceProblem(target: string): string | undefined {
  return (statSync(target).mode & OWNER_WRITES) === 0
    ? `${target}: is read-only; make it writable, or leave its client out with --client`
    : undefined;
}

/** Replaces a file that still has the text `before`; keeps its mode and, where that is allowed, its owner. Returns the problem, if any. */
export function replaceText(target: string, before: string, after: string): string | undefined {
  const now = readConfigFile(target);
  if (now.kind === "problem") return now.problem;
  if (now.kind === "missing" || now.text !== before)
    return `${target}: has changed since it was read, and was left as it is; run the command again`;
  try {
    const { mode, uid, gid } = statSync(target);
    writeAtomically(target, after, mode & 0o7777, { uid, gid });
    return undefined;
  } catch (error) {
    return writeProblem(target, error);
  }
}

/** Writes by way of a file beside it, so that no reader sees half of the text. @throws the error of node:fs */
export function writeAtomically(
  target: string,
  text: string,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
): void {
  const part = join(dirname(target), `.tollgate-${randomUUID()}`);
  try {
    const file = openSync(part, "wx", 0o600);
    try {
      writeFileSync(file, text);
      // The file of a client is the only copy of its owner's work.
      if (owner !== undefined) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (owner !== undefined) keepOwner(part, owner);
    chmodSync(part, mode);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function keepOwner(part: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    chownSync(part, uid, gid);
  } catch {
    // Only the superuser may give a file away; anyone else owns it already.
  }
}
