/** Compares the amounts that limits count with a tool's inputSchema: unknown arguments, wrong types, missing bounds. */

import { type CheckedTool, suggestion, withArticle } from "./checked-tool.ts";
import type { Finding, PlacedEntry, PlacedRule } from "./finding.ts";
import { findArgument, type JsonType, type NumberRange, numberRange } from "../../mcp/input-schema.ts";
import type { CheckedLimit } from "../document/rule-entry.ts";

/** Finds every limit of the entry whose amount is none, or has no bounds. */
export function amountFindings(
  { entry, place }: PlacedEntry,
  tool: CheckedTool,
  rules: readonly PlacedRule[],
): Finding[] {
  return (entry.limits ?? []).flatMap((limit, index): Finding[] => {
    if (limit.segments === undefined) return [];
    const path = place.at("limits").at(index).at("increment_from").path();
    const { increment_from: from = "", segments, of = "value" } = limit;
    const argument = findArgument(tool.schema, segments);
    if (argument.kind === "absent") {
      const message = `\`${from}\` is no argument of \`${tool.name}\`${suggestion(segments, argument.known)}: every call is denied`;
      return [{ severity: "error", code: "unknown-argument", path, message }];
    }
    const usable: readonly JsonType[] = of === "value" ? ["number"] : ["string", "array", "object"];
    if (argument.kind === "open" || argument.types === undefined || of === "bytes") return [];
    if (!usable.some((type) => argument.types?.has(type))) {
      const types = withArticle(Array.from(argument.types));
      const message = `an amount needs ${withArticle(usable)}, and \`${from}\` is ${types}: every call is denied`;
      return [{ severity: "error", code: "wrong-type", path, message }];
    }
    return of === "value"
      ? unboundedFinding(limit, numberRange(tool.schema, segments), [...rules, ...tool.common], path)
      : [];
  });
}

/** Finds a counted number that neither a rule nor the schema bounds on both sides. */
function unboundedFinding(
  limit: CheckedLimit,
  range: NumberRange,
  rules: readonly PlacedRule[],
  path: string,
): Finding[] {
  const missing = [
    ...(range.hasMinimum || isBounded(limit, rules, "below") ? [] : [LOWER]),
    ...(range.hasMaximum || isBounded(limit, rules, "above") ? [] : [UPPER]),
  ];
  if (missing.length === 0) return [];
  const message = `\`${limit.increment_from}\` has ${missing.join(", and ")}: require it to be in a range`;
  return [{ severity: "warning", code: "unbounded-amount", path, message }];
}

const LOWER = "no lower bound, so that calls with 0 or next to it are never counted";
const UPPER = "no upper bound, so that one call may take the whole budget";

type Side = "below" | "above";

/** Operators that keep a number from falling below a bound, or rising above one, when they are required to hold. */
const BOUNDING: Readonly<Record<Side, readonly string[]>> = {
  below: ["gt", "gte", "eq", "in"],
  above: ["lt", "lte", "eq", "in"],
};
/** The same for a `deny_if` with this condition alone. */
const DENYING: Readonly<Record<Side, readonly string[]>> = { below: ["lt", "lte"], above: ["gt", "gte"] };

function isBounded({ segments }: CheckedLimit, rules: readonly PlacedRule[], side: Side): boolean {
  const wanted = JSON.stringify(segments);
  return rules.some(({ kind, rule }) => {
    if (rule.mode === "shadow" || rule.effect === "approve") return false;
    if (kind === "deny_if" && rule.conditions.length > 1) return false;
    const operators = kind === "require" ? BOUNDING[side] : DENYING[side];
    return rule.conditions.some((condition) => {
      const isSame = condition.of === "value" && JSON.stringify(condition.segments) === wanted;
      return isSame && operators.includes(condition.operator);
    });
  });
}
