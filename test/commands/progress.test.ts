/** Commands that take over two seconds say on a terminal that they still work, and clear the line before their output. */

import { PassThrough, Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import type { CommandIo } from "../../src/commands/cli/command.ts";
import { runLabels } from "../../src/commands/labels.ts";
import { runPolicy } from "../../src/commands/policy.ts";
import { serve, temporaryFile } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";

const CLEAR = "\r\u001b[2K";
const POLICY = { version: "1", default: "deny", tools: { search: {} } };

class Terminal extends Writable {
  readonly isTTY: boolean;
  readonly #chunks: string[];

  constructor(chunks: string[], isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.#chunks = chunks;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}

/** Both streams of a command; `chunks` has what it wrote, in order. */
function terminal(isTTY = true): { readonly chunks: string[]; readonly io: CommandIo } {
  const chunks: string[] = [];
  const stream = new Terminal(chunks, isTTY);
  return { chunks, io: { stdout: stream, stderr: stream } };
}

type Reply = (result: unknown) => void;

/** A server whose list of tools comes when the test releases it. */
async function slowServer() {
  const asked = Promise.withResolvers<() => void>();
  const { url } = await serve((body, response) => {
    const message: { readonly id?: number; readonly method?: string } = body === "" ? {} : JSON.parse(body);
    const reply: Reply = (result) =>
      sendJson(response, JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
    if (message.method === "initialize")
      reply({
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "slow", version: "1" },
      });
    else if (message.method === "tools/list")
      asked.resolve(() => reply({ tools: [{ name: "search", inputSchema: { type: "object" } }] }));
    else response.writeHead(message.method === undefined ? 405 : 202).end();
  });
  return { url, asked: asked.promise };
}

function expectClearedLine(chunks: readonly string[], line: string): void {
  expect(chunks.slice(0, 2)).toEqual([`${CLEAR}${line}`, CLEAR]);
  expect(chunks.slice(2).join("")).not.toBe("");
  expect(chunks.slice(2).join("")).not.toContain(CLEAR);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const SERVER_COMMANDS = [
  ["labels", (url, io) => runLabels(["--upstream", url], io)],
  ["policy init", (url, io) => runPolicy(["init", "--upstream", url], io)],
  ["policy check", (url, io) => runPolicy(["check", temporaryFile("p.json", POLICY), "--upstream", url], io)],
  [
    "policy explain",
    (url, io) =>
      runPolicy(["explain", temporaryFile("p.json", POLICY), "--tool", "search", "--upstream", url], io),
  ],
  [
    "policy learn",
    (url, io) => runPolicy(["learn", "--audit", temporaryFile("audit.jsonl", ""), "--upstream", url], io),
  ],
] as const satisfies readonly (readonly [string, (url: string, io: CommandIo) => Promise<number>])[];

describe("a command that waits for a slow server", () => {
  it.each(SERVER_COMMANDS)("shows a line after two seconds: %s", async (_name, run) => {
    const { url, asked } = await slowServer();
    const { chunks, io } = terminal();
    const running = run(url, io);
    const release = await asked;
    vi.advanceTimersByTime(1_000);
    expect(chunks).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(chunks).toHaveLength(1);
    release();
    await running;
    expectClearedLine(chunks, "waiting for the tools of the server (2 s)");
  });

  it.each(SERVER_COMMANDS)("shows no line where stderr is no terminal: %s", async (_name, run) => {
    const { url, asked } = await slowServer();
    const { chunks, io } = terminal(false);
    const running = run(url, io);
    const release = await asked;
    vi.advanceTimersByTime(10_000);
    expect(chunks).toEqual([]);
    release();
    await running;
    expect(chunks.join("")).not.toContain(CLEAR);
  });
});

describe("a command that reads a long audit log", () => {
  const key = temporaryFile("audit.key", "00");
  it.each([
    ["query", ["query", "--audit", "-"], "reading, 2 records (2 s)"],
    ["verify", ["verify", "--audit", "-", "--key", key], "checking, 0 records (2 s)"],
  ])("shows a line after two seconds: audit %s", async (_name, argv, line) => {
    const { chunks, io } = terminal();
    const stdin = new PassThrough();
    const running = runAudit(argv, { ...io, stdin, env: {} });
    stdin.write('{"time":"2026-01-01T00:00:00.000Z"}\n{"time":"2026-01-01T00:00:01.000Z"}\n');
    while (stdin.readableLength > 0) await nextTurn();
    await nextTurn();
    vi.advanceTimersByTime(1_000);
    expect(chunks).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(chunks).toHaveLength(1);
    stdin.end();
    await running;
    expectClearedLine(chunks, line);
  });
});

describe("a command that decides the calls of a long audit log again", () => {
  const policy = temporaryFile("p.json", POLICY);
  const record = JSON.stringify({
    time: "2026-01-01T00:00:00.000Z",
    method: "tools/call",
    tool: "search",
    effect: "allow",
  });
  const log = temporaryFile("long.jsonl", `${record}\n`.repeat(5_000));

  it.each([
    ["replay", ["replay", policy, "--audit", log], 0],
    ["diff", ["diff", policy, policy, "--audit", log], 0],
  ])("shows a line after two seconds: policy %s", async (_name, argv, code) => {
    const { chunks, io } = terminal();
    const running = runPolicy(argv, io);
    for (let second = 0; second < 2; second += 1) {
      await nextTurn();
      vi.advanceTimersByTime(1_000);
    }
    expect(chunks).toHaveLength(1);
    expect(await running).toBe(code);
    const line = (chunks[0] ?? "").slice(CLEAR.length);
    expect(line).toMatch(/^reading, [\d,]+ records? \(2 s\)$/);
    expectClearedLine(chunks, line);
  });
});

function cases(times: number): string {
  const calls = [{ tool: "search", times, expect: { effect: "allow" } }];
  return temporaryFile("cases.json", { story: "s", policy: POLICY, calls });
}

describe("tollgate policy test", () => {
  it.each([
    ["between files", [1, 1, 1, 1, 1, 1]],
    ["within a file", [5_000]],
  ])("lets its line appear %s", async (_name, files) => {
    const { chunks, io } = terminal();
    const running = runPolicy(["test", ...files.map(cases)], io);
    for (let second = 0; second < 2; second += 1) {
      await nextTurn();
      vi.advanceTimersByTime(1_000);
    }
    expect(chunks).toHaveLength(1);
    expect(await running).toBe(0);
    const line = (chunks[0] ?? "").slice(CLEAR.length);
    expect(line).toMatch(/^playing, \d of \d files? \(2 s\)$/);
    expectClearedLine(chunks, line);
  });
});
