/** Receives the body of a request, within bounds for one message and for all that are still arriving. */

import type { IncomingMessage } from "node:http";

/** The whole body, or the reason why there is none; `gone`: the client left. */
export type ReceivedBody = Buffer | "too_large" | "no_room" | "gone";

/** Bytes of all messages that are still arriving. */
export interface ArrivingBytes {
  bytes: number;
  readonly max: number;
}

/** Calls `done` once. */
export function receiveBody(
  request: IncomingMessage,
  arriving: ArrivingBytes,
  maxBytes: number,
  done: (body: ReceivedBody) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isSettled = false;
  const settle = (body: ReceivedBody): void => {
    if (isSettled) return;
    isSettled = true;
    arriving.bytes -= bytes;
    done(body);
  };
  request.on("data", (chunk: Buffer) => {
    if (isSettled) return;
    bytes += chunk.byteLength;
    arriving.bytes += chunk.byteLength;
    if (bytes > maxBytes) return settle("too_large");
    if (arriving.bytes > arriving.max) return settle("no_room");
    chunks.push(chunk);
  });
  request.on("end", () =>
    settle(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
  );
  const leave = (): void => settle("gone");
  request.on("close", leave);
  request.on("error", leave);
  // The client may have left while its credentials were checked.
  if (request.destroyed) settle("gone");
}
