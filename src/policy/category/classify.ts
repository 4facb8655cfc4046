/** Assigns a category to a tool: from the policy, else from the server's annotations, else by a guess. */

import type { Category, CategoryAssignment } from "./category.ts";
import { guessCategory } from "./guess.ts";
import type { ToolDescription } from "../../mcp/tool-definition.ts";

const HINT_CONFIDENCE = 0.9;
/** A guess of at least this confidence outweighs a contradicting hint. */
const MIN_DOUBT_CONFIDENCE = 0.6;

/**
 * Assigns the category of the policy, else of the server's annotations, else a guess from name, description and arguments.
 * Ignores a `readOnlyHint` that contradicts a confident guess: in doubt, a tool is never `read`.
 */
export function classifyTool(tool: ToolDescription, policyWord?: Category): CategoryAssignment {
  if (policyWord !== undefined) return { category: policyWord, source: "policy", confidence: 1 };
  const guess = guessCategory(tool);
  const isReadOnly = hint(tool.annotations, "readOnlyHint");
  if (isReadOnly === true) return readUnlessDoubted(guess);
  if (hint(tool.annotations, "destructiveHint") === true) return destructiveUnlessFinancial(guess);
  if (isReadOnly === false && (guess.category === "read" || guess.category === "unknown")) {
    return { category: "write", source: "annotations", confidence: MIN_DOUBT_CONFIDENCE };
  }
  return { ...guess, source: "heuristic" };
}

function hint(annotations: unknown, name: string): boolean | undefined {
  if (typeof annotations !== "object" || annotations === null || !Object.hasOwn(annotations, name))
    return undefined;
  const value: unknown = Reflect.get(annotations, name);
  return typeof value === "boolean" ? value : undefined;
}

type Guess = Pick<CategoryAssignment, "category" | "confidence">;

// Security: the server wrote the hint, and a lying server would call every tool read-only.
function readUnlessDoubted(guess: Guess): CategoryAssignment {
  const isDoubted = guess.category !== "read" && guess.confidence >= MIN_DOUBT_CONFIDENCE;
  if (isDoubted) return { category: guess.category, source: "heuristic", confidence: MIN_DOUBT_CONFIDENCE };
  return { category: "read", source: "annotations", confidence: HINT_CONFIDENCE };
}

/** `destructiveHint` means possible loss; a guess of `execute` or `financial` is more specific. */
function destructiveUnlessFinancial(guess: Guess): CategoryAssignment {
  if (guess.category === "financial" || guess.category === "execute")
    return { ...guess, source: "heuristic" };
  return { category: "destructive", source: "annotations", confidence: HINT_CONFIDENCE };
}
