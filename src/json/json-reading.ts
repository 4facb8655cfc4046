/** The bounds of a reading of JSON text, and its result. */

import type { Json } from "./json.ts";

export interface JsonBounds {
  /** Levels of objects and arrays, which bounds the recursion of the reader. Default 64. */
  readonly maxDepth?: number;
  /** Values of any kind, names not counted. Default 1,000,000. */
  readonly maxNodes?: number;
  /** Members of all objects together. Default 250,000. */
  readonly maxKeys?: number;
  /** Characters of one number. Default 64. */
  readonly maxNumberLength?: number;
  /** Whether a string value, and no name, may hold an escaped surrogate that stands alone. Default false. */
  readonly allowsLoneSurrogates?: boolean;
}

export type JsonFaultCause = "syntax" | "duplicate_key" | "depth" | "number" | "nodes" | "encoding";

export interface JsonFault {
  readonly ok: false;
  readonly cause: JsonFaultCause;
  /** One sentence without any part of the text. */
  readonly detail: string;
  /** Position of the fault in UTF-16 units. */
  readonly offset: number;
}

export interface JsonReading {
  readonly ok: true;
  readonly value: Json;
  /** The text without whitespace between tokens; the same string when there was none. */
  readonly minified: string;
  /** Whether some string value holds a surrogate that stands alone; false unless the bounds allow it. */
  readonly hasLoneSurrogate: boolean;
}
