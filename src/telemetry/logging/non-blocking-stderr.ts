/** Our stderr when somebody may have stopped reading it: what it does not take is let go of and counted, and nobody waits. */

import type { Writable } from "node:stream";

/** What may wait for a reader, in bytes. */
const MAX_WAITING = 1_048_576;

export interface LineSink {
  /** `line` ends with its line break. */
  readonly write: (line: string) => void;
}

// A synchronous write to a full pipe would stop every call; a client that starts us need not read our stderr.
export function boundedStderr(stream: Writable = process.stderr): LineSink {
  let lost = 0;
  // A stderr that is closed must not end the sidecar.
  stream.on("error", () => undefined);
  return {
    write: (line) => {
      if (stream.writableLength > MAX_WAITING) {
        lost += 1;
        return;
      }
      if (lost > 0) stream.write(`[${lost} lines lost: nobody read them]\n`);
      lost = 0;
      stream.write(line);
    },
  };
}
