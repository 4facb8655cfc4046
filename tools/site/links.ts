/** Leads the links of a page to pages of the site, and links to other files of the repository to copies of these. */

import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { linksOf } from "./markdown.ts";
import { addressOf, type Page, ROOT } from "./navigation.ts";

const PICTURES = new Set([".png", ".svg", ".jpg"]);

/** The file or folder that a link of a page leads to. */
interface Target {
  /** Path in the repository. */
  readonly path: string;
  /** With `#`; empty without one. */
  readonly anchor: string;
}

export function targetOf(page: string, link: string): Target {
  const [path = "", anchor] = link.split("#", 2);
  const inRepository = path === "" ? page : posix.join(posix.dirname(page), path).replace(/\/$/, "");
  return { path: inRepository, anchor: anchor === undefined ? "" : `#${anchor}` };
}

/** The address of anything that a page links to. */
export function addressOfTarget(path: string, pages: ReadonlySet<string>): string {
  if (path === "README.md") return "index.html";
  if (pages.has(path)) return addressOf(path);
  if (pages.has(`${path}/README.md`)) return addressOf(`${path}/README.md`);
  if (PICTURES.has(extname(path))) return path.replace(/^docs\//, "");
  return isFolder(path) ? `files/${path}/index.html` : `files/${path}.html`;
}

/** A link of a page as the site has it: relative, so that the site may be at any place. */
export function siteLink(page: string, link: string, pages: ReadonlySet<string>): string {
  if (/^(?:\w+:|#)/.test(link)) return link;
  const { path, anchor } = targetOf(page, link);
  const address = addressOfTarget(path, pages);
  return `${posix.relative(posix.dirname(addressOf(page)), address)}${anchor}`;
}

function isFolder(path: string): boolean {
  return statSync(join(ROOT, path)).isDirectory();
}

/** Files that pages link to, by kind. */
export interface LinkedFiles {
  readonly pictures: readonly string[];
  /** Files with text, and folders. */
  readonly texts: readonly string[];
}

export function linkedFiles(pages: readonly Page[]): LinkedFiles {
  const known = new Set(pages.map(({ path }) => path));
  const linked = new Set(
    pages.flatMap(({ path, markdown }) => linksOf(markdown).map((link) => targetOf(path, link).path)),
  );
  const others = [...linked].filter(
    (path) => addressOfTarget(path, known) !== "index.html" && isNoPage(path, known),
  );
  const folders = others.filter(isFolder);
  const inside = folders.flatMap((folder) => filesIn(folder).filter((path) => isNoPage(path, known)));
  const all = [...new Set([...others, ...inside])].filter((path) => existsSync(join(ROOT, path))).toSorted();
  return {
    pictures: all.filter((path) => PICTURES.has(extname(path))),
    texts: all.filter((path) => !PICTURES.has(extname(path))),
  };
}

function isNoPage(path: string, pages: ReadonlySet<string>): boolean {
  return !pages.has(path) && !pages.has(`${path}/README.md`);
}

function filesIn(folder: string): string[] {
  return globSync("*", { cwd: join(ROOT, folder) })
    .map((name) => posix.join(folder, name))
    .filter((path) => !isFolder(path));
}

/** A copy of a file of the repository as HTML; a folder is the list of its files. */
export function fileAsHtml(path: string, pages: ReadonlySet<string>): string {
  if (!isFolder(path)) {
    const text = escapeHtml(readFileSync(join(ROOT, path), "utf8"));
    return `<h1>${escapeHtml(path)}</h1>\n<pre tabindex="0"><code>${text}</code></pre>`;
  }
  const here = `files/${path}`;
  const names = readdirSync(join(ROOT, path)).filter((name) => !isFolder(posix.join(path, name)));
  const items = names.map((name) => {
    const address = addressOfTarget(posix.join(path, name), pages);
    return `<li><a href="${posix.relative(here, address)}">${escapeHtml(name)}</a></li>`;
  });
  return `<h1>${escapeHtml(path)}</h1>\n<ul>\n${items.join("\n")}\n</ul>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
