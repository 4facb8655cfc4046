/** Every link of the documentation leads to a file that exists, and every anchor to a heading of its page. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { siteLink, targetOf } from "../../../tools/site/links.ts";
import { anchorsOfPage, codeBlocks, linksOf, sectionsOf, slugOf } from "../../../tools/site/markdown.ts";
import { addressOf, LISTED_ELSEWHERE, MENU, readPages, ROOT } from "../../../tools/site/navigation.ts";

const PAGES = readPages();
const README = { path: "README.md", markdown: readFileSync(join(ROOT, "README.md"), "utf8") };
const ALL = [README, ...PAGES];
const KNOWN = new Set(PAGES.map(({ path }) => path));

function anchorsOf(path: string): Set<string> {
  const markdown = readFileSync(join(ROOT, path), "utf8");
  return new Set(sectionsOf(markdown).map(({ anchor }) => `#${anchor}`));
}

/** The links of a page that lead nowhere. */
function deadLinks(path: string, markdown: string): string[] {
  return linksOf(markdown).filter((link) => {
    const target = targetOf(path, link);
    if (!existsSync(join(ROOT, target.path))) return true;
    return target.anchor !== "" && target.path.endsWith(".md") && !anchorsOf(target.path).has(target.anchor);
  });
}

describe("the links of the documentation", () => {
  it.each(ALL)("of $path lead to files and headings that exist", ({ path, markdown }) => {
    expect(deadLinks(path, markdown)).toEqual([]);
  });

  it.each([
    ["docs/install.md", "[a](no-such-page.md)"],
    ["docs/install.md", "[a](identity.md#no-such-heading)"],
    ["docs/install.md", "[a](#no-such-heading)"],
    ["README.md", "[a](docs/no-such-page.md)"],
  ])("of %s are dead when they are %s", (path, markdown) => {
    expect(deadLinks(path, markdown)).toHaveLength(1);
  });

  it.each([
    ["docs/install.md", "policy.md#keys", "policy.html#keys"],
    ["docs/install.md", "../README.md", "index.html"],
    ["docs/policy/reasons.md", "../policy.md", "../policy.html"],
    ["docs/policy.md", "decisions", "decisions/index.html"],
    ["docs/policy.md", "../policies/prometheus.json", "files/policies/prometheus.json.html"],
    ["docs/policy.md", "../policies", "policies/index.html"],
    ["docs/console.md", "console/phone-dark.png", "console/phone-dark.png"],
    ["deploy/kubernetes/README.md", "../../docs/operating.md", "../../operating.html"],
    ["docs/policy.md", "https://example.com/a.md", "https://example.com/a.md"],
    ["docs/policy.md", "#keys", "#keys"],
  ])("of %s to %s is %s on the site", (page, link, onSite) => {
    expect(siteLink(page, link, KNOWN)).toBe(onSite);
  });
});

describe("the menu of the site", () => {
  const inMenu = MENU.flatMap(({ paths }) => paths);

  it("has every page once, but those that an index lists", () => {
    const expected = PAGES.map(({ path }) => path).filter(
      (path) => !LISTED_ELSEWHERE.test(path) || inMenu.includes(path),
    );
    expect(inMenu.toSorted()).toEqual(expected.toSorted());
  });

  it("has pages with a title and an address of their own", () => {
    expect(PAGES.filter(({ title }) => title === "").map(({ path }) => path)).toEqual([]);
    const addresses = PAGES.map(({ path }) => addressOf(path).toLowerCase());
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it("reaches every decision and runbook by an index page", () => {
    const lists = ["docs/decisions/README.md", "docs/alerts.md"].flatMap((path) =>
      linksOf(readFileSync(join(ROOT, path), "utf8")).map((link) => targetOf(path, link).path),
    );
    const listed = globSync(["docs/decisions/0*.md", "docs/runbooks/*.md"], { cwd: ROOT });
    expect(listed.filter((path) => !lists.includes(path))).toEqual([]);
  });
});

describe("the anchors of headings", () => {
  // As GitHub makes them.
  it.each([
    ["What a denied agent sees", "what-a-denied-agent-sees"],
    ["`deny_if`, and `require`", "deny_if-and-require"],
    ["Requests: 1/2 (beta)", "requests-12-beta"],
    ["A — B", "a--b"],
  ])("of %s is %s", (heading, anchor) => {
    expect(slugOf(heading.replaceAll("`", ""))).toBe(anchor);
  });

  it("get a number where a page repeats a heading", () => {
    const anchorOf = anchorsOfPage();
    expect(["Fields", "Fields", "Fields"].map(anchorOf)).toEqual(["fields", "fields-1", "fields-2"]);
  });

  it("are not made of code blocks, whose lines may begin with #", () => {
    const markdown = "# A\n\n```sh\n# no heading\n```\n\n## B\n";
    expect(sectionsOf(markdown).map(({ anchor }) => anchor)).toEqual(["", "a", "b"]);
    expect(codeBlocks(markdown)).toEqual([{ language: "sh", text: "# no heading", line: 4 }]);
  });
});
