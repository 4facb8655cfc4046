/** Runs a load generator and reads the JSON of its last line. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @throws when the program fails or prints no such line */
export async function runForFigures<const Name extends string>(
  command: readonly string[],
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const [program = "", ...args] = command;
  const { stdout } = await run(program, args, { timeout: 300_000 });
  const line = stdout.trim().split("\n").at(-1) ?? "";
  const figures: unknown = JSON.parse(line);
  const read = (name: Name): number => {
    const value: unknown = typeof figures === "object" && figures !== null && Reflect.get(figures, name);
    if (typeof value !== "number") throw new Error(`${program}: said nothing of ${name}: ${line}`);
    return value;
  };
  const entries = names.map((name): [string, number] => [name, read(name)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
