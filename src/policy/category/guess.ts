/** Guesses the category of a tool from its name, description and argument names. */

import type { Category } from "./category.ts";
import type { ToolDescription } from "../../mcp/tool-definition.ts";
import { confidenceOf, type Evidence } from "./confidence.ts";
import { firstVerb, isReadOnlyText, laterChangingVerb } from "./description.ts";
import { isFreeForm } from "./free-form.ts";
import { nameVerb, tokensOf, type Verb } from "./name.ts";
import { ACTING_NOUNS, ADMINISTRATION_NOUNS, READ_NOUNS } from "./words/nouns.ts";
import { isNounPhrase } from "./words/plain-nouns.ts";
import { EXPLICIT_VERBS, NOUN_VERBS, SOFT_VERBS } from "./words/verb-uses.ts";
import { verbMeaning } from "./verb-meaning.ts";

/** A category, the kind of evidence for it, and the reason in words. */
export interface Guess {
  readonly category: Category;
  readonly confidence: number;
  readonly evidence: Evidence;
  readonly reason: string;
  /** Whether the verb may also mean looking, so that a claim to read only is believed. */
  readonly isSoft: boolean;
}

const MAX_DESCRIPTION_LENGTH = 4096;

/** Guesses from the verb of the name, else of the description, and corrects by nouns, description and arguments. */
export function guessCategory(tool: ToolDescription): Guess {
  const tokens = tokensOf(tool.name);
  const text = (tool.description ?? "").slice(0, MAX_DESCRIPTION_LENGTH);
  const named = nameVerb(tokens);
  const guess = combine(named, firstVerb(text), { tokens, text });
  return raiseRisk(guess.isSoft && isReadOnlyText(text) ? CLAIMED_READ : guess, tool, {
    text,
    verb: named?.word ?? "",
  });
}

const CLAIMED_READ = guessOf("read", "claim in text", "the first sentence says that it only reads");

function guessOf(category: Category, evidence: Evidence, reason: string, isSoft = false): Guess {
  return { category, confidence: confidenceOf(evidence), evidence, reason, isSoft };
}

interface Words {
  readonly tokens: readonly string[];
  readonly text: string;
}

function combine(named: Verb | undefined, lead: Verb | undefined, words: Words): Guess {
  if (named === undefined) return withoutVerb(lead, words);
  const byName = verbMeaning(named, words);
  const why = reasonOf(named, byName);
  const isSoft = byName === "execute" && SOFT_VERBS.has(named.word);
  if (lead === undefined)
    return guessOf(byName, words.text === "" ? "name" : "name beside text", why, isSoft);
  const byText = verbMeaning(lead, words);
  if (byName === byText) return guessOf(byName, "name and text", why, isSoft);
  const textReason = leadReasonOf(lead, byText);
  if (byName === "read" && EXPLICIT_VERBS.has(lead.word))
    return guessOf(byText, "text over name", textReason);
  if ((isSoft || hasSeveralMeanings(named.word, lead)) && byText === "read")
    return guessOf("read", "text over name", `${textReason}; \`${named.word}\` has several meanings`);
  if (named.word === "send" && byText === "execute") return guessOf("execute", "text over name", textReason);
  return guessOf(byName, "name against text", `${why}; ${textReason}`, isSoft);
}

/** Whether the verb of the name is also a noun, or adds numbers. */
function hasSeveralMeanings(word: string, lead: Verb): boolean {
  return NOUN_VERBS.has(word) || (word === "add" && lead.word === "calculate");
}

const KINDS: Readonly<Record<Category, string>> = {
  read: "a read verb",
  write: "a write verb",
  execute: "an execute verb",
  destructive: "a destructive verb",
  financial: "a financial verb",
  unknown: "an unknown verb",
};

function reasonOf({ word, category }: Verb, meaning: Category): string {
  return `\`${word}\` is ${kindOf(category, meaning)}`;
}

function leadReasonOf({ word, category }: Verb, meaning: Category): string {
  return `the description begins with \`${word}\`, ${kindOf(category, meaning)}`;
}

function kindOf(category: Category, meaning: Category): string {
  return category === meaning ? KINDS[category] : `${KINDS[category]}, ${meaning} with these words`;
}

function withoutVerb(lead: Verb | undefined, words: Words): Guess {
  if (lead !== undefined) {
    const byText = verbMeaning(lead, words);
    return guessOf(byText, "text", leadReasonOf(lead, byText), SOFT_VERBS.has(lead.word));
  }
  const { tokens } = words;
  const last = `${tokens.at(-1)}`;
  if (ADMINISTRATION_NOUNS.has(last))
    return guessOf("write", "noun", `\`${last}\` is a noun of administration`);
  if (ACTING_NOUNS.has(last)) return guessOf("execute", "noun", `\`${last}\` is a program that acts`);
  const noun = tokens.find((token) => READ_NOUNS.has(token));
  if (noun !== undefined) return guessOf("read", "noun", `\`${noun}\` is a noun of reading`);
  if (isNounPhrase(tokens)) return guessOf("read", "noun", "the name has only nouns, and no verb");
  const isSoft = tokens.every((token) => INNOCENT.test(token));
  return guessOf("unknown", "none", "neither name nor description has a known verb", isSoft);
}

/** Words of demonstrations, whose read-only hint is believed. */
const INNOCENT = /^(?:echo|hello|greet)$/;

const IRREVERSIBLE = /\b(?:permanently|irreversibl[ey]|cannot be undone|can't be undone)\b/i;

// Security: a wrong `read` is the dangerous error, so a harmless guess needs a second check.
function raiseRisk(
  guess: Guess,
  tool: ToolDescription,
  { text, verb }: { text: string; verb: string },
): Guess {
  if (guess.category === "write" && IRREVERSIBLE.test(text))
    return guessOf("destructive", "loss in text", "the description says that it cannot be undone");
  if (guess.category !== "read" && guess.category !== "unknown") return guess;
  if (isFreeForm(tool.argumentNames ?? [], text, verb))
    return guessOf("execute", "program", "an argument holds a query, command or program");
  const later = laterChangingVerb(text);
  if (later === undefined) return guess;
  const reason = `the description continues with \`${later.word}\`, ${KINDS[later.category]}`;
  return guessOf(later.category, "later verb", reason, true);
}
