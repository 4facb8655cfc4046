/** The kill switch: stops all calls, the calls of one agent, of one tool, or of one agent to one tool. */

import { lookAlikeTest } from "../../policy/names/look-alike.ts";

export interface Freeze {
  /** Absent: every agent. */
  readonly agent?: string;
  /** Absent: every tool. */
  readonly tool?: string;
  /** The operator's text, which is sent to the agent. */
  readonly reason?: string;
  readonly by: string;
  /** The name is proven; absent: it is the one that the person gave. */
  readonly isProven?: true;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Absent: until it is lifted. */
  readonly untilMs?: number;
}

export type FreezeTarget = Pick<Freeze, "agent" | "tool">;

export class Freezes {
  /** Freezes of the control endpoints, and freezes of the file, which only the file can lift. */
  #byHand: ReadonlyMap<string, Freeze> = new Map();
  #byFile: ReadonlyMap<string, Freeze> = new Map();

  /** Replaces a freeze of the same target, and removes those that have ended. */
  set(freeze: Freeze): void {
    const kept = [...this.#byHand.values()].filter((one) => isActive(one, freeze.sinceMs));
    this.#byHand = new Map([...kept, freeze].map((one) => [freezeKey(one), one]));
  }

  /** The freezes of the control endpoints. */
  byHand(): readonly Freeze[] {
    return [...this.#byHand.values()];
  }

  /** `file`: the file freezes the target too, so that it stays frozen. */
  lift(target: FreezeTarget): "lifted" | "file" | "not_frozen" {
    const key = freezeKey(target);
    const rest = new Map(this.#byHand);
    const wasSet = rest.delete(key);
    this.#byHand = rest;
    if (this.#byFile.has(key)) return "file";
    return wasSet ? "lifted" : "not_frozen";
  }

  /** Replaces all freezes of the control endpoints, of this sidecar and of others. */
  replaceByHand(freezes: readonly Freeze[]): void {
    this.#byHand = new Map(freezes.map((freeze) => [freezeKey(freeze), freeze]));
  }

  /** Replaces all freezes of the file. */
  replaceFile(freezes: readonly Freeze[]): void {
    this.#byFile = new Map(freezes.map((freeze) => [freezeKey(freeze), freeze]));
  }

  /**
   * The freeze that stops a call of this tool by an agent with any of these names; undefined when none does. Without a
   * tool, the freeze that stops other methods: one of everything, or of the agent.
   */
  find(names: readonly string[], tool: string | undefined, nowMs: number): Freeze | undefined {
    if (this.#byHand.size === 0 && this.#byFile.size === 0) return undefined;
    const wholes: FreezeTarget[] = [{}, ...names.map((agent) => ({ agent }))];
    for (const target of wholes) {
      const key = freezeKey(target);
      const freeze = [this.#byFile.get(key), this.#byHand.get(key)].find((one) => isActive(one, nowMs));
      if (freeze !== undefined) return freeze;
    }
    return tool === undefined ? undefined : this.#findOfTool(names, tool, nowMs);
  }

  // Security: a server that ignores case or blanks would execute a frozen tool under a name that only looks like its own.
  #findOfTool(names: readonly string[], tool: string, nowMs: number): Freeze | undefined {
    return [...this.#byFile.values(), ...this.#byHand.values()].find(
      (freeze) =>
        freeze.tool !== undefined &&
        (freeze.agent === undefined || names.includes(freeze.agent)) &&
        isActive(freeze, nowMs) &&
        (freeze.tool === tool || lookAlikeTest([freeze.tool])(tool)),
    );
  }

  /** All freezes that are active; those of the file first. */
  list(nowMs: number): readonly (Freeze & { readonly isFromFile: boolean })[] {
    const marked = (freezes: ReadonlyMap<string, Freeze>, isFromFile: boolean) =>
      [...freezes.values()].filter((one) => isActive(one, nowMs)).map((one) => ({ ...one, isFromFile }));
    return [...marked(this.#byFile, true), ...marked(this.#byHand, false)];
  }
}

function isActive(freeze: Freeze | undefined, nowMs: number): freeze is Freeze {
  return freeze !== undefined && (freeze.untilMs === undefined || nowMs < freeze.untilMs);
}

/** A key that is unique for the target. */
export function freezeKey({ agent, tool }: FreezeTarget): string {
  return JSON.stringify([agent ?? null, tool ?? null]);
}
