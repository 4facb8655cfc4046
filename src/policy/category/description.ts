/** Reads signs of a tool's category from its description and argument names. */

import type { Category } from "./category.ts";
import { isVerb, NOUN_VERBS, EXPLICIT_VERBS, textVerbCategory, verbCategory } from "./lexicon.ts";

const OPENING =
  /^(?:\W+|an? |the |this (?:tool|function|endpoint|command|action|operation)|use this(?: tool| function)?(?: to)?|tool (?:to|that|for|which)|(?:allows?|lets?|enables?|helps?)(?: you| users?| the user| agents?)?(?: to)?|(?:is )?used to|utility (?:to|that|for)|can |will |provides? (?:the ability|a way) to|to |mcp tool|easily |safely |quickly |securely |efficiently |asynchronously |automatically |simply |performs? )/i;

/** A verb and its category in a description. */
export interface Verb {
  readonly word: string;
  readonly category: Category;
}

/** Returns the infinitive of the verb that begins the description; undefined when another word does. */
export function firstVerb(description: string): Verb | undefined {
  let text = description.slice(0, 200);
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replace(OPENING, "").trimStart();
  }
  const [word = ""] = text.toLowerCase().split(/[^a-z]/);
  return plainForm(word);
}

function plainForm(word: string): Verb | undefined {
  for (const form of [word, word.replace(/s$/, ""), word.replace(/es$/, ""), word.replace(/ies$/, "y")]) {
    const category = textVerbCategory(form);
    if (category !== undefined) return { word: form, category };
  }
  return undefined;
}

/** Returns a changing verb after `and`, `or` or `then` in the first sentence: `find the record and delete it`. */
export function laterChangingVerb(description: string): string | undefined {
  const [sentence = ""] = description.split(/[.\n]/);
  for (const [, word = ""] of sentence
    .toLowerCase()
    .matchAll(/\b(?:and|then|or)(?: then| optionally)? ([a-z]+) (?!and\b|or\b|of\b|for\b|from\b|in\b)/g)) {
    if (isChanging(word)) return word;
  }
  return undefined;
}

function isChanging(word: string): boolean {
  return EXPLICIT_VERBS.has(word) || (isVerb(word) && !NOUN_VERBS.has(word) && verbCategory(word) !== "read");
}

const READ_ONLY =
  /\bread[- ]?only\b(?! (?:replica|mode|access|user|role|token|key|permission|link|share|copy|transaction))|\b(?:does not|doesn't|without|never|no) (?:modif|chang|alter|mutat|writ|side[- ]effect|making changes|affect)/i;
const NOT_READ_ONLY =
  /\b(?:not|non|isn't|disable[sd]?|unless|outside|when|if)\W+(?:in |a |the |is |on )*read[- ]?only\b/i;

/** Whether the description states that the tool changes nothing. */
export function isReadOnlyText(description: string): boolean {
  return READ_ONLY.test(description) && !NOT_READ_ONLY.test(description);
}

/** Arguments that hold a program in any tool. */
const PROGRAMS: ReadonlySet<string> = new Set(
  "sql command commands cmd script shell bash cypher statement statements javascript python sqlquery raw_sql sql_query code_to_run command_line commandline promql logql kql soql program".split(
    " ",
  ),
);
/** Arguments that hold a program when the description mentions a language. */
const MAYBE_PROGRAMS: ReadonlySet<string> = new Set(
  "query queries expr expression code function pipeline".split(" "),
);
const LANGUAGE =
  /\b(?:sql|cypher|promql|logql|traceql|kql|soql|sparql|graphql|gaql|hql|flux|javascript|python|shell|query language|select (?:query|queries|statements?)|range query|instant query)\b/i;
const RUNNING: ReadonlySet<string> = new Set("query run execute exec eval evaluate".split(" "));
const SEARCHING: ReadonlySet<string> = new Set(
  "search find lookup look list get resolve browse suggest grep glob".split(" "),
);

/** Whether the caller supplies the program: a free-form query, command or script. */
export function isFreeForm(argumentNames: readonly string[], description: string, verb: string): boolean {
  const names = argumentNames.map((name) => name.toLowerCase());
  if (names.some((name) => PROGRAMS.has(name))) return true;
  const hasLanguage = LANGUAGE.test(description.slice(0, 300));
  const isRunning = RUNNING.has(verb);
  if (argumentNames.length === 0) return isRunning && hasLanguage;
  return names.some((name) => MAYBE_PROGRAMS.has(name)) && !SEARCHING.has(verb) && (hasLanguage || isRunning);
}
