/** Notices that a file, which is open, was deleted or replaced under its name. */

import { fstatSync, statSync } from "node:fs";

export type FileFate = "same" | "replaced" | "deleted";

/** `deleted` when the open file has no name left, so that its lines are lost; `replaced` when it has another name. */
export function fateOf(descriptor: number, path: string): FileFate {
  try {
    const open = fstatSync(descriptor);
    const named = statSync(path, { throwIfNoEntry: false });
    if (named !== undefined && named.ino === open.ino && named.dev === open.dev) return "same";
    return open.nlink === 0 ? "deleted" : "replaced";
  } catch {
    // A folder that may not be read tells nothing about the file.
    return "same";
  }
}
