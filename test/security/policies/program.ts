/** A stdio server under attack, alone or behind Tollgate: one request at a time, in the text that the case is written in. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";

/** Only a server that hangs takes as long. */
const ANSWER_MS = 120_000;
const INITIALIZE = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "policy-attacks", version: "1.0.0" },
};

export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, (line: string) => void>();
  #lastId = 0;
  #errors = "";

  constructor([program = "", ...args]: readonly string[], folder: string) {
    this.#process = spawn(program, args, { cwd: folder });
    this.#exited = once(this.#process, "close");
    this.#process.stdin.on("error", () => undefined);
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    let rest = "";
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#receive(line);
    });
  }

  async initialize(): Promise<void> {
    await this.#ask("initialize", JSON.stringify(INITIALIZE));
    this.#write(`{"jsonrpc":"2.0","method":"notifications/initialized"}`);
    await this.#ask("tools/list", "{}");
  }

  /** Returns the line of the response. */
  call(tool: string, args: string): Promise<string> {
    return this.#ask("tools/call", `{"name":${JSON.stringify(tool)},"arguments":${args}}`);
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(timer);
  }

  #receive(line: string): void {
    const id = idOf(line, this.#lastId);
    if (id === undefined) return;
    this.#waiting.get(id)?.(line);
    this.#waiting.delete(id);
  }

  #write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** @throws Error when no response comes: the leg would prove nothing. */
  async #ask(method: string, params: string): Promise<string> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string): void =>
      reject(new Error(`${why} for ${method} ${params.slice(0, 200)}: ${this.#errors}`));
    const timer = setTimeout(fail, ANSWER_MS, "no response");
    void this.#exited.then(() => fail("the program ended"));
    this.#waiting.set(id, resolve);
    this.#write(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    return promise.finally(() => clearTimeout(timer));
  }
}

/** The id of a response of ours; requests of the server have a method. Null is the answer to a line that could not be read. */
function idOf(line: string, last: number): number | undefined {
  try {
    const message: unknown = JSON.parse(line);
    if (typeof message !== "object" || message === null || "method" in message || !("id" in message)) return;
    if (message.id === null) return last;
    return typeof message.id === "number" ? message.id : undefined;
  } catch {
    return undefined;
  }
}
