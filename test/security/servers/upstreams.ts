/** The kinds of upstream that every vector is sent to, each a real server that executes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePorts } from "../../fixtures/free-port.ts";
import type { Listener } from "../../fixtures/servers/loopback.ts";
import type { Toolchain } from "../toolchain.ts";
import { parseExecution, type Execution } from "./execution.ts";
import { startSdkV1 } from "./sdk-v1.ts";
import { startSdkV2 } from "./sdk-v2.ts";

export interface ExecutingUpstream {
  /** The MCP endpoint. */
  readonly url: string;
  /** All so far, in the order in which they ran. */
  readonly executions: () => readonly Execution[];
  readonly close: () => Promise<void>;
}

export interface UpstreamKind {
  readonly name: string;
  readonly start: (toolchain: Toolchain) => Promise<ExecutingUpstream>;
  /** Left out of a quick run: its part of the toolchain takes too long to make. */
  readonly isSlow?: true;
}

const FOLDER = import.meta.dirname;
const PYTHON_SERVER = resolve(FOLDER, "python/server.py");
const FASTMCP_SERVER = resolve(FOLDER, "python/fastmcp_server.py");
const JAVA_FLAGS = ["-XX:TieredStopAtLevel=1", "-cp"];
const JAVA_MAIN = "executing.Executing";

const HTTP_UPSTREAMS: readonly UpstreamKind[] = [
  { name: "SDK v1, express.json()", start: () => inProcess((record) => startSdkV1(record, true)) },
  { name: "SDK v1, its own parser", start: () => inProcess((record) => startSdkV1(record, false)) },
  { name: "SDK v2", start: () => inProcess(startSdkV2) },
  { name: "Python SDK", start: ({ python }) => program(python, [PYTHON_SERVER, "http"]) },
  { name: "Go SDK", start: ({ goProgram }) => program(goProgram, ["sdk"]) },
  { name: "Go encoding/json", start: ({ goProgram }) => program(goProgram, ["plain"]) },
  { name: "mcp-go", start: ({ goProgram }) => program(goProgram, ["mcp-go"]) },
  { name: "Java SDK", start: ({ javaClasses }) => program("java", [...JAVA_FLAGS, javaClasses, JAVA_MAIN]) },
  { name: "FastMCP", start: ({ fastmcp }) => program(fastmcp, [FASTMCP_SERVER, "http"]), isSlow: true },
  { name: "rmcp", start: ({ rustProgram }) => program(rustProgram, []), isSlow: true },
];

export function httpUpstreams(isQuick: boolean): readonly UpstreamKind[] {
  return HTTP_UPSTREAMS.filter(({ isSlow }) => !isQuick || isSlow === undefined);
}

export interface StdioKind {
  readonly name: string;
  readonly command: (toolchain: Toolchain) => readonly string[];
}

export const STDIO_UPSTREAMS: readonly StdioKind[] = [
  { name: "SDK v1 over stdio", command: () => [process.execPath, resolve(FOLDER, "sdk-v1.ts")] },
  { name: "Python SDK over stdio", command: ({ python }) => [python, PYTHON_SERVER, "stdio"] },
  { name: "Go encoding/json over stdio", command: ({ goProgram }) => [goProgram, "lines"] },
];

async function inProcess(
  start: (record: (execution: Execution) => void) => Promise<Listener>,
): Promise<ExecutingUpstream> {
  const executed: Execution[] = [];
  const { origin, close } = await start((execution) => executed.push(execution));
  return { url: `${origin}/mcp`, executions: () => executed, close };
}

async function program(command: string, args: readonly string[]): Promise<ExecutingUpstream> {
  const [port] = await freePorts(1);
  const record = new Record();
  const child = spawn(command, [...args, String(port)], {
    stdio: "ignore",
    env: { ...process.env, RECORD_FILE: record.file },
  });
  const exited = once(child, "exit");
  const end = (): void => void child.kill("SIGKILL");
  // Kill the server even when the runner ends by an uncaught error.
  process.once("exit", end);
  await Promise.race([
    accepting(Number(port)),
    exited.then(() => Promise.reject(new Error(`${command} ended`))),
  ]);
  const close = async (): Promise<void> => {
    process.removeListener("exit", end);
    end();
    await exited;
    record.remove();
  };
  return { url: `http://127.0.0.1:${port}/mcp`, executions: () => record.read(), close };
}

async function accepting(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(50);
  }
}

/** The file that a server in another process writes its executions to; each read begins where the last one ended. */
export class Record {
  readonly file: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "executions-"));
  readonly #descriptor: number;
  readonly #executions: Execution[] = [];
  #unended = "";
  #isOpen = true;

  constructor() {
    this.file = join(this.#folder, "record.jsonl");
    this.#descriptor = openSync(this.file, "a+");
  }

  read(): readonly Execution[] {
    if (!this.#isOpen) return this.#executions;
    const buffer = Buffer.alloc(65_536);
    for (
      let length = readSync(this.#descriptor, buffer);
      length > 0;
      length = readSync(this.#descriptor, buffer)
    ) {
      const lines = (this.#unended + buffer.toString("utf8", 0, length)).split("\n");
      this.#unended = lines.pop() ?? "";
      this.#executions.push(...lines.map(parseExecution));
    }
    return this.#executions;
  }

  /** Deletes the file; the executions stay readable. */
  remove(): void {
    this.read();
    this.#isOpen = false;
    closeSync(this.#descriptor);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
