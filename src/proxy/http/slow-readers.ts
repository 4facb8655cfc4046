/** Cuts connections whose client does not take what was sent to it, so that nobody holds our memory by not reading. */

import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface SlowReaderBounds {
  /** How long a client may take next to nothing of what waits for it. */
  readonly unreadMs: number;
  readonly onCut: () => void;
}

/** A large answer may take longer than `unreadMs`, as long as this many bytes a second would. */
const MIN_BYTES_PER_SECOND = 16 * 1024;
/** What counts as taking something: whoever takes less in `unreadMs` reads to hold, not to read. */
const MIN_PROGRESS_BYTES = 64 * 1024;
const SWEEP_MS = 1_000;

interface Waiting {
  readonly takenBytes: number;
  readonly sinceMs: number;
}

// One sweep over all connections: no timer for each answer.
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
      const takenBytes = socket.bytesWritten - waitingBytes;
      if (waitingBytes === 0) sockets.set(socket, undefined);
      else if (before === undefined || takenBytes - before.takenBytes >= MIN_PROGRESS_BYTES)
        sockets.set(socket, { takenBytes, sinceMs: nowMs });
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
