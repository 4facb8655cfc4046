/** Writes what `plan-unwrap.ts` planned: the whole backup where a file is as wrap left it, else only the entries. */

import { readFileSync, rmSync } from "node:fs";
import { readProblem, writeProblem } from "../../config/file-fault.ts";
import { replaceProblem, replaceText } from "./file-text.ts";
import type { PlannedFile } from "./plan-wrap.ts";
import { type ClientsState, digestOf, writePrivate, writeState } from "./state.ts";
import { applyEdits } from "./text/text-edits.ts";
import { editUpText, readUpFile, upFile } from "./up-file.ts";
import type { StoredState } from "./write-wrap.ts";

export interface UnwrapResult {
  /** The problem that stopped it; the files before it are written. */
  readonly problem?: string;
  /** Files that had changed since they were wrapped, with the backup that stays. */
  readonly changed: readonly { readonly path: string; readonly backup: string }[];
}

export function writeUnwrap(
  folder: string,
  files: readonly PlannedFile[],
  stored: StoredState,
): UnwrapResult {
  const blocked = files
    .map(({ file }) => replaceProblem(file.target))
    .find((problem) => problem !== undefined);
  if (blocked !== undefined) return { problem: blocked, changed: [] };
  const changed: { path: string; backup: string }[] = [];
  let { state, text } = stored;
  for (const planned of files) {
    const { file } = planned;
    const restored = restoredText(planned, state);
    const problem =
      "problem" in restored ? restored.problem : replaceText(file.target, file.text, restored.text);
    if (problem !== undefined) return { problem, changed };
    const next = withoutEntries(planned, state, "text" in restored ? restored.text : file.text);
    const failed = text === "" ? undefined : writeState(folder, text, next);
    if (failed !== undefined) return { problem: failed, changed };
    const backup = state.files[file.target]?.backup;
    if (backup !== undefined && next.files[file.target] === undefined) {
      if ("isExact" in restored && restored.isExact) rmSync(backup, { force: true });
      else changed.push({ path: file.path, backup });
    }
    const gone = state.entries.filter((entry) => !next.entries.includes(entry));
    const upProblem = removeUp(
      folder,
      gone.flatMap((entry) => (entry.kind === "http" ? [entry.server] : [])),
    );
    if (upProblem !== undefined) return { problem: upProblem, changed };
    [state, text] = [next, `${JSON.stringify(next, null, 2)}\n`];
  }
  return { changed };
}

type Restored = { readonly text: string; readonly isExact: boolean } | { readonly problem: string };

function restoredText({ file, entries }: PlannedFile, state: ClientsState): Restored {
  const edited = applyEdits(
    file.text,
    entries.flatMap(({ edits }) => edits),
  );
  const known = state.files[file.target];
  const places = new Set(entries.map(({ path }) => JSON.stringify(path)));
  const isWhole = state.entries.every(
    (entry) => entry.file !== file.target || places.has(JSON.stringify(entry.path)),
  );
  if (known === undefined || !isWhole || known.digest !== digestOf(file.text))
    return { text: edited, isExact: false };
  try {
    return { text: readFileSync(known.backup, "utf8"), isExact: true };
  } catch (error) {
    return { problem: readProblem(known.backup, error) };
  }
}

/** The state without the entries, and without those that the file no longer has; a file without entries is forgotten. */
function withoutEntries({ file, entries }: PlannedFile, state: ClientsState, after: string): ClientsState {
  const there = new Set(file.servers.map(({ path }) => JSON.stringify(path)));
  const places = new Set(entries.map(({ path }) => JSON.stringify(path)));
  const kept = state.entries.filter(
    ({ file: target, path }) =>
      target !== file.target || (there.has(JSON.stringify(path)) && !places.has(JSON.stringify(path))),
  );
  const { [file.target]: known, ...others } = state.files;
  const isLeft = kept.some((entry) => entry.file === file.target);
  const isAsWritten = known?.digest === digestOf(file.text);
  const left =
    known === undefined || !isLeft
      ? {}
      : { [file.target]: { ...known, digest: isAsWritten ? digestOf(after) : known.digest } };
  return { ...state, files: { ...others, ...left }, entries: kept };
}

/** Takes servers out of the file of `tollgate up`; a file without servers is removed. */
function removeUp(folder: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const path = upFile(folder);
  try {
    const text = readUpFile(folder);
    if (text === "") return undefined;
    const next = editUpText(text, {}, names);
    if (next === undefined) return `${path}: is no YAML mapping; correct it`;
    if (!/^servers:\s*\{\s*\}\s*$/m.test(next)) return writePrivate(path, next);
    rmSync(path);
    return undefined;
  } catch (error) {
    return writeProblem(path, error);
  }
}
