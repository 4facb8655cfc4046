/** The values of one argument in the calls of a log, as far as they are few, and the least and greatest number. */

import { compareNumbers, isHeldByDouble } from "../../../json/compare-numbers.ts";
import { type Json, JsonNumber } from "../../../json/json.ts";
import { printJson } from "../../../json/print-json.ts";
import { readJson } from "../../../json/read-json.ts";
import type { CapturedArgument } from "./observed-call.ts";

/** The audit log cuts longer values, and ends them with `...`. */
const MAX_LOGGED_LENGTH = 512;
/** Stands in the log in place of a secret. */
const REDACTED = "[redacted]";

export class SeenValues {
  readonly #maxValues: number;
  /** By their JSON. */
  readonly #values = new Map<string, Json>();
  #range: { readonly least: JsonNumber; readonly greatest: JsonNumber } | undefined;
  #problem: string | undefined;
  /** Calls in which the argument was looked at. */
  #calls = 0;
  #given = 0;
  #nulls = 0;

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Calls that had a value. */
  get given(): number {
    return this.#given;
  }

  get nulls(): number {
    return this.#nulls;
  }

  /** Why no condition can be learned from the values; undefined when one may be. */
  get problem(): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#given === 0) return "never given";
    if (this.#range !== undefined && this.#values.size > 0) return "numbers beside other values";
    return this.#values.size > this.#maxValues ? `more than ${this.#maxValues} values` : undefined;
  }

  /** Texts and truth values, without the numbers of `range`. */
  get values(): readonly Json[] {
    return Array.from(this.#values.values());
  }

  get range(): { readonly least: JsonNumber; readonly greatest: JsonNumber } | undefined {
    return this.#range;
  }

  add({ text, type }: CapturedArgument): void {
    this.#calls += 1;
    if (type === "null") this.#nulls += 1;
    if (type === "missing" || type === "null") return;
    this.#given += 1;
    if (text === undefined || type === "unclear") this.#problem ??= "not always clear";
    else if (type === "list" || type === "object") this.#problem ??= "a list or an object";
    else if (!text.isWellFormed()) this.#problem ??= "no whole text";
    else if (text.includes(REDACTED)) this.#problem ??= "a secret in it";
    else if (text.length > MAX_LOGGED_LENGTH) this.#problem ??= "longer than the log keeps";
    else this.#addText(text, type);
  }

  /** Calls without any arguments. */
  addMissing(calls: number): void {
    this.#calls += calls;
  }

  merge(other: SeenValues): void {
    this.#calls += other.#calls;
    this.#given += other.#given;
    this.#nulls += other.#nulls;
    this.#problem ??= other.#problem;
    for (const value of other.#values.values()) this.#addValue(value);
    if (other.#range === undefined) return;
    this.#addNumber(other.#range.least);
    this.#addNumber(other.#range.greatest);
  }

  #addText(text: string, type: string | undefined): void {
    const scalar = type === "text" ? undefined : scalarIn(text);
    if (type === undefined && /^\s*[[{]/.test(text)) return void (this.#problem ??= "not always clear");
    if (type === "number" && scalar instanceof JsonNumber) return this.#addNumber(scalar);
    if (type === "boolean" && typeof scalar === "boolean") return this.#addValue(scalar);
    if (type !== "text" && type !== undefined) return void (this.#problem ??= `of the unknown type ${type}`);
    this.#addValue(text);
    // A log without types does not say whether `5` was a number or a text.
    if (scalar !== undefined) this.#addValue(scalar);
  }

  #addValue(value: Json): void {
    // One more than may be listed, so that the excess shows.
    if (this.#values.size <= this.#maxValues) this.#values.set(printJson(value), value);
  }

  #addNumber(number: JsonNumber): void {
    if (!isHeldByDouble(number)) this.#problem ??= "a number that is another one as a double";
    const { least, greatest } = this.#range ?? { least: number, greatest: number };
    this.#range = {
      least: compareNumbers(number, least) < 0 ? number : least,
      greatest: compareNumbers(number, greatest) > 0 ? number : greatest,
    };
  }
}

/** The number or truth value that a text is as JSON; undefined for any other. */
function scalarIn(text: string): JsonNumber | boolean | undefined {
  const read = readJson(text);
  if (!read.ok) return undefined;
  return read.value instanceof JsonNumber || typeof read.value === "boolean" ? read.value : undefined;
}
