/** Checks a value against a zod shape, and says in the house's words what is wrong: zod's own texts never reach an operator. */

import * as z from "zod";
import { didYouMean } from "../policy/schema/did-you-mean.ts";
import { listWords } from "../policy/schema/schema.ts";

export interface ShapeProblem {
  /** Names and indexes down to the value; empty for the whole. */
  readonly path: readonly string[];
  /** `must be ...`, lower case, without a final period. Security: never repeats the value, which may be a secret. */
  readonly message: string;
  /** Keys that the shape does not know; absent for every other problem. */
  readonly unknownKeys?: readonly string[];
  /** Whether the value is of another type than the shape's, or is missing. */
  readonly isOtherType: boolean;
}

export type ShapeCheck<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

/** Every problem at once. A text that the shape gives for a problem of its own is kept. */
export function checkShape<T>(shape: z.ZodType<T>, value: unknown): ShapeCheck<T> {
  const parsed = shape.safeParse(value, { error: textOf });
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({
      path: issue.path.map(String),
      message: issue.message,
      ...(issue.code === "unrecognized_keys" && { unknownKeys: issue.keys }),
      isOtherType: issue.code === "invalid_type",
    })),
  };
}

function textOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeText(issue.expected, issue.input);
    case "invalid_value":
      return valueText(issue.values.map(String), issue.input);
    case "too_small":
      return boundText(
        issue.origin,
        Number(issue.minimum),
        issue.inclusive === false ? "more than" : "at least",
        issue.input,
      );
    case "too_big":
      return boundText(
        issue.origin,
        Number(issue.maximum),
        issue.inclusive === false ? "less than" : "at most",
        issue.input,
      );
    case "unrecognized_keys":
      return unknownKeysText(issue.keys, issue.inst);
    case "invalid_key":
      return "has a name that must not be empty";
    default:
      return "is not of a form that is allowed here";
  }
}

/** Security: suggests a value that is allowed, and does not repeat the one that is given. */
function valueText(allowed: readonly string[], input: unknown): string {
  const suggestion = typeof input === "string" ? didYouMean(input, allowed) : `, got ${kindOf(input)}`;
  return `must be ${listWords(allowed)}${suggestion}`;
}

function unknownKeysText(keys: readonly string[], shape: unknown): string {
  const known = shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
  const suggestions = keys.map((key) => didYouMean(key, known)).filter((suggestion) => suggestion !== "");
  const hints = suggestions.length > 0 || known.length > MAX_LISTED ? suggestions : [knownText(known)];
  return `unknown: ${keys.join(", ")}${hints.join("")}`;
}

/** Longest list of known names in a problem. */
const MAX_LISTED = 10;

function knownText(known: readonly string[]): string {
  if (known.length === 0) return "";
  return known.length === 1 ? `; known is ${known[0]}` : `; known are ${listWords(known, "and")}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function typeText(expected: string, input: unknown): string {
  const type = TYPES[expected] ?? expected;
  return input === undefined ? `is missing; it must be ${type}` : `must be ${type}, got ${kindOf(input)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "no value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return `${value}`;
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}

/** A number that is out of bounds is repeated: no secret is a number of a setting that has bounds. */
function boundText(origin: string, bound: number, relation: string, input: unknown): string {
  if (origin === "string")
    return bound === 1 ? "must not be empty" : `must have ${relation} ${bound} characters`;
  if (origin === "array") return `must have ${relation} ${bound} ${bound === 1 ? "entry" : "entries"}`;
  return `must be ${relation} ${bound}${typeof input === "number" ? `, got ${input}` : ""}`;
}
