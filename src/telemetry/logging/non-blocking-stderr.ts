/** Stderr that never blocks: it drops and counts lines while the pipe is full. */

import type { Writable } from "node:stream";

/** Bytes that may be buffered for a reader. */
const MAX_BUFFERED_BYTES = 1_048_576;

export interface LineSink {
  /** `line` ends with its line break. */
  readonly write: (line: string) => void;
}

/** For a wrapped server: its client may not read stderr, and a synchronous write to a full pipe would stop every call. */
export function boundedStderr(stream: Writable = process.stderr): LineSink {
  let dropped = 0;
  // A closed stderr must not end the sidecar.
  stream.on("error", () => undefined);
  return {
    write: (line) => {
      if (stream.writableLength > MAX_BUFFERED_BYTES) {
        dropped += 1;
        return;
      }
      if (dropped > 0) stream.write(`[${dropped} lines dropped: stderr was not read]\n`);
      dropped = 0;
      stream.write(line);
    },
  };
}
