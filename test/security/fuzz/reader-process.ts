/** A reader of JSON in another process, asked by lines of base64. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export class ReaderProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<unknown>;
  readonly #answers: string[] = [];
  #rest = "";
  #isEnded = false;
  #onChange: () => void = () => undefined;

  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exited = once(this.#process, "exit");
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      this.#answers.push(...lines);
      this.#onChange();
    });
    this.#process.stdout.on("end", () => {
      this.#isEnded = true;
      this.#onChange();
    });
  }

  /** One answer for each document, in order. @throws Error when the process has ended */
  async read(lines: string, count: number): Promise<readonly string[]> {
    this.#process.stdin.write(lines);
    while (this.#answers.length < count) {
      if (this.#isEnded) throw new Error("a reader has ended");
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    return this.#answers.splice(0, count);
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#exited;
  }
}
