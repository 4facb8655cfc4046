/** Reads signs of a tool's category from its description. */

import type { Category } from "./category.ts";
import { type Verb, unspacedVerbs, withoutAccents } from "./name.ts";
import { EXPLICIT_VERBS, NOUN_VERBS } from "./words/verb-uses.ts";
import { textVerbCategory, verbCategory } from "./words/verbs.ts";

const OPENING =
  /^(?:[^\p{L}]+|an? |the |this (?:tool|function|endpoint|command|action|operation)|use this(?: tool| function)?(?: to)?|tool (?:to|that|for|which)|(?:allows?|lets?|enables?|helps?)(?: you| users?| the user| agents?)?(?: to)?|(?:is )?used (?:to|for)|utility (?:to|that|for)|can |will |(?:deprecated|experimental|beta|legacy)\b|provides? (?:the ability|a way) to|to |mcp tool|(?!(?:reply|apply|supply|multiply|rely|comply) )[a-z]+ly |performs? )/iu;

/** A search written as an action: `Run multiple search queries`. */
const SEARCHING =
  /^(?:run|execute|perform|conduct|do|make)s? (?!(?:[a-z-]+ ){0,3}(?:sql|script|command))(?:[a-z-]+ ){0,3}(?:search(?:es)?|lookups?|find)\b/i;

/** A look at something, in words that may also mean a change: `Perform research`, `Map a website`, `Take a screenshot`. */
const LOOKING = new RegExp(
  [
    "(?:conduct|perform|do)s? (?:[a-z-]+ ){0,3}(?:research|comparison)",
    "maps? (?:(?:a|an|the|one|any) )?(?:[a-z-]+ )?(?:websites?|sites?|urls?|domains?)",
    "takes? (?:(?:a|an|the) )?(?:[a-z-]+ ){0,2}(?:screenshots?|snapshots? of the (?:[a-z-]+ )?(?:page|screen|dom|window|tab|ui))",
  ]
    .map((form) => `(?:^${form}\\b)`)
    .join("|"),
  "i",
);

/** Arithmetic: `Adds two numbers` changes nothing. */
const COMPUTING = /^adds?(?: up)?(?: (?:two|the|these|several|a list of))? (?:numbers|integers)\b/i;

/** Returns the infinitive of the verb that begins the description; undefined when another word does. */
export function firstVerb(description: string): Verb | undefined {
  let text = withoutAccents(description.slice(0, 200));
  let before: string;
  do {
    if (LOOKING.test(text)) return { word: "look", category: "read" };
    before = text;
    text = text.replace(OPENING, "");
  } while (before !== text);
  if (/^set of\b/i.test(text)) return undefined;
  if (/^\p{Lo}/u.test(text)) return unspacedFirstVerb(text);
  if (SEARCHING.test(text)) return { word: "search", category: "read" };
  if (COMPUTING.test(text)) return { word: "calculate", category: "read" };
  return plainForm(text.toLowerCase().replace(/[^a-z].*/s, ""));
}

/** The verb of a Chinese or Japanese sentence: Japanese, which has kana, ends with it. */
function unspacedFirstVerb(text: string): Verb | undefined {
  const sentence = text.replace(/[。.\n].*/s, "");
  return unspacedVerbs(sentence).at(/[\u3040-\u30ff]/.test(sentence) ? -1 : 0);
}

function plainForm(word: string): Verb | undefined {
  const stem = word.replace(/ing$/, "");
  const forms = [word, word.replace(/s$/, ""), word.replace(/es$/, ""), word.replace(/ies$/, "y")];
  const gerunds = stem === word ? [] : [stem, `${stem}e`, stem.replace(/(.)\1$/, "$1")];
  for (const form of [...forms, ...gerunds.filter((one) => !NOUN_VERBS.has(one))]) {
    const category = textVerbCategory(form);
    if (category !== undefined) return { word: form, category };
  }
  return undefined;
}

/** Returns a changing verb after `and`, `or` or `then` in the first sentence: `find the record and delete it`. */
export function laterChangingVerb(description: string): Verb | undefined {
  const sentence = description.replace(/[.\n].*/s, "");
  for (const [, said] of sentence
    .toLowerCase()
    .matchAll(/\b(?:and|then|or)(?: then| optionally)? ([a-z]+) (?!and\b|or\b|of\b|for\b|from\b|in\b)/g)) {
    const word = `${said}`;
    const verb = isThirdPerson(sentence) ? word.replace(/(?<!s)s$/, "") : word;
    const category = verbCategory(verb);
    if (category !== undefined && isChanging(verb, category)) return { word: verb, category };
  }
  return undefined;
}

/** `Finds the record and deletes it`; after `Find the latest news and updates` the second word is a noun. */
function isThirdPerson(sentence: string): boolean {
  return /^[a-z]+s\b/i.test(sentence);
}

function isChanging(word: string, category: Category): boolean {
  return EXPLICIT_VERBS.has(word) || (category !== "read" && !NOUN_VERBS.has(word));
}

const READ_ONLY =
  /\bread[- ]?only\b(?! (?:replica|mode|access|user|role|token|key|permission|link|share|copy|transaction))|\b(?:does not|doesn't|without|never|no) (?:modif|chang|alter|mutat|writ|side[- ]effect|making changes|affect)/i;
const NOT_READ_ONLY =
  /\b(?:not|non|isn't|disable[sd]?|unless|outside|when|if)\W+(?:in |a |the |is |on )*read[- ]?only\b|\b(?:outside|beyond|other than|except|unless|elsewhere)\b/i;

/**
 * Whether the first sentence states that the tool changes nothing. A later sentence, or a claim about some things only,
 * says nothing of the tool: `It never modifies files outside the workspace`.
 */
export function isReadOnlyText(description: string): boolean {
  const sentence = description.replace(/(?:[.!?]\s|\n).*/s, "");
  return READ_ONLY.test(sentence) && !NOT_READ_ONLY.test(sentence);
}
