/** Assigns a category to a tool: from the policy, else from a guess and the server's annotations. */

import type { Category, CategoryAssignment } from "./category.ts";
import { confidenceOf, type Evidence } from "./confidence.ts";
import { type Guess, guessCategory } from "./guess.ts";
import type { ToolDescription } from "../../mcp/tool-definition.ts";

/**
 * Assigns the category of the policy, else a guess from name, description and arguments, with the server's hints as
 * further evidence. `docs/labels.md` has the table of what a hint moves: in doubt, a tool is never `read`.
 */
export function classifyTool(tool: ToolDescription, policyWord?: Category): CategoryAssignment {
  if (policyWord !== undefined)
    return { category: policyWord, source: "policy", confidence: 1, reason: "the policy says so" };
  const guess = guessCategory(tool);
  const isReadOnly = hint(tool.annotations, "readOnlyHint");
  if (isReadOnly === true) return withReadOnlyHint(guess);
  if (hint(tool.annotations, "destructiveHint") === true) return withDestructiveHint(guess);
  return isReadOnly === false ? withChangingHint(guess) : byGuess(guess);
}

function hint(annotations: unknown, name: string): unknown {
  if (typeof annotations !== "object" || annotations === null || !Object.hasOwn(annotations, name))
    return undefined;
  return Reflect.get(annotations, name);
}

function isHarmless({ category }: Guess): boolean {
  return category === "read" || category === "unknown";
}

// Security: the server wrote the hint, and a lying server would call every tool read-only. It moves no clear verb, and
// makes no tool `read` of which nothing else is known.
function withReadOnlyHint(guess: Guess): CategoryAssignment {
  if (guess.category === "read")
    return byHint("read", "hint agrees", `${guess.reason}; the server says that it only reads`);
  if (guess.isSoft) return byHint("read", "hint moves", "the server says that it only reads");
  if (guess.category === "unknown") return byGuess(guess);
  return overruling(guess);
}

/** `readOnlyHint: false` is also the default of MCP, and says little where name and description both read. */
function withChangingHint(guess: Guess): CategoryAssignment {
  if (!isHarmless(guess)) return byGuess(guess);
  if (guess.evidence !== "name and text")
    return byHint("write", "hint denies read", "the server says that it is not read-only");
  return overruling(guess);
}

/** `destructiveHint` also stands for updates that overwrite: it moves no verb that writes, runs or pays. */
function withDestructiveHint(guess: Guess): CategoryAssignment {
  if (guess.category === "destructive")
    return byHint("destructive", "hint agrees", `${guess.reason}; the server says that it may destroy`);
  return isHarmless(guess)
    ? byHint("destructive", "hint of loss", "the server says that it may destroy")
    : byGuess(guess);
}

/** The guess, against the server's readOnlyHint. */
function overruling(guess: Guess): CategoryAssignment {
  return {
    ...byGuess(guess),
    confidence: Math.min(guess.confidence, confidenceOf("hint overruled")),
    reason: `${guess.reason}, which overrules the server's readOnlyHint`,
  };
}

function byHint(category: Category, evidence: Evidence, reason: string): CategoryAssignment {
  return { category, source: "annotations", confidence: confidenceOf(evidence), reason };
}

function byGuess({ category, confidence, reason }: Guess): CategoryAssignment {
  return { category, source: "heuristic", confidence, reason };
}
