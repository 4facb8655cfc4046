/** The request that a line of a stdio server answers which cannot be read: its client gets an error, and does not wait. */

import { MessageSkimmer } from "./message-skimmer.ts";

/** The id of a response, as a token, from bytes that are no message; undefined when there is none. */
export function unreadableResponseId(line: Buffer): string | undefined {
  const skimmer = new MessageSkimmer();
  skimmer.push(line);
  const { id, method, isJsonRpc, hasResult, hasError } = skimmer.end();
  // A line of a log may have an id, too.
  return isJsonRpc && method === undefined && (hasResult || hasError) ? id : undefined;
}

/** The other form of an id: `"7"` for 7, and 7 for `"7"`; undefined for any other text. */
export function otherForm(id: string): string | undefined {
  if (/^-?\d+$/.test(id)) return `"${id}"`;
  return /^"-?\d+"$/.test(id) ? id.slice(1, -1) : undefined;
}
