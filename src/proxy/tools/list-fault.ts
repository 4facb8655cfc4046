/** Says which tool of a list cannot be read, and why. */

import { readJson } from "../../json/read-json.ts";
import { FAILURES } from "../upstream-failure.ts";
import { LIST_BOUNDS } from "./tools-list-filter.ts";

const NAME = /"name"\s*:\s*"((?:[^"\\]|\\.){1,100})"/;
const MAX_SEARCHED_BYTES = 64 * 1024;
const LIST = /"tools"\s*:\s*\[/;

/** Whether bytes that cannot be read look like a list of tools. */
export function isToolList(bytes: Buffer): boolean {
  return LIST.test(bytes.toString("latin1", 0, MAX_SEARCHED_BYTES));
}

/** The failure of a server, as a predicate: "sent a tool list that cannot be read: tools[1] ("x"): a number is too long". */
export function listFailure(text: string): string {
  const read = readJson(text, LIST_BOUNDS);
  if (read.ok) return FAILURES.unreadable;
  const place = toolAt(text, read.offset);
  return `sent a tool list that cannot be read: ${place === undefined ? "" : `${place}: `}${read.detail}`;
}

/** The element of the list around `offset`, as in `tools[1] ("x")`; undefined when it is outside of the list. */
function toolAt(text: string, offset: number): string | undefined {
  const list = LIST.exec(text);
  if (list === null || list.index > offset) return undefined;
  let depth = 0;
  let index = -1;
  let start = 0;
  for (let at = list.index + list[0].length; at < offset && depth >= 0; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at);
    else if (character === "{" || character === "[") {
      if (depth === 0) [index, start] = [index + 1, at];
      depth += 1;
    } else if (character === "}" || character === "]") depth -= 1;
  }
  if (index < 0 || depth < 0) return undefined;
  const name = NAME.exec(text.slice(start))?.[1];
  return name === undefined ? `tools[${index}]` : `tools[${index}] ("${name}")`;
}

/** Where the string that begins at `at` ends. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}
