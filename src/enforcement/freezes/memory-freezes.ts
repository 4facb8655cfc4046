/** The operation of freezes for a store in memory: that of `redis-freezes.lua.ts`, with the same reply. */

import type { MemoryOperation } from "../store/memory-store.ts";

/** JSON by frozen target: a freeze. A target that is not in it is not frozen, or its freeze was lifted. */
class FrozenTargets {
  readonly texts = new Map<string, string>();
  /** Lifted, so that `keep` of a sidecar that has not learned of it sets none of them again. */
  readonly lifted = new Set<string>();
}

/** Lifted targets that are remembered; the workers of one sidecar learn of each within a second. */
const MAX_LIFTED = 10_000;

export const freezesInMemory: MemoryOperation = (values, { keys: [key = ""], args }, nowMs) => {
  const targets = values.use(key, FrozenTargets);
  const reply: string[] = [];
  for (let index = 0; index < args.length; index += 3) {
    const [target = "", what, freeze = ""] = args.slice(index, index + 3);
    const known = targets.texts.get(target);
    reply.push(known !== undefined && !hasEnded(known, nowMs) ? "1" : "0");
    if (what === "lift") lift(targets, target);
    else if (what === "set" || (known === undefined && !targets.lifted.has(target))) {
      targets.texts.set(target, freeze);
      targets.lifted.delete(target);
    }
  }
  for (const [target, text] of targets.texts) {
    if (hasEnded(text, nowMs)) targets.texts.delete(target);
    else reply.push(target, text);
  }
  return reply;
};

function lift(targets: FrozenTargets, target: string): void {
  targets.texts.delete(target);
  targets.lifted.add(target);
  const [oldest] = targets.lifted;
  if (targets.lifted.size > MAX_LIFTED && oldest !== undefined) targets.lifted.delete(oldest);
}

function hasEnded(text: string, nowMs: number): boolean {
  const entry: unknown = JSON.parse(text);
  if (typeof entry !== "object" || entry === null || !("untilMs" in entry)) return false;
  return typeof entry.untilMs === "number" && entry.untilMs <= nowMs;
}
