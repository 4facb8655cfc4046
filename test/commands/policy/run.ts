/** Runs a policy command as its user does, with everything that it prints. */

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { runPolicy } from "../../../src/commands/policy.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";
import { MAIN } from "../../fixtures/start-wrap.ts";

export { temporaryFile as fileOf } from "../../fixtures/lifetime.ts";
export type { Run } from "../../fixtures/capture-io.ts";

/** In this process. */
export function run(...argv: readonly string[]): Promise<Run> {
  return captureIo((io) => runPolicy(argv, io));
}

/** As the program `tollgate`. */
export async function runProgram(...argv: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number>((resolve) => void child.once("exit", (code) => resolve(code ?? -1)));
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** A tool as tools/list shows it, whose arguments are these properties. */
export function toolOf(name: string, properties: object = {}, required: readonly string[] = []): object {
  return { name, inputSchema: { type: "object", properties, required } };
}
