/** The request that a line of a stdio server answers which cannot be read: its client gets an error, and does not wait. */

import { MessageSkimmer } from "./message-skimmer.ts";

/** The requests that wait for the server, by the token of their id. */
export interface WaitingRequests {
  readonly has: (id: string) => boolean;
  /** The id of the request that waits alone; undefined when several wait, or none. */
  readonly only: string | undefined;
}

/** A line from which more is not looked for. */
const MAX_SEARCHED_BYTES = 1024 * 1024;
const ID = /"id"\s*:\s*("(?:[^"\\]|\\.){0,256}"|-?\d{1,20})/g;
const IS_RESPONSE = /"(?:result|error)"\s*:/;

/** The id of the waiting request that these bytes answer, though they are no message; undefined when they answer none. */
export function unreadableResponseId(line: Buffer, waiting: WaitingRequests): string | undefined {
  const skimmer = new MessageSkimmer();
  skimmer.push(line);
  const { id, method, isJsonRpc, hasResult, hasError, errorCode } = skimmer.end();
  // A line of a log may have an id and an error, too.
  const isResponse = isJsonRpc
    ? method === undefined || hasResult || hasError
    : hasResult || errorCode !== undefined;
  if (isResponse && id !== undefined) return waitingId(id, waiting);
  return isResponse || isBrokenResponse(line) ? idAnywhere(line, waiting) : undefined;
}

/** Whether the line is meant as a response, or as a batch of them: no log has these words. */
function isBrokenResponse(line: Buffer): boolean {
  const text = line.toString("latin1", 0, MAX_SEARCHED_BYTES).trimStart();
  return (
    /^[[{]/.test(text) && text.includes('"jsonrpc"') && IS_RESPONSE.test(text) && !text.includes('"method"')
  );
}

/** The one id of the line that a request waits for; else the request that waits alone. */
function idAnywhere(line: Buffer, waiting: WaitingRequests): string | undefined {
  const text = line.toString("latin1", 0, MAX_SEARCHED_BYTES);
  const found = Array.from(text.matchAll(ID), ([, token = ""]) => waitingId(token, waiting));
  const ids = new Set(found.filter((id) => id !== undefined));
  const [id] = ids;
  return ids.size === 1 ? id : waiting.only;
}

/** The id as the request had it. */
function waitingId(id: string, waiting: WaitingRequests): string | undefined {
  if (waiting.has(id)) return id;
  const other = otherForm(id);
  return other !== undefined && waiting.has(other) ? other : undefined;
}

/** The other form of an id: `"7"` for 7, and 7 for `"7"`; undefined for any other text. */
export function otherForm(id: string): string | undefined {
  if (/^-?\d+$/.test(id)) return `"${id}"`;
  return /^"-?\d+"$/.test(id) ? id.slice(1, -1) : undefined;
}
