import { once } from "node:events";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ChildError } from "../../../../src/proxy/upstream/child/child-error.ts";
import { type Child, type ChildExit, startChild } from "../../../../src/proxy/upstream/child/child.ts";
import { isRunning, openDescriptors } from "../../../fixtures/processes.ts";
import { until } from "../../../fixtures/start-sidecar.ts";

const SERVERS = new URL("../../../fixtures/servers/stdio/", import.meta.url);
const ENVIRONMENT = { PATH: process.env["PATH"] ?? "" };

interface Watched {
  readonly child: Child;
  readonly lines: string[];
  readonly stderr: string[];
  readonly exits: ChildExit[];
  readonly dropped: string[];
}

let watched: Watched[] = [];
let descriptors = 0;

beforeEach(() => {
  watched = [];
  descriptors = openDescriptors();
});

// After every test: no process left, no descriptor left.
afterEach(async () => {
  for (const { child } of watched) await child.stop(0);
  for (const { child } of watched) expect(child.pid !== undefined && isRunning(child.pid)).toBe(false);
  await until(() => openDescriptors() <= descriptors);
});

function watch(name: string, more: { maxLineBytes?: number; onLine?: () => Promise<void> } = {}): Watched {
  return watchCommand(process.execPath, [fileURLToPath(new URL(`${name}.ts`, SERVERS))], more);
}

function watchCommand(
  command: string,
  args: readonly string[],
  { onLine, ...more }: { maxLineBytes?: number; onLine?: () => Promise<void> } = {},
): Watched {
  const seen = {
    lines: [] as string[],
    stderr: [] as string[],
    exits: [] as ChildExit[],
    dropped: [] as string[],
  };
  const child = startChild(
    { command, args, environment: ENVIRONMENT, ...more },
    {
      onLine: (line) => {
        seen.lines.push(line.toString());
        return onLine?.();
      },
      onExit: (exit) => seen.exits.push(exit),
      onStderr: (line) => seen.stderr.push(line),
      onLineDropped: (cause, id) => seen.dropped.push(`${cause} ${id}`),
    },
  );
  const all = { child, ...seen };
  watched.push(all);
  return all;
}

