/** Summarises one line of a stdio server. */

import { type Buffer, isUtf8 } from "node:buffer";
import type { MessageFields } from "../../../mcp/message-fields.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";

/** Summarises one line of a stdio server; undefined when it is not a JSON-RPC message and must not pass. */
export function summarizeLine(line: Buffer, fields?: MessageFields): MessageSummary | undefined {
  if (!isUtf8(line)) return undefined;
  const skimmer = new MessageSkimmer(fields);
  skimmer.push(line);
  const summary = skimmer.end();
  const { isWellFormed, isJsonRpc, method, id, hasResult, hasError } = summary;
  if (!isWellFormed || !isJsonRpc) return undefined;
  const isResponse = hasResult || hasError;
  if (method !== undefined) return isResponse ? undefined : summary;
  return isResponse && (id !== undefined || hasError) ? summary : undefined;
}
