/** Writes what `plan-wrap.ts` planned: policies, backups, the record, and the files of the clients, one after the other. */

import { basename, join } from "node:path";
import { readProblem } from "../../config/file-fault.ts";
import { replaceProblem, replaceText } from "./file-text.ts";
import type { PlannedFile, WrapPlan } from "./plan-wrap.ts";
import { unwrappedText } from "./plan-unwrap.ts";
import { type ClientsState, digestOf, writePrivate, writeState } from "./state.ts";
import { applyEdits } from "./text/text-edits.ts";
import { editUpText, readUpFile, upFile } from "./up-file.ts";

export interface StoredState {
  readonly state: ClientsState;
  /** The text of its file; empty when there is none. */
  readonly text: string;
}

/** Returns the problem that stopped it, if any; the files before it are written. */
export function writeWrap(folder: string, plan: WrapPlan, stored: StoredState): string | undefined {
  const blocked = plan.files
    .map(({ file }) => replaceProblem(file.target))
    .find((problem) => problem !== undefined);
  if (blocked !== undefined) return blocked;
  for (const { path, text = "" } of plan.policies) {
    const problem = writePrivate(path, text);
    if (problem !== undefined) return problem;
  }
  let current: StoredState = stored;
  for (const planned of plan.files) {
    const next = wrapFile(folder, { planned, policies: plan.policyNames }, current);
    if (typeof next === "string") return next;
    current = next;
  }
  return Object.keys(plan.up).length === 0 ? undefined : writeUp(folder, plan);
}

/** The state comes first: a file that is wrapped is always remembered. */
function wrapFile(
  folder: string,
  { planned, policies }: { readonly planned: PlannedFile; readonly policies: ClientsState["policies"] },
  { state, text }: StoredState,
): StoredState | string {
  const { file, entries } = planned;
  const after = applyEdits(
    file.text,
    entries.flatMap(({ edits }) => edits),
  );
  const backup = backupOf(folder, planned, state);
  const problem = backup.text === undefined ? undefined : writePrivate(backup.path, backup.text);
  if (problem !== undefined) return problem;
  const added = entries.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const places = new Set(added.map(({ path }) => JSON.stringify(path)));
  const kept = state.entries.filter(
    (entry) => entry.file !== file.target || !places.has(JSON.stringify(entry.path)),
  );
  const next: ClientsState = {
    version: 1,
    files: { ...state.files, [file.target]: { backup: backup.path, digest: digestOf(after) } },
    entries: [...kept, ...added],
    policies,
  };
  const nextText = `${JSON.stringify(next, null, 2)}\n`;
  const failed = writeState(folder, text, next);
  if (failed !== undefined) return failed;
  const refused = replaceText(file.target, file.text, after);
  if (refused === undefined) return { state: next, text: nextText };
  return [refused, writeState(folder, nextText, state)].filter(Boolean).join("; ");
}

/** The backup of a file that is as wrap left it, or a new one of the text without our entries. */
function backupOf(
  folder: string,
  { file }: PlannedFile,
  state: ClientsState,
): { readonly path: string; readonly text?: string } {
  const known = state.files[file.target];
  if (known?.digest === digestOf(file.text)) return { path: known.backup };
  const text = unwrappedText(file, state);
  const name = `${file.client.id}-${digestOf(file.target + text).slice(0, 12)}-${basename(file.target)}`;
  return { path: join(folder, "backups", name), text };
}

function writeUp(folder: string, { up }: WrapPlan): string | undefined {
  const path = upFile(folder);
  try {
    const text = editUpText(readUpFile(folder), up, []);
    return text === undefined ? `${path}: is no YAML mapping; correct it` : writePrivate(path, text);
  } catch (error) {
    return readProblem(path, error);
  }
}
