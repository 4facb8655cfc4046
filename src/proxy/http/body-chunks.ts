/** A body as the chunks in which it arrived. */

import type { ClientResponse } from "./client-response.ts";

export function totalBytes(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** The chunks as one buffer; a single chunk is not copied. */
export function concatChunks(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Ends a response with these chunks in one write, without copying them. */
export function endWithChunks(downstream: ClientResponse, chunks: readonly Buffer[]): void {
  downstream.cork();
  for (const chunk of chunks.slice(0, -1)) downstream.write(chunk);
  downstream.end(chunks.at(-1));
}
