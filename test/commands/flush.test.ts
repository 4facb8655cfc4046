/** The end of a command: everything that it printed reaches its reader. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { flushed } from "../../src/commands/cli/flush.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";
import { MAIN } from "../fixtures/start-wrap.ts";

describe("flushed", () => {
  it("waits until a slow reader has everything", async () => {
    const received: string[] = [];
    const slow = new Writable({
      write: (chunk, _encoding, done) => {
        setImmediate(() => {
          received.push(String(chunk));
          done();
        });
      },
    });
    for (const word of ["a", "b", "c"]) slow.write(word);
    await flushed([slow]);
    expect(received.join("")).toBe("abc");
  });

  it("ends when the reader is gone, and when there is nothing to wait for", async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    broken.on("error", () => undefined);
    broken.write("a");
    await flushed([broken, new PassThrough()]);
    await flushed([broken]);
  });

  it("waits no longer than its bound for a reader that does not read", async () => {
    const stuck = new Writable({ write: () => undefined });
    stuck.write("a");
    await flushed([stuck], 1);
  });
});

describe("a command with much to print", () => {
  it.each([
    ["stdout", ["policy", "test"]],
    ["stderr", ["policy", "check", "--print"]],
  ] as const)("prints all of it into a pipe that is read late, on %s", async (stream, command) => {
    const names = Array.from({ length: 4_000 }, (_, index) => `a_tool_with_a_long_name_${index}`);
    const calls = names.map((tool) => ({ tool, expect: { effect: "deny" } }));
    const tools = Object.fromEntries(names.map((name) => [name, { action: "block" }]));
    const content =
      stream === "stdout"
        ? { story: "s", policy: { version: "1", default: "allow" }, calls }
        : { version: "1", default: "deny", tools };
    const file = temporaryFile("large.json", JSON.stringify(content));
    const child = spawn(process.execPath, [MAIN, ...command, file], { stdio: ["ignore", "pipe", "pipe"] });
    const other = stream === "stdout" ? child.stderr : child.stdout;
    other.resume();
    await once(child[stream], "readable");
    const printed = await text(child[stream]);
    expect(printed.length).toBeGreaterThan(300_000);
    expect(printed).toContain(`a_tool_with_a_long_name_${names.length - 1}`);
    expect(printed.trimEnd().split("\n").at(-1)).toMatch(/4000|not compared/);
  });
});
