/** What one line of a stdio server is, if it is a message at all. */

import { isUtf8 } from "node:buffer";
import { type Outline, MessageSkimmer } from "./message-skimmer.ts";

/** Undefined when the line is no JSON-RPC message of a server: it must not pass. */
export function summarizeLine(line: Buffer): Outline | undefined {
  if (!isUtf8(line)) return undefined;
  const reading = new MessageSkimmer();
  reading.push(line);
  const outline = reading.end();
  const { isWellFormed, isJsonRpc, method, id, hasResult, hasError } = outline;
  if (!isWellFormed || !isJsonRpc) return undefined;
  const isAnswer = hasResult || hasError;
  if (method !== undefined) return isAnswer ? undefined : outline;
  return isAnswer && (id !== undefined || hasError) ? outline : undefined;
}
