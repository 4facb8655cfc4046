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
