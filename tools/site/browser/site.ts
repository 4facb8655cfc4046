/** The search of the site. The index is loaded when the search field is first used. */

import { type FoundPage, loadIndex, searchPages, type StoredIndex } from "../search.ts";

declare global {
  var tollgateSearchIndex: StoredIndex | undefined;
}

const MOST_RESULTS = 8;
const root = document.body.dataset["root"] ?? ".";
const input = document.querySelector<HTMLInputElement>("#search");
const results = document.querySelector<HTMLElement>("#results");

type Search = (words: string) => readonly FoundPage[];
let loading: Promise<Search> | undefined;

function loadSearch(): Promise<Search> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}/assets/search-index.js`;
    script.addEventListener("error", () => reject(new Error("the search index cannot be loaded")));
    script.addEventListener("load", () => {
      const stored = globalThis.tollgateSearchIndex;
      if (stored === undefined) return reject(new Error("the search index is empty"));
      const index = loadIndex(stored);
      resolve((words) => searchPages(index, words, MOST_RESULTS));
    });
    document.head.append(script);
  });
}

function linkTo(address: string, text: string): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = `${root}/${address}`;
  link.textContent = text;
  return link;
}

function itemOf({ address, title, sections }: FoundPage): HTMLLIElement {
  const item = document.createElement("li");
  item.append(linkTo(address, title));
  for (const { id, heading } of sections) if (heading !== "") item.append(linkTo(id, heading));
  return item;
}

function showResults(found: readonly FoundPage[], words: string, panel: HTMLElement): void {
  const list = document.createElement("ol");
  list.append(...found.map(itemOf));
  panel.replaceChildren(found.length === 0 ? `No page has ${words}.` : list);
  panel.hidden = false;
}

async function search(field: HTMLInputElement, panel: HTMLElement): Promise<void> {
  const words = field.value.trim();
  if (words === "") {
    panel.hidden = true;
    return;
  }
  try {
    loading ??= loadSearch();
    const find = await loading;
    if (field.value.trim() === words) showResults(find(words), words, panel);
  } catch (error) {
    panel.replaceChildren(error instanceof Error ? error.message : "the search failed");
    panel.hidden = false;
  }
}

if (input !== null && results !== null) {
  input.addEventListener("input", () => void search(input, results));
  input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    results.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") results.hidden = true;
    if (event.key !== "/" || document.activeElement === input) return;
    event.preventDefault();
    input.focus();
  });
  results.addEventListener("click", () => {
    results.hidden = true;
  });
}
