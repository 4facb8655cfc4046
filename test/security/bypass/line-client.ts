/** A client of a stdio program that sends bytes unchanged and waits until the program has handled all of them. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";

const INITIALIZE = {
  jsonrpc: "2.0",
  id: "initialize",
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bypass", version: "1.0.0" },
  },
};
const LONGEST_MS = 15_000;

export class LineClient {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  #lines: string[] = [];
  #awaited: { id: string; done: () => void } | undefined;
  #fences = 0;

  constructor([program = "", ...args]: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#process = spawn(program, args, { env: { ...process.env, ...environment } });
    this.#exited = once(this.#process, "close");
    this.#process.stderr.resume();
    this.#process.stdin.on("error", () => undefined);
    // node:readline also ends lines at U+2028, which MCP does not.
    let rest = "";
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#receive(line);
    });
  }

  #receive(line: string): void {
    if (this.#awaited !== undefined && line.includes(`"${this.#awaited.id}"`)) return this.#awaited.done();
    this.#lines.push(line);
  }

  async initialize(): Promise<void> {
    await this.#ask("initialize", JSON.stringify(INITIALIZE));
    this.#write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  }

  /** Sends bytes and a line break, then a ping. Returns the lines that came until the ping was answered. */
  async send(bytes: Buffer): Promise<readonly string[]> {
    this.#lines = [];
    this.#write(bytes);
    this.#fences += 1;
    const id = `fence-${this.#fences}`;
    await this.#ask(id, JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }));
    return this.#lines;
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), LONGEST_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #write(bytes: Buffer | string): void {
    this.#process.stdin.write(bytes);
    this.#process.stdin.write("\n");
  }

  /** @throws Error when no response comes: the program is dead, and the leg proves nothing. */
  async #ask(id: string, line: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no answer to ${id}`)), LONGEST_MS);
    this.#awaited = { id, done: resolve };
    this.#write(line);
    await promise.finally(() => clearTimeout(timer));
  }
}
