/** Finds pages of the documentation by the words of a question; the browser and the tests use this file. */

import MiniSearch, { type Options } from "minisearch";

/** One section of a page, as the index keeps it. */
export interface IndexedSection {
  /** Address from the root of the site, with the anchor. */
  readonly id: string;
  readonly page: string;
  readonly title: string;
  readonly heading: string;
  readonly text: string;
}

export interface FoundPage {
  /** Address from the root of the site, without an anchor. */
  readonly address: string;
  readonly title: string;
  /** The sections that fit best, best first. */
  readonly sections: readonly { readonly id: string; readonly heading: string }[];
}

/** Words that every page has, and that a question is made of. */
const STOP_WORDS = new Set(
  "a about after all an and any are as at be been before but by can cannot could do does doing for from get gets got had has have how i if in into is it its me my no not of on one or our say says so some tell than that the their them then there they this to under up us use used want was we were what when where which who why will with without you your".split(
    " ",
  ),
);

/** The stem of an English word, as far as plurals and endings of verbs go. */
function stemOf(word: string): string {
  if (word.length < 5) return word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word;
  return word
    .replace(/(?:ies|ied)$/, "y")
    .replace(/(?<=[xsh])es$/, "")
    .replace(/(?<=[^su])s$/, "")
    .replace(/(?<=\w{3})(?:ing|ed|ation)$/, "")
    .replace(/(?<=\w{3})e$/, "");
}

function termOf(term: string): string | null {
  const word = term.toLowerCase();
  return STOP_WORDS.has(word) || word === "" ? null : stemOf(word);
}

const OPTIONS: Options<IndexedSection> = {
  fields: ["title", "heading", "text"],
  storeFields: ["page", "title", "heading"],
  tokenize: (text) => text.split(/[^\p{L}\p{N}]+/u),
  processTerm: termOf,
};

export function createIndex(sections: readonly IndexedSection[]): MiniSearch<IndexedSection> {
  const index = new MiniSearch<IndexedSection>(OPTIONS);
  index.addAll(sections);
  return index;
}

/** An index as JSON has it. */
export type StoredIndex = ReturnType<MiniSearch["toJSON"]>;

export function loadIndex(stored: StoredIndex): MiniSearch<IndexedSection> {
  return MiniSearch.loadJS<IndexedSection>(stored, OPTIONS);
}

const MOST_SECTIONS = 3;
/** A page with many sections that fit a little must not rank before one with a section that fits well. */
const WEIGHT_OF_FURTHER_SECTIONS = 0.2;

/** Pages that list, record or serve one alert, more than they explain; a page that explains ranks before them. */
const LESSER_PAGES = /^(?:decisions\/|runbooks\/|index|CHANGELOG|REVIEW|mutation|json-output)/;

/** Returns the pages that fit the words, best first. */
export function searchPages(index: MiniSearch<IndexedSection>, words: string, most = 10): FoundPage[] {
  const results = index.search(words, {
    boost: { title: 4, heading: 2.5 },
    prefix: (term) => term.length > 3,
    fuzzy: (term) => (term.length > 4 ? 0.15 : false),
    boostDocument: (id) => (LESSER_PAGES.test(String(id)) ? 0.35 : 1),
  });
  const pages = new Map<
    string,
    { score: number; title: string; sections: FoundPage["sections"][number][] }
  >();
  for (const { id, score, page, title, heading } of results) {
    const found = pages.get(page);
    if (found === undefined) pages.set(page, { score, title, sections: [{ id, heading }] });
    else {
      if (found.sections.length < MOST_SECTIONS) {
        found.sections.push({ id, heading });
        found.score += score * WEIGHT_OF_FURTHER_SECTIONS;
      }
    }
  }
  return [...pages]
    .toSorted(([, one], [, other]) => other.score - one.score)
    .slice(0, most)
    .map(([address, { title, sections }]) => ({ address, title, sections }));
}
