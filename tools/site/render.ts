/** Makes the frame of a page of the site: head, search, menu, and the list of its sections. */

import { posix } from "node:path";
import { escapeHtml } from "./links.ts";
import { addressOf, MENU, type Page } from "./navigation.ts";

interface Content {
  /** From the root of the site. */
  readonly address: string;
  readonly html: string;
}

/** Renders a whole page. */
export function renderPage({ address, html }: Content, pages: readonly Page[]): string {
  const root = posix.relative(posix.dirname(address), ".") || ".";
  const title = textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(html)?.[1] ?? "");
  const heading = address === "index.html" ? "Tollgate documentation" : `${title} - Tollgate`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}/assets/site.css">
<script defer src="${root}/assets/site.js"></script>
</head>
<body data-root="${root}">
<a class="skip" href="#content">Skip to the text</a>
<header>
<a class="name" href="${root}/index.html">Tollgate</a>
<form role="search" action="${root}/index.html">
<input id="search" type="search" name="q" placeholder="Search ( / )" aria-label="Search the documentation" autocomplete="off">
<div id="results" role="region" aria-label="Search results" aria-live="polite" hidden></div>
</form>
<a class="to-menu" href="#menu">Menu</a>
</header>
<div class="frame">
<main id="content" tabindex="-1">
${html}
</main>
${renderOutline(html)}
${renderMenu(address, pages)}
</div>
</body>
</html>
`;
}

const HEADING = /<h2 id="([^"]+)"[^>]*>([\s\S]*?)<\/h2>/g;

/** The sections of the page; empty for a page with fewer than three. */
function renderOutline(html: string): string {
  const items = [...html.matchAll(HEADING)].map(
    ([, id = "", heading = ""]) => `<li><a href="#${id}">${textOf(heading)}</a></li>`,
  );
  if (items.length < 3) return "";
  return `<nav class="outline" aria-label="On this page"><p>On this page</p><ul>\n${items.join("\n")}\n</ul></nav>`;
}

function renderMenu(address: string, pages: readonly Page[]): string {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const groups = MENU.map(({ heading, paths }) => {
    const items = paths.flatMap((path) => {
      const page = byPath.get(path);
      return page === undefined ? [] : [renderItem(page, address)];
    });
    return `<p>${heading}</p><ul>\n${items.join("\n")}\n</ul>`;
  });
  return `<nav class="menu" id="menu" aria-label="Pages">${groups.join("\n")}</nav>`;
}

function renderItem({ path, title }: Page, address: string): string {
  const target = addressOf(path);
  const mark = target === address ? ' aria-current="page"' : "";
  return `<li><a href="${posix.relative(posix.dirname(address), target)}"${mark}>${escapeHtml(title)}</a></li>`;
}

function textOf(html: string): string {
  return html.replaceAll(/<[^>]+>/g, "").trim();
}
