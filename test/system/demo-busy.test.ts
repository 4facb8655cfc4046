/** `tollgate demo` starts, runs and ends while other processes keep every core busy. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { endProcess } from "../fixtures/processes.ts";

const STARTS = Number(process.env["DEMO_STARTS"] ?? 20);
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const END_WITH_PARENT = import.meta.resolve("../fixtures/end-with-parent.ts");
const BURN =
  "const until = () => { for (const end = Date.now() + 50; Date.now() < end;); setImmediate(until); }; until()";

let burning: readonly ChildProcess[] = [];

beforeAll(() => {
  const args = ["--import", END_WITH_PARENT, "--eval", BURN];
  burning = Array.from({ length: Math.max(2, availableParallelism()) }, () =>
    spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"] }),
  );
});
afterAll(async () => {
  for (const process of burning) await endProcess(process, "SIGKILL");
});

it(`survives ${STARTS} starts while every core is busy`, { timeout: STARTS * 120_000 }, async () => {
  for (let start = 1; start <= STARTS; start++) {
    const { code, stdout, stderr } = await runDemo();
    expect({ start, code, stderr }).toEqual({ start, code: 0, stderr: "" });
    expect(stdout).toMatch(/\n {2}batch-runner +StartAHORunBatch +22\n/);
    expect(stdout).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  }
});

async function runDemo(): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const args = ["--import", END_WITH_PARENT, MAIN, "demo", "--rounds", "1"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const [code]: unknown[] = await once(child, "close");
  return { code, ...output };
}
