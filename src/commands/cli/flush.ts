/** Waits for output that is still on its way: a pipe takes 64 KiB at a time, and the end of the process drops the rest. */

import type { Writable } from "node:stream";

/** Resolves when the streams have written everything, when their reader is gone, or after `mostMs`. Never rejects. */
export async function flushed(streams: readonly Writable[], mostMs = Infinity): Promise<void> {
  await Promise.all(streams.map((stream) => flush(stream, mostMs)));
}

async function flush(stream: Writable, mostMs: number): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    if (Number.isFinite(mostMs)) setTimeout(resolve, mostMs);
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
