/** Which core each side has: the subject one of its own where there are two, the load and the stub another. */

import { readFileSync } from "node:fs";

/** A command as it is started on its core. */
export type PinCommand = (command: readonly string[]) => readonly string[];

export interface Cores {
  readonly description: string;
  readonly onSubjectCore: PinCommand;
  readonly onLoadCore: PinCommand;
}

/** By taskset, over the cores that this process may use. */
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

/** The kernel writes them as `0-3,6`. */
function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
