/** Makes the search index of all pages. */

import { sectionsOf } from "./markdown.ts";
import type { Page } from "./navigation.ts";
import type { IndexedSection } from "./search.ts";

/** The sections of all pages; one of the page itself has no anchor. */
export function sectionsToIndex(pages: readonly Page[]): IndexedSection[] {
  return pages.flatMap(({ address, title, markdown }) =>
    sectionsOf(markdown)
      .filter(({ heading, text }) => heading !== "" || text !== "")
      .map(({ heading, anchor, level, text }) => ({
        id: level <= 1 ? `${address}${level === 0 ? "#" : ""}` : `${address}#${anchor}`,
        page: address,
        title,
        heading: level <= 1 ? "" : heading,
        text,
      })),
  );
}
