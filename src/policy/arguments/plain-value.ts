/** JSON as the validator library reads it: plain objects, arrays and doubles. The values as written stay reachable. */

import { compareNumbers, isInteger } from "../../json/compare-numbers.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../json/json.ts";
import { LazyObject } from "../../json/lazy/lazy-object.ts";

/** An object without inherited members: `constructor`, `valueOf` and `__proto__` are ordinary names. */
export type PlainObject = Record<string, unknown>;

// An empty function makes objects that V8 keeps fast, other than Object.create(null).
const Plain = function Plain(): void {} as unknown as new () => PlainObject;
Plain.prototype = Object.create(null);

/** A value in both forms. */
export class PlainValue {
  readonly json: Json;
  readonly plain: unknown;
  readonly #found = { isExact: true };
  #sources: Map<unknown, Json> | undefined;

  constructor(json: Json) {
    this.json = json;
    this.plain = json instanceof LazyObject ? lazyPlain(json, this.#found) : toPlain(json, this.#found);
  }

  /**
   * Whether every number that was read so far, as a double, prints as it was written; comparing doubles then compares the numbers. Of lazy arguments,
   * numbers that no keyword has looked at are not read.
   */
  get isExact(): boolean {
    return this.#found.isExact;
  }

  /** The value as written of an object or array of `plain`. */
  sourceOf(container: unknown): Json | undefined {
    if (this.#sources === undefined) {
      this.#sources = new Map();
      pair(this.plain, this.json, this.#sources);
    }
    return this.#sources.get(container);
  }
}

function toPlain(json: Json, found: { isExact: boolean }): unknown {
  if (json === null || typeof json !== "object") return json;
  if (json instanceof JsonNumber) return toDouble(json, found);
  if (isJsonArray(json)) return json.map((item) => toPlain(item, found));
  const plain = new Plain();
  for (const [name, value] of json) plain[name] = toPlain(value, found);
  return plain;
}

/** An object whose members are read when the validator looks at them: most schemas name few of the members that make a message long. */
function lazyPlain(json: LazyObject, found: { isExact: boolean }): PlainObject {
  const plain = new Plain();
  for (const name of json.keys()) {
    const member = { enumerable: true, configurable: true };
    Object.defineProperty(plain, name, {
      ...member,
      get: () => {
        const value = toPlain(json.get(name) ?? null, found);
        Object.defineProperty(plain, name, { ...member, value });
        return value;
      },
    });
  }
  return plain;
}

/** Digits that a double always keeps. */
const KEPT_DIGITS = 15;
/** A number that is no integer, for one that a double would round to an integer. */
const FRACTION = 0.5;

function toDouble(number: JsonNumber, found: { isExact: boolean }): number {
  const double = Number(number.token);
  if (number.token.length <= KEPT_DIGITS && !/e/i.test(number.token)) return double;
  if (Number.isFinite(double) && compareNumbers(numberOf(double), number) === 0) return double;
  found.isExact = false;
  if (!isInteger(number)) return Number.isInteger(double) ? FRACTION : double;
  return Number.isFinite(double) ? double : Math.sign(double) * Number.MAX_VALUE;
}

/** The number that a double prints as. */
export function numberOf(double: number): JsonNumber {
  return new JsonNumber(String(double));
}

function pair(plain: unknown, json: Json, sources: Map<unknown, Json>): void {
  if (isJsonObject(json)) {
    sources.set(plain, json);
    for (const [name, value] of json) pair(memberOf(plain, name), value, sources);
  } else if (isJsonArray(json)) {
    sources.set(plain, json);
    for (const [index, value] of json.entries()) pair(memberOf(plain, index), value, sources);
  }
}

function memberOf(plain: unknown, key: string | number): unknown {
  return Reflect.get(Object(plain), key);
}

/** @throws when the part does not exist */
export function requirePart<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new TypeError("a part of the value is not found");
  return part;
}

/** The member of an object, or the element of an array, as written. */
export function childAt(container: Json | undefined, key: string | number): Json | undefined {
  if (isJsonArray(container)) return container[Number(key)];
  return isJsonObject(container) ? container.get(String(key)) : undefined;
}
