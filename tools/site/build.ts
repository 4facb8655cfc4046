/** Builds the documentation as a site: `node tools/site/build.ts [--out FOLDER] [--serve]`. Needs no network. */

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Eleventy, type EleventyConfig, type EleventyData, type MarkdownIt } from "@11ty/eleventy";
import { build } from "esbuild";
import { sectionsToIndex } from "./index-pages.ts";
import { addressOfTarget, fileAsHtml, linkedFiles, siteLink } from "./links.ts";
import { anchorsOfPage, plainHeading } from "./markdown.ts";
import { addressOf, type Page, readPages, ROOT } from "./navigation.ts";
import { renderPage } from "./render.ts";
import { createIndex } from "./search.ts";

/** The folder, below the input of Eleventy, of pages that are not in `docs/`. */
const ELSEWHERE = "_repository/";

/** The path in the repository of a page that Eleventy reads. */
function pathOfInput(inputPath: string): string {
  return posix.normalize(inputPath).replace(`docs/${ELSEWHERE}`, "");
}

/** Gives headings their anchors, leads links to the site, and lets wide blocks be scrolled by keyboard. */
function adaptMarkdown(markdown: MarkdownIt, known: ReadonlySet<string>): void {
  markdown.core.ruler.push("site", ({ tokens, env }) => {
    const anchorOf = anchorsOfPage();
    const path = pathOfInput(env.page.inputPath);
    tokens.forEach((token, index) => {
      if (token.type === "heading_open")
        token.attrSet("id", anchorOf(plainHeading(tokens[index + 1]?.content ?? "")));
      // A cell without a text heads nothing.
      if (token.type === "th_open" && tokens[index + 1]?.content === "")
        for (const part of [token, tokens[index + 2]]) if (part !== undefined) part.tag = "td";
      for (const child of token.children ?? []) {
        const name = child.type === "image" ? "src" : "href";
        const link = child.attrGet(name);
        if (link !== null) child.attrSet(name, siteLink(path, link, known));
      }
    });
  });
  const { rules } = markdown.renderer;
  rules["table_open"] = () => `<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n`;
  rules["table_close"] = () => "</table></div>\n";
  rules["fence"] = (tokens, index) =>
    `<pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</code></pre>\n`;
}

function configure(config: EleventyConfig, pages: readonly Page[], out: string): void {
  const known = new Set(pages.map(({ path }) => path));
  config.addGlobalData("eleventyComputed", {
    permalink: ({ address, page }: EleventyData) => address ?? addressOf(pathOfInput(page.inputPath)),
  });
  for (const { path, markdown, address } of pages)
    if (!path.startsWith("docs/")) config.addTemplate(`${ELSEWHERE}${path}`, markdown, { address });
  for (const path of linkedFiles(pages).texts) {
    const address = addressOfTarget(path, known);
    config.addTemplate(`${ELSEWHERE}${address}`, fileAsHtml(path, known), { address });
  }
  config.amendLibrary("md", (markdown) => adaptMarkdown(markdown, known));
  config.addTransform("frame", function (html) {
    return renderPage({ address: relative(out, resolve(ROOT, this.page.outputPath)), html }, pages);
  });
  config.on("eleventy.after", () => writeAssets(out));
}

/** Writes what the pages load: style, script, search index and pictures. */
async function writeAssets(out: string): Promise<void> {
  const pages = readPages();
  const assets = join(out, "assets");
  await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [
      { in: "browser/site.ts", out: "site" },
      { in: "browser/site.css", out: "site" },
    ],
    outdir: assets,
    bundle: true,
    minify: true,
    target: ["chrome111", "firefox113", "safari16.4"],
    logLevel: "warning",
  });
  const index = JSON.stringify(createIndex(sectionsToIndex(pages)));
  // A script, since a browser loads no JSON from the disk.
  writeFileSync(join(assets, "search-index.js"), `globalThis.tollgateSearchIndex=${index}\n`);
  for (const path of linkedFiles(pages).pictures) {
    const target = join(out, path.replace(/^docs\//, ""));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(ROOT, path), target);
  }
}

/** Builds the site into an empty folder, or serves it until the process ends. */
async function buildSite(out: string, isServed: boolean): Promise<void> {
  process.chdir(ROOT);
  rmSync(out, { recursive: true, force: true });
  const pages = readPages();
  const eleventy = new Eleventy("docs", relative(ROOT, out), {
    quietMode: true,
    configPath: "tools/site/eleventy.config.ts",
    config: (config) => configure(config, pages, out),
  });
  await eleventy.init();
  if (!isServed) {
    await eleventy.write();
    console.log(`${pages.length} pages in ${relative(ROOT, out)}: open ${join(out, "index.html")}`);
    return;
  }
  await eleventy.watch();
  eleventy.serve(8000);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: "string", default: "dist-docs" }, serve: { type: "boolean", default: false } },
  });
  await buildSite(resolve(ROOT, values.out), values.serve);
}
