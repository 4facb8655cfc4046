/** Writes a response under the id that its request had: some servers answer the request 7 with the id "7". */

import { setMember } from "../json/edit-json.ts";
import { readJson } from "../json/read-json.ts";

/** Higher than for a client's message: a response is bounded in bytes already. */
const BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000, maxNumberLength: 1_024 };

/** The message with this id, a token; unchanged when it cannot be read. */
export function withOwnId(text: string, id: string): string {
  const read = readJson(text, BOUNDS);
  return read.ok ? setMember(read.minified, ["id"], id) : text;
}

/** The bytes at the end of a message in which its id is looked for. */
export const ID_AT_END_BYTES = 1_024;

/** An id as text or number, and after it nothing but the version, the end of the message and blanks. */
const ID_AT_END = /("id"\s*:\s*)("(?:-?\d{1,20})"|-?\d{1,20})(\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*)$/;

/** The end of a message with this id, a token; unchanged when its id stands elsewhere. */
export function endWithOwnId(end: Buffer, id: string): Buffer {
  const text = end.toString("latin1");
  return ID_AT_END.test(text) ? Buffer.from(text.replace(ID_AT_END, `$1${id}$3`), "latin1") : end;
}
