/** Which core each side has: the subject one of its own where there are two, the load and the stub another. */

import { readFileSync } from "node:fs";

/** A command as it is started on its core. */
export type OnCore = (command: readonly string[]) => readonly string[];

export interface Cores {
  readonly words: string;
  readonly onSubjectCore: OnCore;
  readonly onLoadCore: OnCore;
}

/** By taskset, over the cores that this process may use. */
export function shareCores(): Cores {
  const [load, subject] = allowedCores();
  if (load === undefined || subject === undefined)
    return { words: "one core for all", onSubjectCore: anywhere, onLoadCore: anywhere };
  return {
    words: `subject on core ${subject}; load and stub on core ${load}`,
    onSubjectCore: (command) => ["taskset", "-c", `${subject}`, ...command],
    onLoadCore: (command) => ["taskset", "-c", `${load}`, ...command],
  };
}

export function anywhere(command: readonly string[]): readonly string[] {
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
