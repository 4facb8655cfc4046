/** The layout of a row: a part of fixed length, which filters compare, then texts in the order of `writeRow`. */

import type { Ending, DecisionRecord } from "../../../enforcement/observer.ts";
import { AGENT_SOURCES, type Request } from "../../../enforcement/request.ts";
import { OUTCOMES } from "../../../mcp/vocabulary.ts";
import { CATEGORIES } from "../../../policy/category/category.ts";
import { EFFECTS, REASONS } from "../../../policy/mode.ts";
import type { CapturedValues } from "../../audit/capture.ts";

/** A decision before it is written. */
export interface Decided {
  readonly request: Request;
  readonly judgement: DecisionRecord;
  readonly traceId: string | undefined;
  readonly captured: CapturedValues | undefined;
  readonly ending?: Ending;
}

/** Where a row keeps parts outside itself. */
export interface RowReferences {
  /** Of the words of the row. */
  readonly generation: number;
  /** Of the proof of the caller; 0 without one. */
  readonly proof: number;
  /** The text of the arguments in the ring of arguments; undefined when it is not kept. */
  readonly args: { readonly address: number; readonly length: number } | undefined;
}

/** Offsets in bytes. */
export const OFFSETS = {
  receivedAtMs: 0,
  /** This and the outcome are written again when the call has ended. */
  durationMs: 8,
  outcome: 16,
  effect: 17,
  reason: 18,
  category: 19,
  categorySource: 20,
  source: 21,
  flags: 22,
  confidence: 23,
  argsAddress: 31,
  argsLength: 39,
  generation: 43,
  proof: 47,
  texts: 51,
} as const;

export const FLAGS = { isStdio: 1, isVerified: 2, hasArguments: 4, keepsArguments: 8 } as const;

export const CATEGORY_SOURCES = ["policy", "annotations", "heuristic"] as const;

/** Lists of the values that a row holds as one byte each. */
export const LISTS = {
  source: AGENT_SOURCES,
  outcome: OUTCOMES,
  effect: EFFECTS,
  reason: REASONS,
  category: CATEGORIES,
  categorySource: CATEGORY_SOURCES,
} as const;

/** The byte of a value, from 1; 0 for undefined. */
export function codeOf<T>(list: readonly T[], value: T | undefined): number {
  return value === undefined ? 0 : list.indexOf(value) + 1;
}

/** Longest name, in characters; callers choose names. */
export const MAX_NAME = 256;
export const MAX_ARGUMENT_NAMES = 64;
/** A message up to this length keeps the text of its arguments, for an explanation. */
export const MAX_EXPLAINED_BYTES = 8_192;

/** Whether the whole call is remembered as far as an explanation needs it. */
export function isExplainable({ bytes, tool, agent }: Request): boolean {
  return (
    bytes <= MAX_EXPLAINED_BYTES && agent.name.length <= MAX_NAME && (tool?.name.length ?? 0) <= MAX_NAME
  );
}
