/** Guesses the category of a tool from its name, description and argument names. */

import type { Category, CategoryAssignment } from "./category.ts";
import type { ToolDescription } from "../../mcp/tool-definition.ts";
import { isFreeForm, isReadOnlyText, firstVerb, laterChangingVerb, type Verb } from "./description.ts";
import {
  FINAL_VERBS,
  LOOKUP_VERBS,
  AMBIGUOUS_MONEY_NOUNS,
  MONEY_NOUNS,
  NOUN_VERBS,
  EXPLICIT_VERBS,
  READ_NOUNS,
  SCREEN_NOUNS,
  isVerb,
  verbCategory,
} from "./lexicon.ts";

export type Guess = Pick<CategoryAssignment, "category" | "confidence">;

const MAX_NAME_LENGTH = 256;
const MAX_DESCRIPTION_LENGTH = 4096;

/**
 * Guesses from the verb of the name, else of the description, and corrects by nouns, description and arguments.
 * The confidence is 0.9 when name and description agree, and lower with fewer signs.
 */
export function guessCategory(tool: ToolDescription): Guess {
  const tokens = tokensOf(tool.name);
  const text = (tool.description ?? "").slice(0, MAX_DESCRIPTION_LENGTH);
  const named = nameVerb(tokens);
  const lead = firstVerb(text);
  const guess = combine(named, lead, tokens);
  // An explicit read-only text outweighs a verb of action; free-form arguments raise the category again.
  const isOnlyRead = guess.category === "execute" && isReadOnlyText(text);
  return raiseRisk(isOnlyRead ? { category: "read", confidence: 0.6 } : guess, {
    tool,
    text,
    verb: named,
  });
}

/** Splits `StartAHORunBatch` into start, aho, run, batch. Replaces nouns that contain verbs, such as `pull request`. */
function tokensOf(name: string): string[] {
  const tokens = name.slice(0, MAX_NAME_LENGTH).match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  const text = tokens.join(" ").toLowerCase();
  return text
    .replaceAll(/\b(?:pull|merge|change|feature|check|workflow) (requests?|runs?|suites?)\b/g, "thing")
    .split(" ");
}

/** The verb of a name; of several, the one with the highest risk. */
function nameVerb(tokens: readonly string[]): string | undefined {
  const verbs = tokens.filter(isVerbAt);
  const [first] = verbs;
  const last = `${tokens.at(-1)}`;
  if (first === undefined) return undefined;
  if (NOUN_VERBS.has(first) && first !== last && FINAL_VERBS.has(last)) return last;
  const isLooking = verbCategory(first) !== "read" || LOOKUP_VERBS.has(first);
  const counting = verbs.filter((verb, index) => index === 0 || !isLooking || isJoined(verb, tokens));
  return counting.reduce((one, other) => (riskOf(other) > riskOf(one) ? other : one));
}

/** Whether the token is a verb. A word that is also a noun is not a verb after another word: `ebs_snapshot`. */
function isVerbAt(token: string, index: number): boolean {
  if (!isVerb(token) || index === 0 || LOOKUP_VERBS.has(token) || FINAL_VERBS.has(token))
    return isVerb(token);
  return !NOUN_VERBS.has(token) || verbCategory(token) !== "read";
}

/** Whether the verb comes after `and` or `or`. */
function isJoined(verb: string, tokens: readonly string[]): boolean {
  return tokens.some((token, index) => token === verb && /^(?:and|or)$/.test(`${tokens[index - 1]}`));
}

const RISK_ORDER: readonly Category[] = ["unknown", "read", "write", "execute", "financial", "destructive"];

function riskOf(verb: string): number {
  return RISK_ORDER.indexOf(verbCategory(verb));
}

function combine(named: string | undefined, lead: Verb | undefined, tokens: readonly string[]): Guess {
  const byText = lead && meaningOf(lead, tokens);
  if (named === undefined) return withoutVerb(byText, tokens);
  const byName = meaningOf({ word: named, category: verbCategory(named) }, tokens);
  if (lead === undefined || byText === undefined) return { category: byName, confidence: 0.7 };
  if (byName === byText) return { category: byName, confidence: 0.9 };
  if (byName === "read") {
    return EXPLICIT_VERBS.has(lead.word)
      ? { category: byText, confidence: 0.4 }
      : { category: "read", confidence: 0.6 };
  }
  const isNoun = NOUN_VERBS.has(named) && byText === "read";
  return { category: isNoun ? "read" : byName, confidence: isNoun ? 0.5 : 0.6 };
}

function withoutVerb(byText: Category | undefined, tokens: readonly string[]): Guess {
  if (byText !== undefined) return { category: byText, confidence: 0.5 };
  const isLookedAt = tokens.some((token) => READ_NOUNS.has(token));
  return isLookedAt ? { category: "read", confidence: 0.4 } : { category: "unknown", confidence: 0 };
}

/** The category of the verb with these nouns: paying for an order, acting on a screen, settling a comment. */
function meaningOf({ word, category }: Verb, tokens: readonly string[]): Category {
  if (word === "resolve" && !tokens.some((token) => LOOKUP_NOUNS.has(token))) return "write";
  if (!LOOKUP_VERBS.has(word) && category !== "destructive" && concernsMoney(word, tokens))
    return moneyMeaning(word, category);
  const isActing = category === "write" || word === "reset" || word === "clear";
  return isActing && SCREEN_NOUNS.has(`${tokens[0]}`) ? "execute" : category;
}

/** The category of a verb about money: reading stays `read`, except that `capture` and `convert` move money. */
function moneyMeaning(word: string, category: Category): Category {
  return category !== "read" || word === "capture" || word === "convert" ? "financial" : category;
}

/** Nouns with which `resolve` means to look up, and not to settle. */
const LOOKUP_NOUNS: ReadonlySet<string> = new Set(
  "library id name names dns url uri path reference address user symbol package host domain handle link".split(
    " ",
  ),
);

function concernsMoney(verb: string, tokens: readonly string[]): boolean {
  return tokens.some(
    (token) =>
      MONEY_NOUNS.has(token) && token !== verb && (AMBIGUOUS_MONEY_NOUNS.get(token)?.has(verb) ?? true),
  );
}

interface Evidence {
  readonly tool: ToolDescription;
  readonly text: string;
  readonly verb: string | undefined;
}

const IRREVERSIBLE = /\b(?:permanently|irreversibl[ey]|cannot be undone|can't be undone)\b/i;

// Security: a wrong `read` is the dangerous error, so a harmless guess needs a second check.
function raiseRisk(guess: Guess, { tool, text, verb }: Evidence): Guess {
  if (guess.category === "write" && IRREVERSIBLE.test(text))
    return { category: "destructive", confidence: 0.6 };
  if (guess.category !== "read" && guess.category !== "unknown") return guess;
  if (isFreeForm(tool.argumentNames ?? [], text, verb ?? "")) return { category: "execute", confidence: 0.6 };
  const more = laterChangingVerb(text);
  return more === undefined ? guess : { category: verbCategory(more), confidence: 0.4 };
}
