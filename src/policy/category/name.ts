/** Reads the words of a tool's name, and finds the verb that says what the tool does. */

import type { Category } from "./category.ts";
import { UNSPACED_VERBS } from "./words/foreign-verbs.ts";
import { MONEY_NOUNS, READ_NOUNS, STATE_NOUNS } from "./words/nouns.ts";
import { isPlainNoun } from "./words/plain-nouns.ts";
import { FINAL_VERBS, LOOKUP_VERBS, NOUN_VERBS } from "./words/verb-uses.ts";
import { initialVerbCategory, verbCategory } from "./words/verbs.ts";

/** A verb and its category. */
export interface Verb {
  /** The infinitive. */
  readonly word: string;
  readonly category: Category;
}

const MAX_NAME_LENGTH = 256;
const WORD = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lo}[\p{Lo}\p{Lm}]*/gu;
const ACCENTS = /[\u0300-\u036f]/g;

/** Splits `StartAHORunBatch` into start, aho, run, batch. Replaces nouns that contain verbs, such as `pull request`. */
export function tokensOf(name: string): string[] {
  const tokens = withoutAccents(name.slice(0, MAX_NAME_LENGTH)).match(WORD) ?? [];
  return tokens
    .flatMap((token) => splitJoined(token.toLowerCase()))
    .join(" ")
    .replace(/(?<=.) tools?$/, "")
    .replaceAll(/\b(?:go (?:back|forward)|drag and drop)\b/g, "drag")
    .replaceAll(/\bfine tune\b/g, "finetune")
    .replaceAll(/\b(?:forward|reverse) geocod(?:e|ing)\b/g, "geocode")
    .replaceAll(/\b(?:pull|merge|change|feature|check|workflow) (requests?|runs?|suites?)\b/g, "thing")
    .split(" ");
}

/** Writes accented Latin letters plainly; `ß` becomes `ss`. */
export function withoutAccents(text: string): string {
  return text.normalize("NFD").replaceAll(ACCENTS, "").normalize("NFC").replaceAll("ß", "ss");
}

const JOINED =
  /^(?:(?<verb>create|delete|update|remove|list|search|fetch|send|read|write|execute|upload|insert|get|set|add|run|find|start|stop)(?<object>[a-z]{3,})|(?<subject>[a-z]{3,})(?<final>create|delete|update|list|search|read|write))$/;

/** Splits a verb and a noun written as one word: `createuser`, `filelist`. */
function splitJoined(token: string): string[] {
  if (isWord(token) || token === "setpoint") return [token];
  const { verb, object, subject, final } = JOINED.exec(token)?.groups ?? {};
  if (isNoun(`${object}`)) return [`${verb}`, `${object}`];
  return isNoun(`${subject}`) ? [`${subject}`, `${final}`] : [token];
}

function isWord(token: string): boolean {
  return verbCategory(token) !== undefined || isNoun(token);
}

function isNoun(token: string): boolean {
  return isPlainNoun(token) || READ_NOUNS.has(token) || MONEY_NOUNS.has(token) || NOUN_VERBS.has(token);
}

/** The verb of a name; of several, the one with the highest risk. */
export function nameVerb(tokens: readonly string[]): Verb | undefined {
  const verbs = tokens.flatMap((_, index) => verbAt(tokens, index) ?? []);
  const [first] = verbs;
  if (first === undefined) return undefined;
  const last = `${tokens.at(-1)}`;
  if (last === "help" || (first.word === "open" && OPEN_THINGS.test(last))) return undefined;
  const isNoun = NOUN_VERBS.has(first.word) && first.word !== last;
  const isRunning = first.category === "execute" && (last === "query" || last === "search");
  if (isNoun && FINAL_VERBS.has(last)) return isRunning ? first : verbOf(last);
  if (isNoun && verbs.length === 1 && first.category !== "read" && STATE_NOUNS.has(last)) return undefined;
  const isLooking = first.category !== "read" || LOOKUP_VERBS.has(first.word);
  const counting = verbs.filter(
    ({ word }, index) => index === 0 || (!isLooking && !NOUN_VERBS.has(word)) || isJoined(word, tokens),
  );
  return riskiest(counting);
}

/** Things that are open or closed: `open_orders` lists those that are open. */
const OPEN_THINGS =
  /^(?:orders|issues|positions|incidents|tickets|requests|prs|trades|thing|ports|tasks|cases|alerts)$/;

function verbOf(word: string): Verb | undefined {
  const category = verbCategory(word);
  return category && { word, category };
}

/** The verb at this place. A word that is also a noun is not a verb after another word: `ebs_snapshot`. */
function verbAt(tokens: readonly string[], index: number): Verb | undefined {
  const token = `${tokens[index]}`;
  if (/\p{Lo}/u.test(token)) return riskiest(unspacedVerbs(token));
  if (index === 0) return initialVerb(token, tokens) ?? verbOf(token) ?? verbOfThirdPerson(token);
  const verb = verbOf(token);
  if (verb === undefined || LOOKUP_VERBS.has(token) || FINAL_VERBS.has(token)) return verb;
  const isObject = index > 1 || index === tokens.length - 1;
  return isObject && NOUN_VERBS.has(token) && verb.category === "read" ? undefined : verb;
}

/** A first word that is a verb before an object: `snapshot_droplet`, but neither `snapshot_list` nor `plan_details`. */
function initialVerb(word: string, [, ...objects]: readonly string[]): Verb | undefined {
  const last = objects.at(-1);
  if (last === undefined || READ_NOUNS.has(last)) return undefined;
  const category = initialVerbCategory(word);
  return category && { word, category };
}

/** The infinitive of `creates` or `searches`; not of `runs` or `orders`, which are nouns. */
function verbOfThirdPerson(token: string): Verb | undefined {
  const form = [token.replace(/s$/, ""), token.replace(/es$/, ""), token.replace(/ies$/, "y")].find(
    (one) => !NOUN_VERBS.has(one) && verbCategory(one) !== undefined,
  );
  return form === undefined ? undefined : verbOf(form);
}

/** The verbs inside a Chinese or Japanese text, in their order. */
export function unspacedVerbs(text: string): Verb[] {
  return Array.from(UNSPACED_VERBS, ([word, category]) => ({ word, category, at: text.indexOf(word) }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => one.at - other.at);
}

const RISK_ORDER: readonly Category[] = ["read", "write", "execute", "financial", "destructive"];

/** The verb of the highest risk, the first of equals; undefined without a verb. */
function riskiest([first, ...others]: readonly Verb[]): Verb | undefined {
  return first && others.reduce((one, other) => (riskOf(other) > riskOf(one) ? other : one), first);
}

function riskOf({ category }: Verb): number {
  return RISK_ORDER.indexOf(category);
}

/** Whether the verb comes after `and` or `or`. */
function isJoined(word: string, tokens: readonly string[]): boolean {
  return tokens.some((token, index) => token === word && /^(?:and|or)$/.test(`${tokens[index - 1]}`));
}
