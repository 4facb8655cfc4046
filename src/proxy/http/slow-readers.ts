/** Cuts connections whose client does not read its responses, which would hold memory without limit. */

import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface SlowReaderBounds {
  /** How long a client may read less than `MIN_PROGRESS_BYTES` of the bytes that wait for it. */
  readonly unreadMs: number;
  readonly onCut: () => void;
}

/** Extends `unreadMs` for a large response to the time that it takes at this rate. */
const MIN_BYTES_PER_SECOND = 16 * 1024;
/** A client that reads less in `unreadMs` makes no progress. */
const MIN_PROGRESS_BYTES = 64 * 1024;
const SWEEP_MS = 1_000;

interface Waiting {
  readonly readBytes: number;
  readonly sinceMs: number;
}

// One timer for all connections: a timer for each response costs more.
/** Watches every connection of the server for as long as it listens. */
export function cutSlowReaders(server: Server, { unreadMs, onCut }: SlowReaderBounds): void {
  const sockets = new Map<Socket, Waiting | undefined>();
  server.on("connection", (socket: Socket) => {
    sockets.set(socket, undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  const sweep = (): void => {
    const nowMs = performance.now();
    for (const [socket, before] of sockets) {
      const waitingBytes = socket.writableLength;
      const readBytes = socket.bytesWritten - waitingBytes;
      if (waitingBytes === 0) sockets.set(socket, undefined);
      else if (before === undefined || readBytes - before.readBytes >= MIN_PROGRESS_BYTES)
        sockets.set(socket, { readBytes, sinceMs: nowMs });
      else if (nowMs - before.sinceMs >= Math.max(unreadMs, minimumRateMs(waitingBytes))) {
        onCut();
        socket.destroy();
      }
    }
  };
  let timer: NodeJS.Timeout | undefined;
  server.once("listening", () => {
    timer = setInterval(sweep, Math.min(SWEEP_MS, unreadMs)).unref();
  });
  server.once("close", () => clearInterval(timer));
}

function minimumRateMs(bytes: number): number {
  return (bytes / MIN_BYTES_PER_SECOND) * 1_000;
}
