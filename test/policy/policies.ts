/** Policies and calls for tests, from plain literals. */

import type { Category } from "../../src/policy/category/category.ts";
import {
  compilePolicy,
  type CompileOptions,
  type CompiledPolicy,
} from "../../src/policy/document/compile.ts";
import type { Call } from "../../src/policy/decision.ts";
import { parsePolicy } from "../../src/policy/document/document.ts";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { ReadUsage } from "../../src/policy/limit.ts";

/** The value of a JSON text, which must be valid. */
export function json(text: string): Json {
  const read = readJson(text, { allowsLoneSurrogates: true });
  if (!read.ok) throw new Error(`${read.detail} at ${read.offset} of ${text}`);
  return read.value;
}

/** The value of a JSON text that is an object. */
export function objectOf(text: string): JsonObject {
  const value = json(text);
  if (!isJsonObject(value)) throw new Error("an object expected");
  return value;
}

/** A literal after a round trip through `JSON.stringify` and the JSON reader. */
export function fromLiteral(value: unknown): Json {
  return json(JSON.stringify(value));
}

export function policyOf(literal: unknown, options: Partial<CompileOptions> = {}): CompiledPolicy {
  const parsed = parsePolicy(typeof literal === "string" ? json(literal) : fromLiteral(literal));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compilePolicy(parsed.document, { digest: "d", ...options });
}

export function problemsOf(literal: unknown): string[] {
  const parsed = parsePolicy(fromLiteral(literal));
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

export interface CallLiteral {
  readonly args?: unknown;
  readonly category?: Category;
  readonly agent?: string;
  readonly isApproved?: boolean;
}

export function callOf(
  tool: string,
  { args = {}, category = "unknown", agent = "a", ...rest }: CallLiteral = {},
): Call {
  const value = fromLiteral(args);
  const object: JsonObject = value instanceof Map ? value : new Map();
  return { tool, args: object, agent, category: { category, source: "heuristic", confidence: 1 }, ...rest };
}

export function num(token: string): JsonNumber {
  return new JsonNumber(token);
}

/** A usage reader for which every limit is unused. */
export const UNUSED: ReadUsage = () => ({ used: 0, retryAfterMs: 1_000 });
