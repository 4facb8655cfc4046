/** A guess at what a tool does, from its name, description and argument names. */

import type { Category, CategoryAssignment, DescribedTool } from "./category.ts";
import { isFreeForm, isReadOnlyText, leadVerb, promisesMore } from "./category-text.ts";
import {
  FINAL_VERBS,
  LOOSE_MONEY,
  MONEY_NOUNS,
  NOUN_LIKE,
  PLAIN_VERBS,
  READ_NOUNS,
  SCREENS,
  VERBS,
} from "./category-words.ts";

export type Guess = Pick<CategoryAssignment, "category" | "confidence">;

const LONGEST_NAME = 256;
const LONGEST_DESCRIPTION = 4096;

/**
 * The name's verb, or else the description's first one, corrected by what the nouns, the rest of the description and
 * the arguments say. Confidence: 0.9 when name and description agree, less the less there is to go by.
 */
export function guessCategory(tool: DescribedTool): Guess {
  const tokens = tokensOf(tool.name);
  const text = (tool.description ?? "").slice(0, LONGEST_DESCRIPTION);
  const named = nameVerb(tokens);
  const lead = leadVerb(text);
  const guess = combine(named, lead, tokens);
  // Explicit read-only text beats a verb of action; free-form arguments still raise it again.
  const isOnlyRead = guess.category === "execute" && isReadOnlyText(text);
  return raise(isOnlyRead ? { category: "read", confidence: 0.6 } : guess, {
    tool,
    text,
    tokens,
    verb: named,
  });
}

/** `StartAHORunBatch` -> start, aho, run, batch; things whose names look like verbs are put aside. */
function tokensOf(name: string): string[] {
  const tokens = name.slice(0, LONGEST_NAME).match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  const text = tokens.join(" ").toLowerCase();
  return text
    .replaceAll(/\b(?:pull|merge|change|feature|check|workflow) (requests?|runs?|suites?)\b/g, "thing")
    .split(" ");
}

/** The verb that a name is built on; of several joined by `and` or `or`, the gravest. */
function nameVerb(tokens: readonly string[]): string | undefined {
  const verbs = tokens.filter((token) => VERBS.has(token));
  const [first] = verbs;
  const last = tokens.at(-1) ?? "";
  if (first === undefined) return undefined;
  if (NOUN_LIKE.has(first) && first !== last && FINAL_VERBS.has(last)) return last;
  const joined = tokens.filter(
    (token, index) => VERBS.has(token) && /^(?:and|or)$/.test(tokens[index - 1] ?? ""),
  );
  return [first, ...joined].reduce((one, other) => (gravity(other) > gravity(one) ? other : one));
}

const GRAVITY: readonly Category[] = ["unknown", "read", "write", "execute", "financial", "destructive"];

function gravity(verb: string): number {
  return GRAVITY.indexOf(VERBS.get(verb) ?? "unknown");
}

function combine(named: string | undefined, lead: string | undefined, tokens: readonly string[]): Guess {
  const byName = named === undefined ? undefined : meaningOf(named, tokens);
  const byText = lead === undefined ? undefined : meaningOf(lead, tokens);
  if (byName === undefined || named === undefined) return withoutVerb(byText, tokens);
  if (byText === undefined || lead === undefined) return { category: byName, confidence: 0.7 };
  if (byName === byText) return { category: byName, confidence: 0.9 };
  if (byName === "read") {
    return PLAIN_VERBS.has(lead)
      ? { category: byText, confidence: 0.4 }
      : { category: "read", confidence: 0.6 };
  }
  const isNoun = NOUN_LIKE.has(named) && byText === "read";
  return { category: isNoun ? "read" : byName, confidence: isNoun ? 0.5 : 0.6 };
}

function withoutVerb(byText: Category | undefined, tokens: readonly string[]): Guess {
  if (byText !== undefined) return { category: byText, confidence: 0.5 };
  const isLookedAt = tokens.some((token) => READ_NOUNS.has(token));
  return isLookedAt ? { category: "read", confidence: 0.4 } : { category: "unknown", confidence: 0 };
}

/** What the verb does to these nouns: paying for an order, acting on a screen, settling a comment. */
function meaningOf(verb: string, tokens: readonly string[]): Category {
  const category = VERBS.get(verb) ?? "unknown";
  if (verb === "resolve" && tokens.some((token) => RESOLVABLE.has(token))) return "write";
  if ((category === "write" || category === "execute") && concernsMoney(verb, tokens)) return "financial";
  if ((category === "write" || verb === "reset" || verb === "clear") && SCREENS.has(tokens[0] ?? ""))
    return "execute";
  return category;
}

const RESOLVABLE: ReadonlySet<string> = new Set(
  "comment thread incident alert issue conflict case ticket error".split(" "),
);

function concernsMoney(verb: string, tokens: readonly string[]): boolean {
  return tokens.some(
    (token) => MONEY_NOUNS.has(token) && token !== verb && (LOOSE_MONEY.get(token)?.has(verb) ?? true),
  );
}

interface Evidence {
  readonly tool: DescribedTool;
  readonly text: string;
  readonly tokens: readonly string[];
  readonly verb: string | undefined;
}

// Security: what looks harmless is looked at twice, because calling something `read` that is not is the error that counts.
function raise(guess: Guess, { tool, text, tokens, verb }: Evidence): Guess {
  if (
    /\b(?:permanently|irreversibl[ey]|cannot be undone|can't be undone)\b/i.test(text) &&
    guess.category === "write"
  ) {
    return { category: "destructive", confidence: 0.6 };
  }
  if (guess.category !== "read" && guess.category !== "unknown") return guess;
  if (isFreeForm(tool.argumentNames ?? [], text, verb ?? tokens[0] ?? ""))
    return { category: "execute", confidence: 0.6 };
  const more = promisesMore(text);
  return more === undefined ? guess : { category: VERBS.get(more) ?? "write", confidence: 0.4 };
}
