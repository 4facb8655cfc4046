/** Assigns cores: one for the subject where there are two, another for the load and the stub. */

import { readFileSync } from "node:fs";

/** Wraps a command so that it runs on its core. */
export type PinCommand = (command: readonly string[]) => readonly string[];

export interface Cores {
  readonly description: string;
  readonly onSubjectCore: PinCommand;
  readonly onLoadCore: PinCommand;
}

/** Assigns by taskset, among the cores that this process may use. */
export function assignCores(): Cores {
  const [load, subject] = allowedCores();
  if (load === undefined || subject === undefined)
    return { description: "one core for all", onSubjectCore: unpinned, onLoadCore: unpinned };
  return {
    description: `subject on core ${subject}; load and stub on core ${load}`,
    onSubjectCore: (command) => ["taskset", "-c", `${subject}`, ...command],
    onLoadCore: (command) => ["taskset", "-c", `${load}`, ...command],
  };
}

export function unpinned(command: readonly string[]): readonly string[] {
  return command;
}

/** The kernel writes ranges, such as `0-3,6`. */
function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
