/** The edits that put Tollgate before a server, and leave all that the entry says in its place. */

import { type ConfigFormat, type ConfigMember, quote } from "./config-tree.ts";
import type { HttpServer, StdioServer } from "./servers.ts";
import type { TextEdit } from "./text-edits.ts";

/** Words before the command of a server that is a script of Windows, which only a shell can start. */
export const SCRIPT_SHELL = ["cmd.exe", "/d", "/s", "/c"] as const;

export interface WrapCommand {
  /** The program of Tollgate, then its flags; `--` follows. */
  readonly own: readonly string[];
  /** Whether the server's command is started by `SCRIPT_SHELL`. */
  readonly isScript: boolean;
}

/**
 * Puts Tollgate's program in place of the command, and before the first argument its flags, `--` and the command as it was
 * written. The arguments stay, with their comments.
 */
export function wrapStdio(
  text: string,
  format: ConfigFormat,
  server: StdioServer,
  { own: [program = "", ...flags], isScript }: WrapCommand,
): readonly TextEdit[] {
  const { command, list } = server;
  const words = [...flags, "--", ...(isScript ? SCRIPT_SHELL : [])].map(quote).join(", ");
  const written = text.slice(command.start, command.end);
  const replaced = { start: command.start, end: command.end, text: quote(program) };
  if (list === undefined)
    return [addedList(text, format, server.commandMember, `[${words}, ${written}]`), replaced];
  const [first] = list.node.elements;
  if (first === undefined) {
    const at = list.node.start + 1;
    return [{ start: at, end: at, text: `${words}, ${written}` }, replaced];
  }
  const next = separator(text, list.node.start + 1, first.start);
  return [{ start: first.start, end: first.start, text: `${words},${next}${written},${next}` }, replaced];
}

/** Puts another address in place of the server's. */
export function wrapHttp({ address }: HttpServer, url: string): readonly TextEdit[] {
  return [{ start: address.start, end: address.end, text: quote(url) }];
}

/** Adds `args` before the member with the command. */
function addedList(text: string, format: ConfigFormat, member: ConfigMember, list: string): TextEdit {
  const { keyStart: at, keyPrefix, isLine } = member;
  const blank = separator(text, 0, at);
  const name = format === "toml" ? `${keyPrefix}args = ` : `"args": `;
  const end = isLine ? (/[\r\n]/.test(blank) ? blank : "\n") : `,${blank}`;
  return { start: at, end: at, text: `${name}${list}${end}` };
}

/** The line break and the indentation before a position, or one blank where it begins no line. */
function separator(text: string, from: number, at: number): string {
  return /(?:\r\n|\n|\r)[ \t]*$/.exec(text.slice(from, at))?.[0] ?? " ";
}
