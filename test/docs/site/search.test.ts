/** The search of the site finds the page that answers a question. */

import { describe, expect, it } from "vitest";
import { sectionsToIndex } from "../../../tools/site/index-pages.ts";
import { readPages } from "../../../tools/site/navigation.ts";
import { createIndex, loadIndex, searchPages } from "../../../tools/site/search.ts";
import { QUESTIONS } from "../../fixtures/docs-questions.ts";

const PAGES = readPages();
/** As `npm run docs` writes it, and the browser reads it. */
const INDEX = loadIndex(JSON.parse(JSON.stringify(createIndex(sectionsToIndex(PAGES)))));

describe("the search of the documentation", () => {
  it.each(QUESTIONS)("finds for %j the page %s", (question, page) => {
    const found = searchPages(INDEX, question, 3).map(({ address }) => address);
    expect(found).toContain(page);
  });

  it("is asked at least 40 questions, about 30 pages or more", () => {
    expect(new Set(QUESTIONS.map(([question]) => question)).size).toBeGreaterThanOrEqual(40);
    expect(new Set(QUESTIONS.map(([, page]) => page)).size).toBeGreaterThanOrEqual(30);
  });

  it.each(["zzzzqqqq", "", "   ", "the of and"])("finds nothing for %j", (words) => {
    expect(searchPages(INDEX, words)).toEqual([]);
  });

  it("leads to headings that the page has", () => {
    const [found] = searchPages(INDEX, "rotate keys");
    expect(found?.sections[0]?.id).toMatch(/^\w[\w./-]*\.html#[\w-]+$/);
  });

  it("finds words in another form, and misspelled ones", () => {
    for (const words of ["aproval", "approving", "approved calls"])
      expect(searchPages(INDEX, words, 3).map(({ address }) => address)).toContain("approvals.html");
  });
});
