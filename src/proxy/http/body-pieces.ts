/** A body in the pieces that it came in: its length, its bytes as one, and the end of a response with it. */

import type { ServerResponse } from "node:http";

/** The sum of their lengths. */
export function totalBytes(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** The pieces as one; the very same when there is one. */
export function concatChunks(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/** Writes the last of an answer at once, without joining it. */
export function endWithChunks(downstream: ServerResponse, pieces: readonly Buffer[]): void {
  downstream.cork();
  for (const piece of pieces.slice(0, -1)) downstream.write(piece);
  downstream.end(pieces.at(-1));
}
