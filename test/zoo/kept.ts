/** Comparisons of a full run, so that one that was interrupted can go on: it takes half an hour on two busy cores. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Cell, Comparison } from "./cells.ts";
import { reasonFor } from "./differences.ts";

export class KeptComparisons {
  readonly #file: string;
  readonly #byCell: Map<string, Omit<Comparison, "cell">>;

  /** `isContinued` is false for a run that begins again. */
  constructor(file: string, isContinued: boolean) {
    this.#file = file;
    if (!isContinued) rmSync(file, { force: true });
    this.#byCell = new Map(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []);
  }

  /** The comparison of that cell; undefined when there is none without a fault. */
  find(cell: Cell): Comparison | undefined {
    const comparison = this.#byCell.get(keyOf(cell));
    if (comparison === undefined || comparison.failure !== undefined) return undefined;
    // The reasons may have changed since.
    const reasons = comparison.differences.map((difference) => reasonFor(cell, difference));
    const differences = comparison.differences.map((difference, index) => ({
      ...difference,
      reason: reasons[index] ?? "",
    }));
    return reasons.includes(undefined) ? undefined : { ...comparison, cell, differences };
  }

  add({ cell, ...comparison }: Comparison): void {
    this.#byCell.set(keyOf(cell), comparison);
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify([...this.#byCell]));
  }
}

function keyOf({ client, server, route }: Cell): string {
  return [client.library, client.name, server.library, route.name].join(", ");
}
