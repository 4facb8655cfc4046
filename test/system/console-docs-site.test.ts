/** The site of the documentation, built and read from the disk: links, search, three widths, and accessibility in light and dark. */

import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIndex, searchPages } from "../../tools/site/search.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { overflowPx } from "../fixtures/console-page.ts";
import { QUESTIONS } from "../fixtures/docs-questions.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Pages of each form: an index, steps with code, wide tables, long tables, pictures, a copy of a file, a folder. */
const SAMPLE = [
  "index.html",
  "install.html",
  "policy.html",
  "settings.html",
  "comparison.html",
  "console.html",
  "troubleshooting.html",
  "files/policies/prometheus.json.html",
];
/** The longest pages have no form of their own, and axe takes seconds for each. */
const SAMPLE_FOR_AXE = SAMPLE.filter((path) => !["policy.html", "settings.html"].includes(path));

let site: string;
let browser: Browser;
let pages: readonly string[];

beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), "tollgate-site-"));
  execFileSync(process.execPath, [join(ROOT, "tools/site/build.ts"), "--out", site], { stdio: "ignore" });
  pages = globSync("**/*.html", { cwd: site });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  rmSync(site, { recursive: true });
});

/** Runs `use` on a page that can reach no network, and returns its result with the faults of the page. */
async function onPage<Result>(
  path: string,
  options: Parameters<Browser["newPage"]>[0],
  use: (page: Page) => Promise<Result>,
): Promise<Result> {
  const page = await browser.newPage(options);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("requestfailed", (request) => faults.push(request.url()));
  page.on("request", (request) => {
    if (!/^(?:file|data):/.test(request.url())) faults.push(request.url());
  });
  try {
    await page.goto(pathToFileURL(join(site, path)).href);
    const result = await use(page);
    expect(faults).toEqual([]);
    return result;
  } finally {
    await page.close();
  }
}

describe("the built site", () => {
  it("has links, pictures and scripts that exist, with anchors, and loads nothing from a network", () => {
    const ids = new Map(
      pages.map((path) => {
        const html = readFileSync(join(site, path), "utf8");
        return [
          path,
          { html, ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)) },
        ] as const;
      }),
    );
    const dead = [...ids].flatMap(([path, { html }]) =>
      [...html.matchAll(/<(a|img|script|link)[^>]* (?:href|src)="([^"]*)"/g)]
        .filter(([, tag, target = ""]) => {
          if (target.startsWith("data:")) return false;
          if (/^\w+:/.test(target)) return tag !== "a";
          const [file = "", anchor] = target.split("#", 2);
          const inSite = file === "" ? path : join(dirname(path), file);
          if (!existsSync(join(site, inSite))) return true;
          return (
            anchor !== undefined &&
            anchor !== "" &&
            !(ids.get(inSite)?.ids.has(decodeURIComponent(anchor)) ?? false)
          );
        })
        .map(([, , target]) => `${path}: ${target}`),
    );
    expect(dead).toEqual([]);
    expect(pages.length).toBeGreaterThan(150);
  });

  it("ships the search index that finds the page of each question", () => {
    const script = readFileSync(join(site, "assets/search-index.js"), "utf8");
    const index = loadIndex(JSON.parse(script.slice(script.indexOf("=") + 1)));
    const missed = QUESTIONS.filter(
      ([question, page]) => !searchPages(index, question, 3).some(({ address }) => address === page),
    );
    expect(missed).toEqual([]);
    expect(QUESTIONS.length).toBeGreaterThanOrEqual(40);
  });
});

describe("in a browser, from the disk", () => {
  it.each([
    {
      from: "install.html",
      words: "stop an agent now",
      title: "Stop an agent: freezes",
      file: "/freezes.html",
    },
    {
      from: "decisions/index.html",
      words: "redis shared limits",
      title: "Shared limits",
      file: "/shared-limits.html",
    },
  ])("the search on $from leads to $file", async ({ from, words, title, file }) => {
    await onPage(from, {}, async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type(words);
      const link = page.locator("#results").getByRole("link", { name: title, exact: true });
      await link.click();
      await page.waitForURL(`**${file}`);
      expect(await page.locator("h1").textContent()).toBe(title);
    });
  });

  it("the search is closed by Escape", async () => {
    await onPage("index.html", {}, async (page) => {
      await page.locator("#search").fill("policy");
      await page.locator("#results li").first().waitFor();
      await page.keyboard.press("Escape");
      expect(await page.locator("#results").isVisible()).toBe(false);
    });
  });

  it.each([360, 820, 1440])(
    "no page of the sample is wider than %i pixels, and its text is on the screen",
    async (width) => {
      for (const path of SAMPLE)
        await onPage(path, { viewport: { width, height: 800 } }, async (page) => {
          expect([path, await overflowPx(page)]).toEqual([path, 0]);
          const box = await page.locator("h1").first().boundingBox();
          expect(box?.y).toBeLessThan(300);
        });
    },
  );

  it.each([
    { width: 360, colorScheme: "light" },
    { width: 360, colorScheme: "dark" },
    { width: 1440, colorScheme: "light" },
    { width: 1440, colorScheme: "dark" },
  ] as const)("axe finds no fault at $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    for (const path of SAMPLE_FOR_AXE)
      await onPage(path, { viewport: { width, height: 800 }, colorScheme }, async (page) => {
        expect([path, ...(await violationsOn(page))]).toEqual([path]);
      });
  });

  it("axe finds no fault in the open results of the search", async () => {
    await onPage("index.html", {}, async (page) => {
      await page.locator("#search").fill("limits");
      await page.locator("#results li").first().waitFor();
      expect(await violationsOn(page)).toEqual([]);
    });
  });
});

async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // A page from the disk may not request its style sheet again, which axe does to preload it.
  const { passes, violations } = await page.evaluate<axe.AxeResults>("axe.run({ preload: false })");
  expect(passes.length).toBeGreaterThan(10);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
