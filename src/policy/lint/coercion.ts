/** Finds equality on types that servers convert other values to, while calls are not held against the schema. */

import type { Condition } from "../condition.ts";
import type { Present, Subject } from "./checked-tool.ts";
import type { Finding } from "./finding.ts";
import { isJsonArray } from "../../json/json.ts";
import { type JsonType, typeOfJson } from "../../mcp/input-schema.ts";

const EQUALITY: readonly string[] = ["eq", "neq", "in", "not_in"];

/** Returns the warning about the condition, if any. `types` are those of the argument, without null. */
export function coercionFinding(
  { condition, path }: Subject,
  argument: Present,
  types: readonly JsonType[],
): Finding[] {
  if (condition.of !== "value" || !EQUALITY.includes(condition.operator)) return [];
  const risk = riskOf(condition, argument, types);
  if (risk === undefined) return [];
  const message = `\`${condition.text}\`: ${risk}; or set "arguments": "validate"`;
  return [{ severity: "warning", code: "coerced", path, message }];
}

/** Undefined for the values of an enum, which servers compare exactly, and for operands of other types. */
function riskOf({ value }: Condition, argument: Present, types: readonly JsonType[]): string | undefined {
  if (argument.values !== undefined) return undefined;
  const operands = (isJsonArray(value) ? value : [value]).map(typeOfJson);
  const isCompared = (type: JsonType): boolean => types.includes(type) && operands.includes(type);
  if (isCompared("number")) return argument.isInteger ? INTEGER : NUMBER;
  return isCompared("boolean") ? BOOLEAN : undefined;
}

const INTEGER = "a server may round 0.4 to an integer, so compare with bounds such as `lt` and `gt`";
const NUMBER = "a server may round a number, so compare with bounds such as `lt` and `gt`";
const BOOLEAN =
  'a server may take "true", "yes" or 1 for true, and such calls are denied as unevaluable: expect that';
