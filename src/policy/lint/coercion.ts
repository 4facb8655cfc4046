/** Finds equality on types that servers convert other values to, while calls are not held against the schema. */

import type { Condition } from "../condition.ts";
import type { Present, Subject } from "./checked-tool.ts";
import type { Finding } from "./finding.ts";
import { isJsonArray, type JsonObject } from "../../json/json.ts";
import { type JsonType, numberRange, typeOfJson } from "../../mcp/input-schema.ts";

const EQUALITY: readonly string[] = ["eq", "neq", "in", "not_in"];

/**
 * Returns the warning about the condition, if any; none about the values of an enum, which servers compare exactly.
 * `types` are those of the argument, without null.
 */
export function coercionFinding(
  { condition, path }: Subject,
  argument: Present,
  types: readonly JsonType[],
  schema: JsonObject,
): Finding[] {
  if (condition.of !== "value" || !EQUALITY.includes(condition.operator)) return [];
  const risk = argument.values === undefined ? riskOf(condition, types, schema) : undefined;
  if (risk === undefined) return [];
  const message = `\`${condition.text}\`: ${risk}; or set "arguments": "validate"`;
  return [{ severity: "warning", code: "coerced", path, message }];
}

/** Undefined for operands of other types. */
function riskOf(
  { value, segments }: Condition,
  types: readonly JsonType[],
  schema: JsonObject,
): string | undefined {
  const operands = (isJsonArray(value) ? value : [value]).map(typeOfJson);
  const isCompared = (type: JsonType): boolean => types.includes(type) && operands.includes(type);
  if (isCompared("number")) return numberRange(schema, segments).isInteger ? INTEGER : NUMBER;
  return isCompared("boolean") ? BOOLEAN : undefined;
}

const INTEGER = "a server may round 0.4 to an integer, so compare with bounds such as `lt` and `gt`";
const NUMBER = "a server may round a number, so compare with bounds such as `lt` and `gt`";
const BOOLEAN =
  'a server may take "true", "yes" or 1 for true, and such calls are denied as unevaluable: expect that';
