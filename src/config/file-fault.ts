/** Says in plain words why a file cannot be read or written, and what to do about it. */

import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { didYouMean } from "../policy/schema/did-you-mean.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied; give the user that runs Tollgate access to it",
  EISDIR: "it is a directory; name a file",
  ELOOP: "its symbolic links form a circle; correct them",
  EMFILE: "too many files are open; raise the limit of open files",
  ENOENT: "no such file; check the path",
  ENOSPC: "the disk is full; free some space",
  ENOTDIR: "a part of its path is a file; check the path",
  EPERM: "permission denied; give the user that runs Tollgate access to it",
  Z_BUF_ERROR: "its compressed data ends too early; copy the whole file",
  Z_DATA_ERROR: "its compressed data is damaged; copy the file again",
  EROFS: "the file system is read-only; choose another path",
};

/** A problem of the form `path: cannot be read: reason; what to do`, from an error of node:fs. */
export function readProblem(path: string, error: unknown): string {
  return `${path}: ${readFault(error)}${errorCode(error) === "ENOENT" ? nearestFile(path) : ""}`;
}

/** A file of the same folder whose name is near. */
function nearestFile(path: string): string {
  try {
    return didYouMean(basename(path), readdirSync(dirname(path)));
  } catch {
    return "";
  }
}

/** The same without the path, for a place that is named in another way. */
export function readFault(error: unknown): string {
  return `cannot be read: ${reasonFor(errorCode(error))}`;
}

export function writeProblem(path: string, error: unknown): string {
  const code = errorCode(error);
  const reason = code === "ENOENT" ? "no such directory; create it" : reasonFor(code);
  return `${path}: cannot be written: ${reason}`;
}

/** The code of an error of Node, such as `ENOENT`; undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function reasonFor(code: string | undefined): string {
  if (code === undefined) return "unknown error";
  return REASONS[code] ?? `the system reports ${code}`;
}
