/** Shared by the programs in this folder: medians of timed rounds, and one line of JSON with the figures. */

import { median } from "../median.ts";

/** Median processor time of one call of `work`, in nanoseconds, over timed rounds; the first round warms up. Other work on the machine does not count. */
export function medianNanoseconds(
  work: (turn: number) => unknown,
  timesPerRound: number,
  rounds: number,
): number {
  const timed = Array.from({ length: rounds + 1 }, () => {
    const before = process.threadCpuUsage();
    for (let turn = 0; turn < timesPerRound; turn += 1) {
      if (work(turn) === undefined) throw new Error("the work was not done");
    }
    const { user, system } = process.threadCpuUsage(before);
    return ((user + system) * 1_000) / timesPerRound;
  });
  return median(timed.slice(1));
}

export function printFigures(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** Number of rounds, from the first argument; 5 without one. */
export function requestedRounds(): number {
  return Number(process.argv[2] ?? 5);
}
