/** A reader of JSON in another process, asked by lines of base64. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export class ReaderProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exited = once(this.#process, "exit");
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** One answer for each document, in order. @throws Error when the process has ended */
  async read(lines: string, count: number): Promise<readonly string[]> {
    this.#process.stdin.write(lines);
    const answers: string[] = [];
    while (answers.length < count) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new Error("a reader has ended");
      answers.push(value);
    }
    return answers;
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#exited;
  }
}
