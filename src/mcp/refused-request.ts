/** The id of a request that is refused, as far as it can be read: the answer with it costs the client one call, and not its session. */

import { type MessageSummary, stringOfToken } from "./message-summary.ts";
import { PROTOCOL_VERSION_KEY } from "./message.ts";
import { MessageSkimmer } from "./message-skimmer.ts";

const MAX_ID_LENGTH = 256;

export interface RefusedRequestId {
  /** As a token; undefined for no request, and for an id that is none. */
  readonly id: string | undefined;
  /** Whether the message claims a revision in `_meta`, as the modern era does, which demands a status of 400. */
  readonly isModern: boolean;
}

/** Reads the id of a message that was refused. */
export function refusedRequestId(bytes: Uint8Array): RefusedRequestId {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const skimmer = new MessageSkimmer();
  skimmer.push(text);
  return { id: requestIdOf(skimmer.end()), isModern: text.includes(`"${PROTOCOL_VERSION_KEY}"`) };
}

/** The id of a request, as a token; undefined for any other message. */
export function requestIdOf({ isWellFormed, isJsonRpc, ...message }: MessageSummary): string | undefined {
  const { method, id, hasResult, hasError } = message;
  // Security: an error under the id of a response could be taken for the response to a request of the client.
  if (!isWellFormed || !isJsonRpc || method === undefined || hasResult || hasError || id === undefined)
    return undefined;
  const text = stringOfToken(id);
  const isId = text === undefined ? Number.isSafeInteger(Number(id)) : text.length <= MAX_ID_LENGTH;
  return isId ? id : undefined;
}
