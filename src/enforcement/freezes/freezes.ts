/** The kill switch: calls that an operator has stopped, all of them, one agent's, one tool's, or one agent's of one tool. */

export interface Freeze {
  /** Absent: every agent. */
  readonly agent?: string;
  /** Absent: every tool. */
  readonly tool?: string;
  /** The operator's own words, which the agent reads. */
  readonly reason?: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Absent: until it is lifted. */
  readonly untilMs?: number;
}

export type FreezeTarget = Pick<Freeze, "agent" | "tool">;

export class Freezes {
  /** Set by hand; and what a file says, which only the file takes back. */
  #byHand: ReadonlyMap<string, Freeze> = new Map();
  #byFile: ReadonlyMap<string, Freeze> = new Map();

  /** A freeze of the same part is replaced; those that are over are forgotten. */
  set(freeze: Freeze): void {
    const kept = [...this.#byHand.values()].filter((one) => isOn(one, freeze.sinceMs));
    this.#byHand = new Map([...kept, freeze].map((one) => [freezeKey(one), one]));
  }

  /** What was set by hand, to be kept. */
  byHand(): readonly Freeze[] {
    return [...this.#byHand.values()];
  }

  /** `file`: it is frozen by the file too, and stays so. */
  lift(part: FreezeTarget): "lifted" | "file" | "not_frozen" {
    const key = freezeKey(part);
    const rest = new Map(this.#byHand);
    const wasSet = rest.delete(key);
    this.#byHand = rest;
    if (this.#byFile.has(key)) return "file";
    return wasSet ? "lifted" : "not_frozen";
  }

  /** What was set by hand, here or at another sidecar, as a whole. */
  replaceByHand(freezes: readonly Freeze[]): void {
    this.#byHand = new Map(freezes.map((freeze) => [freezeKey(freeze), freeze]));
  }

  /** What the file says now. */
  replaceFile(freezes: readonly Freeze[]): void {
    this.#byFile = new Map(freezes.map((freeze) => [freezeKey(freeze), freeze]));
  }

  /** What stops a call of this tool by an agent that goes by any of these names; undefined when nothing does. */
  find(names: readonly string[], tool: string, nowMs: number): Freeze | undefined {
    if (this.#byHand.size === 0 && this.#byFile.size === 0) return undefined;
    const parts: FreezeTarget[] = [{}, { tool }, ...names.flatMap((agent) => [{ agent }, { agent, tool }])];
    for (const part of parts) {
      const key = freezeKey(part);
      const freeze = [this.#byFile.get(key), this.#byHand.get(key)].find((one) => isOn(one, nowMs));
      if (freeze !== undefined) return freeze;
    }
    return undefined;
  }

  /** What is frozen now; those of the file first. */
  list(nowMs: number): readonly (Freeze & { readonly isFromFile: boolean })[] {
    const marked = (freezes: ReadonlyMap<string, Freeze>, isFromFile: boolean) =>
      [...freezes.values()].filter((one) => isOn(one, nowMs)).map((one) => ({ ...one, isFromFile }));
    return [...marked(this.#byFile, true), ...marked(this.#byHand, false)];
  }
}

function isOn(freeze: Freeze | undefined, nowMs: number): freeze is Freeze {
  return freeze !== undefined && (freeze.untilMs === undefined || nowMs < freeze.untilMs);
}

/** The same for the same part, and for no other. */
export function freezeKey({ agent, tool }: FreezeTarget): string {
  return JSON.stringify([agent ?? null, tool ?? null]);
}
