/** Runs a policy command as its user does, with everything that it prints. */

import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runPolicy } from "../../../src/commands/policy.ts";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In this process. */
export async function run(...argv: readonly string[]): Promise<Run> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const shown = Promise.all([text(stdout), text(stderr)]);
  const code = await runPolicy(argv, { stdout, stderr }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [out, error] = await shown;
  return { code, stdout: out, stderr: error };
}

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** As the program `tollgate`. */
export async function runProgram(...argv: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number>((resolve) => void child.once("exit", (code) => resolve(code ?? -1)));
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** A file of this name and content, in a folder of its own. */
export function fileOf(name: string, content: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), "tollgate-")), name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** A tool as tools/list shows it, whose arguments are these properties. */
export function toolOf(name: string, properties: object = {}, required: readonly string[] = []): object {
  return { name, inputSchema: { type: "object", properties, required } };
}
