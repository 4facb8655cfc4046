/** Bounds of a message beside its bytes, and the reader of arguments of a message that was within them. */

import type { JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { readJson } from "./read-json.ts";

export interface MessageBounds {
  /** Levels of objects and arrays. */
  readonly maxDepth: number;
  /** Values of any kind, names not counted. */
  readonly maxNodes: number;
  /** Names in all objects together. */
  readonly maxKeys: number;
}

export const DEFAULT_MESSAGE_BOUNDS: MessageBounds = { maxDepth: 64, maxNodes: 200_000, maxKeys: 100_000 };

/** The highest bounds that settings may set. The depth is what recursive functions bear. */
export const HIGHEST_MESSAGE_BOUNDS: MessageBounds = {
  maxDepth: 512,
  maxNodes: 10_000_000,
  maxKeys: 10_000_000,
};

/** Reads the arguments of a call again whose message has passed; undefined when the text was cut. */
export function readArguments(text: string): JsonObject | undefined {
  const reading = readJson(text, { ...HIGHEST_MESSAGE_BOUNDS, allowsLoneSurrogates: true });
  return reading.ok && isJsonObject(reading.value) ? reading.value : undefined;
}