const call = (args: object, id = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo", arguments: args } });

/** The program as one that node runs. */
const program = (text: string): readonly [string, readonly string[]] => [process.execPath, ["-e", text]];

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a child", () => {
  it("responds to a line with a line", async () => {
    const { child, lines } = watch("plain");
    await child.send(call({ text: "grüße" }));
    await until(() => lines.length === 1);
    expect(lines[0]).toContain("grüße");
  });

  it("has exactly the environment of its command", async () => {
    const text = "console.log(JSON.stringify(Object.keys(process.env)))";
    const { lines, exits } = watchCommand(...program(text));
    await until(() => exits.length === 1);
    expect(JSON.parse(lines[0] ?? "")).toEqual(["PATH"]);
  });

  it("is started without a shell", async () => {
    const { lines, exits } = watchCommand(process.execPath, [
      "-p",
      "process.argv.slice(1).join()",
      "$HOME;echo `id`",
    ]);
    await until(() => exits.length === 1);
    expect(lines).toEqual(["$HOME;echo `id`"]);
  });

  it("leads a process group of its own", async () => {
    const { child } = watch("plain");
    await child.started;
    // Only a group that has this number can be signalled by its negative.
    expect(process.kill(-(child.pid ?? Number.NaN), 0)).toBe(true);
  });

  it("refuses a line that contains a line break", async () => {
    const { child, lines } = watch("plain");
    await expect(child.send('{"a":1}\n{"b":2}')).rejects.toThrow(TypeError);
    await expect(child.send('{"a":1}\r{"b":2}')).rejects.toThrow(TypeError);
    expect(lines).toEqual([]);
  });

  it("receives lines in order, batched or not, also those sent before it runs", async () => {
    const { child, lines } = watch("plain");
    const early = child.sendBatched(call({}, 1));
    await Promise.all([early, child.send(call({}, 2)), child.sendBatched(call({}, 3))]);
    await Promise.all([
      child.sendBatched(call({}, 4)),
      child.send(call({}, 5)),
      child.sendBatched(call({}, 6)),
    ]);
    await until(() => lines.length === 6);
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("receives the batched lines of a turn in which it is stopped", async () => {
    const { child, lines } = watch("plain");
    await child.started;
    void child.sendBatched(call({ text: "last" }));
    await child.stop(60_000);
    expect(lines).toHaveLength(1);
  });

  it("has characters decoded that are split between two writes", async () => {
    const { child, lines } = watch("split-utf8");
    await child.send(call({ text: "äöü – 漢字 – 🐚" }));
    await until(() => lines.length === 1);
    expect(lines[0]).toContain("äöü – 漢字 – 🐚");
    expect(lines[0]?.endsWith("}")).toBe(true);
  });

  it("has its last line read although it has no line end", async () => {
    const { child, lines, exits } = watch("no-newline");
    await child.send(call({ text: "last" }));
    await until(() => exits.length === 1);
    expect(lines).toHaveLength(1);
  });

  it("has a line of 4 MiB read, and a line longer than the bound dropped", async () => {
    const { child, lines, dropped } = watch("huge-line", { maxLineBytes: 5_000_000 });
    await child.send(call({ bytes: 4 * 1024 * 1024 }, 1));
    await child.send(call({ bytes: 6_000_000 }, 2));
    await child.send(call({ bytes: 10 }, 3));
    await until(() => lines.length === 2);
    expect(lines[0]?.length).toBeGreaterThan(4 * 1024 * 1024);
    expect(lines[1]).toContain('"id":3');
    expect(dropped).toEqual(["too_large 2"]);
  });

  it("is not read while the consumer is busy with the last line", async () => {
    const gate = Promise.withResolvers<void>();
    const { lines } = watch("floods-stdout", { onLine: () => gate.promise });
    await until(() => lines.length > 0);
    for (let turn = 0; turn < 1_000; turn += 1) await nextTurn();
    expect(lines).toHaveLength(1);
    gate.resolve();
    await until(() => lines.length > 10_000);
  });

  it("has every line read that it wrote before its exit, also by a slow consumer", async () => {
    const text = "for (let n = 0; n < 20000; n += 1) process.stdout.write(n + '\\n')";
    const { lines, exits } = watchCommand(...program(text), { onLine: nextTurn });
    await until(() => exits.length === 1);
    expect(lines).toHaveLength(20_000);
  });

  it("reports its exit code, or the signal that ended it", async () => {
    const code = watch("dies-at-start");
    const signal = watch("dies-mid-call");
    await signal.child.send(call({}));
    await until(() => code.exits.length === 1 && signal.exits.length === 1);
    expect(code.exits).toEqual([{ code: 3, signal: null }]);
    expect(code.stderr).toEqual(["fixture: no configuration found"]);
    expect(signal.exits).toEqual([{ code: null, signal: "SIGKILL" }]);
  });

  it("rejects lines after its exit", async () => {
    const { child, exits } = watch("dies-at-start");
    await until(() => exits.length === 1);
    await expect(child.send(call({}))).rejects.toMatchObject({ name: "ChildError", fault: "gone" });
  });

  it.each([
    ["/nowhere/server", "there is no such program"],
    ["/etc/passwd", "it may not be executed"],
  ])("reports why %s cannot be started", async (command, why) => {
    const { child, exits } = watchCommand(command, []);
    const error = await child.started.catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(ChildError);
    expect(error).toMatchObject({ fault: "not_started", message: expect.stringContaining(why) });
    await expect(child.send("{}")).rejects.toMatchObject({ fault: "not_started" });
    await child.stop();
    expect(exits).toEqual([]);
  });

  it("stops at the end of its stdin", async () => {
    const { child, exits } = watch("plain");
    await child.started;
    await child.stop(60_000);
    expect(exits).toEqual([{ code: 0, signal: null }]);
  });

  it("is killed when it ignores the end of its stdin and SIGTERM", async () => {
    const { child, exits, stderr } = watch("ignores-sigterm");
    await until(() => stderr.length === 1);
    await child.stop(10);
    expect(exits).toEqual([{ code: null, signal: "SIGKILL" }]);
  });

  it("ends with the processes that it has started, also those that ignore SIGTERM", async () => {
    const { child, exits, stderr } = watch("forks-grandchild");
    await until(() => stderr.length === 2);
    const grandchild = Number(stderr[0]?.split(" ")[1]);
    expect(isRunning(grandchild)).toBe(true);
    await child.stop(60_000);
    expect(exits).toEqual([{ code: 0, signal: null }]);
    await until(() => !isRunning(grandchild));
  });

  it("is not waited for when a process outside of its group holds its pipes", async () => {
    const text = `const { spawn } = require("node:child_process");
      const other = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { detached: true, stdio: "inherit" });
      console.log(other.pid); other.unref();`;
    const { lines, exits } = watchCommand(...program(text));
    await until(() => exits.length === 1);
    process.kill(Number(lines[0]), "SIGKILL");
    expect(exits).toEqual([{ code: 0, signal: null }]);
  });

  it("has a flood of stderr lines dropped and counted", async () => {
    const { child, lines, stderr } = watch("floods-stderr");
    await until(() => stderr.some((line) => line.includes("lines left out")));
    await child.send(call({ text: "still there" }));
    await until(() => lines.length === 1);
    expect(stderr.length).toBeLessThan(2_000);
  });

  it("has a long line of stderr cut", async () => {
    const { stderr, exits } = watchCommand(...program("console.error('x'.repeat(100000) + '\\nnext')"));
    await until(() => exits.length === 1);
    expect(stderr).toEqual([`${"x".repeat(8_192)} [cut]`, "next"]);
  });
});

describe("when Tollgate is killed", () => {
  const HOLDER = `import { startChild } from ${JSON.stringify(new URL("../../../../src/proxy/upstream/child/child.ts", import.meta.url).href)};
    const child = startChild(
      { command: process.execPath, args: [process.argv[1]], environment: process.env },
      { onLine: () => {}, onExit: () => {}, onStderr: () => {}, onLineDropped: () => {} },
    );
    await child.started;
    console.log(child.pid);`;

  async function holderOf(server: string) {
    const file = fileURLToPath(new URL(`${server}.ts`, SERVERS));
    const holder = spawn(process.execPath, ["--input-type=module-typescript", "-e", HOLDER, file]);
    const [chunk]: Buffer[] = await once(holder.stdout, "data");
    return { holder, pid: Number(chunk) };
  }

  it("the child sees the end of its stdin", async () => {
    const { holder, pid } = await holderOf("plain");
    expect(isRunning(pid)).toBe(true);
    holder.kill("SIGKILL");
    await once(holder, "close");
    await until(() => !isRunning(pid));
  });

  it("a child that ignores the end of its stdin keeps running, as it would without Tollgate", async () => {
    const { holder, pid } = await holderOf("ignores-sigterm");
    holder.kill("SIGKILL");
    await once(holder, "close");
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    await until(() => !isRunning(pid));
  });
});
