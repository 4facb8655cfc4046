/** The category of a tool: the policy's word, else the server's annotations, else a guess. */

import type { Category, CategoryAssignment } from "./category.ts";
import { guessCategory } from "./guess.ts";
import type { ToolDescription } from "../../mcp/tool-definition.ts";

const HINT_CONFIDENCE = 0.9;
/** A guess at least this sure outweighs a hint that says the opposite. */
const MIN_DOUBT_CONFIDENCE = 0.6;

/**
 * The policy's word, else the server's annotations, else a guess from name, description and argument names.
 * An annotation that says `read` against clear signs of the opposite is not believed: never `read` when in doubt.
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

// Security: the server wrote the hint, and a server that lies would call everything read-only.
function readUnlessDoubted(guess: Guess): CategoryAssignment {
  const isDoubted = guess.category !== "read" && guess.confidence >= MIN_DOUBT_CONFIDENCE;
  if (isDoubted) return { category: guess.category, source: "heuristic", confidence: MIN_DOUBT_CONFIDENCE };
  return { category: "read", source: "annotations", confidence: HINT_CONFIDENCE };
}

/** `destructiveHint` says that something may be lost; running and paying are told apart from that. */
function destructiveUnlessFinancial(guess: Guess): CategoryAssignment {
  if (guess.category === "financial" || guess.category === "execute")
    return { ...guess, source: "heuristic" };
  return { category: "destructive", source: "annotations", confidence: HINT_CONFIDENCE };
}
