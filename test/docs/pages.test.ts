/** Each decision is in the index and has a status. The files, links and npm scripts that pages name exist. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const INDEX = read("docs/decisions/README.md");
const DECISIONS = globSync("docs/decisions/0*.md", { cwd: ROOT }).toSorted();
const PAGES = globSync(["*.md", "docs/**/*.md", "policies/*.md", "deploy/**/*.md"], { cwd: ROOT }).toSorted();
const SCRIPTS = new Set([...read("package.json").matchAll(/^ {4}"([\w:-]+)":/gm)].map(([, name]) => name));
const STATUS = /^Status: (?:accepted|superseded by \[\d{4}\]\((\d{4}-[\w-]+\.md)\))$/;

describe("docs/decisions", () => {
  it.each(DECISIONS)("%s has a title and a status", (path) => {
    const [title = "", , status = ""] = read(path).split("\n");
    expect(title).toMatch(/^# \S/);
    expect(status).toMatch(STATUS);
    const [, successor] = STATUS.exec(status) ?? [];
    if (successor !== undefined) expect(existsSync(join(ROOT, "docs/decisions", successor))).toBe(true);
  });

  it("lists every decision in the index once, under its own title", () => {
    const listed = [...INDEX.matchAll(/^- \[(\d{4})\]\(([\w.-]+)\) (.+)$/gm)].map(([, number, file, title]) =>
      [number, file, title].join(" "),
    );
    const written = DECISIONS.map((path) => {
      const file = path.slice("docs/decisions/".length);
      return [file.slice(0, 4), file, read(path).split("\n")[0]?.slice(2)].join(" ");
    });
    expect(listed.toSorted()).toEqual(written);
  });
});

describe("the pages", () => {
  it.each(PAGES)("%s names source files that exist", (path) => {
    const named = [...read(path).matchAll(/`((?:src|test|tools|scripts)\/[\w/-]+\.\w+(?:\.\w+)*)`/g)];
    expect(named.map(([, file = ""]) => file).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it.each(PAGES)("%s names npm scripts that exist", (path) => {
    const named = [...read(path).matchAll(/\bnpm run (?:--?\w+ )?([a-z][\w:-]*\w)/g)].map(
      ([, name = ""]) => name,
    );
    expect(named.filter((name) => !SCRIPTS.has(name))).toEqual([]);
  });

  it.each(PAGES)("%s links to files that exist", (path) => {
    const text = read(path).replace(/^```.*?^```/gms, "");
    const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !existsSync(resolve(ROOT, dirname(path), link)))).toEqual([]);
  });
});
