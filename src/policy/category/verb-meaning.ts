/** The meaning of a verb with the nouns beside it: paying for an order, acting on a screen, settling a comment. */

import type { Category } from "./category.ts";
import type { Verb } from "./name.ts";
import {
  AMBIGUOUS_MONEY_NOUNS,
  CLERICAL_OBJECT,
  CLERICAL_VERBS,
  CONTEXT_NOUNS,
  FREE_SUBSCRIPTIONS,
  INPUT_NOUNS,
  LOOKUP_NOUNS,
  MONEY_MESSAGES,
  MONEY_NOUNS,
  RECURRING_NOUNS,
  SCREEN_NOUNS,
} from "./words/nouns.ts";
import { LOOKUP_VERBS } from "./words/verb-uses.ts";

interface Words {
  /** The words of the name. */
  readonly tokens: readonly string[];
  /** The description. */
  readonly text: string;
}

/** The category of the verb, of the name or of the description, with these words. */
export function verbMeaning({ word, category }: Verb, { tokens, text }: Words): Category {
  if (word === "resolve" && !tokens.some((token) => LOOKUP_NOUNS.has(token))) return "write";
  if (!LOOKUP_VERBS.has(word) && category !== "destructive" && concernsMoney(word, tokens))
    return moneyMeaning(word, category, { tokens, text });
  if (word === "query" && tokens.some((token) => QUERY_LANGUAGES.test(token))) return "execute";
  const last = `${tokens.at(-1)}`;
  if (word === "send" && INPUT_NOUNS.has(last)) return "execute";
  if ((word === "make" || word === "place") && /^calls?$/.test(last)) return "execute";
  if ((word === "select" || word === "switch") && CONTEXT_NOUNS.has(last)) return "write";
  const isActing = category === "write" || word === "reset" || word === "clear";
  return isActing && SCREEN_NOUNS.has(`${tokens[0]}`) ? "execute" : category;
}

const QUERY_LANGUAGES = /^(?:[a-z]*sql|cypher|promql|logql|traceql|kql|soql|sparql|graphql|gaql|hql)$/;

function concernsMoney(verb: string, tokens: readonly string[]): boolean {
  if (tokens.some((token) => FREE_SUBSCRIPTIONS.has(token)) && hasSubscription(tokens)) return false;
  return tokens.some(
    (token) =>
      MONEY_NOUNS.has(token) && token !== verb && (AMBIGUOUS_MONEY_NOUNS.get(token)?.has(verb) ?? true),
  );
}

function hasSubscription(tokens: readonly string[]): boolean {
  return tokens.includes("subscription") || tokens.includes("subscriptions");
}

/** A subscription to messages costs nothing. */
const NOTICES = /\b(?:notifications?|webhooks?|listeners?|events?|feeds?|topics?)\b/i;

/**
 * The category of a verb about money. Reading stays `read`, except that `capture` and `convert` move money. An update of
 * an order, payment or refund changes what is recorded of it, and moves none.
 */
function moneyMeaning(word: string, category: Category, { tokens, text }: Words): Category {
  if (category === "read") return word === "convert" || word === "capture" ? "financial" : "read";
  if (word === "send" && MONEY_MESSAGES.has(`${tokens.at(-1)}`)) return "write";
  if (CLERICAL_VERBS.has(word)) return category === "execute" ? "execute" : "write";
  const isUpdate = /^(?:update|edit|patch)$/.test(word);
  const sentence = text.replace(/[.\n].*/s, "");
  if (NOTICES.test(sentence) && hasSubscription(tokens)) return "write";
  if (isUpdate && (CLERICAL_OBJECT.test(sentence) || !tokens.some((token) => RECURRING_NOUNS.has(token))))
    return "write";
  return "financial";
}
