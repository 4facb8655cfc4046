/** Serves the client at our own stdin and stdout: one line after the other in, and lines out no faster than it reads. */

import type { Readable, Writable } from "node:stream";
import type { StdioRelay } from "../relay/stdio/stdio-relay.ts";
import { MessageSkimmer } from "../../mcp/message-skimmer.ts";
import { requestIdOf } from "../../mcp/refused-request.ts";
import { readLines } from "../../mcp/line-splitter.ts";

/** Reads the client's lines to the end of its input; a line is not read before the last one was relayed. */
export function serveLines(
  input: Readable,
  relay: Pick<StdioRelay, "fromClient" | "refuse">,
  { maxBytes, onFault }: { readonly maxBytes: number; readonly onFault: (error: unknown) => void },
): Promise<void> {
  const orFault = (work: Promise<void>): Promise<void> => work.catch(onFault);
  const detail = `the message is longer than ${maxBytes} bytes`;
  let bytes = 0;
  let skimmer = new MessageSkimmer();
  const onTooLong = (part: Buffer, isEnd: boolean): void => {
    bytes += part.byteLength;
    skimmer.push(part);
    if (!isEnd) return;
    const id = requestIdOf(skimmer.end());
    void orFault(relay.refuse({ cause: "too_large", detail, bytes, id }));
    bytes = 0;
    skimmer = new MessageSkimmer();
  };
  return readLines(input, { maxBytes, onTooLong }, (line) => orFault(relay.fromClient(line)));
}

const LINE_END = Buffer.from("\n");

export class LineOutput {
  readonly #write: Writable["write"];
  #isGone = false;
  /** Writers that wait until the stream takes more. */
  #waiting: (() => void)[] = [];

  /** Calls `onGone` once, when the stream has closed; `write` replaces the method of the stream that was taken away. */
  constructor(stream: Writable, onGone: () => void, write: Writable["write"] = stream.write.bind(stream)) {
    this.#write = write;
    const close = (): void => {
      if (!this.#isGone) onGone();
      this.abandon();
    };
    stream.on("error", close);
    stream.on("close", close);
    stream.on("drain", () => this.#release());
  }

  // Invariant: a line is written in one piece, so that two writers never mix theirs.
  /** Resolves when more can be written, or when the stream has closed; never rejects. */
  write(line: string | Buffer): Promise<void> {
    if (this.#isGone) return Promise.resolve();
    const bytes = typeof line === "string" ? `${line}\n` : Buffer.concat([line, LINE_END]);
    if (this.#write(bytes)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when the stream took every line. */
  async flushed(): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#write("", () => resolve());
    });
  }

  /** Resolves every write, and writes nothing from now on. */
  abandon(): void {
    this.#isGone = true;
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
