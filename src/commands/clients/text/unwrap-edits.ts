/** The edits that take Tollgate from before a server: the exact opposite of `wrap-edits.ts`. */

import type { ConfigNode } from "./config-tree.ts";
import type { StdioServer } from "./servers.ts";
import type { TextEdit } from "./text-edits.ts";
import { SCRIPT_SHELL } from "./wrap-edits.ts";
import { wrappedCommand } from "./wrapped-command.ts";

/** How the entry was wrapped, which the text does not show. */
export interface WrapNote {
  /** Whether the entry had no `args`. */
  readonly isListAdded: boolean;
  /** Whether the command is started by the shell of Windows. */
  readonly isScript: boolean;
}

/** None when the entry is not wrapped. Changes that were made to the server's own arguments since then stay. */
export function unwrapStdio(text: string, server: StdioServer, note: WrapNote): readonly TextEdit[] {
  const { command, args, list } = server;
  const wrapped = wrappedCommand(
    command.text,
    args.map((arg) => arg.text),
  );
  if (wrapped === undefined || list === undefined) return [];
  const at = wrapped.own.length + (note.isScript && isShell(wrapped.server) ? SCRIPT_SHELL.length : 0);
  const original = args[at];
  if (original === undefined) return [];
  const replaced = {
    start: command.start,
    end: command.end,
    text: text.slice(original.start, original.end),
  };
  const next = args[at + 1];
  if (next === undefined && note.isListAdded) {
    const added = addedList(text, server);
    if (added !== undefined) return [added, replaced];
  }
  const [first = original] = args;
  return [{ start: first.start, end: next?.start ?? afterComma(text, original), text: "" }, replaced];
}

function isShell(words: readonly string[]): boolean {
  return SCRIPT_SHELL.every((word, index) => words[index] === word);
}

/** The whole member `args`, where it still stands directly before the command. */
function addedList(text: string, { commandMember, list }: StdioServer): TextEdit | undefined {
  if (list === undefined) return undefined;
  const start = list.member.keyStart;
  const between = text.slice(list.node.end, commandMember.keyStart);
  return start < commandMember.keyStart && /^\s*,?\s*$/.test(between)
    ? { start, end: commandMember.keyStart, text: "" }
    : undefined;
}

/** The position after a value and the comma that follows it. */
function afterComma(text: string, { end }: ConfigNode): number {
  const [found = ""] = /^\s*,/.exec(text.slice(end)) ?? [];
  return end + found.length;
}
