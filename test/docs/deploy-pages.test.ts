/** The deployment pages have valid links, and their commands name existing files. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");
const PAGES = [...globSync("deploy/**/README.md", { cwd: ROOT }), "docs/operating.md"];
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");

describe.each(PAGES)("%s", (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)/g)];

  it("links only to existing files", () => {
    const targets = links.map(([, path = ""]) => path);
    expect(targets.filter((path) => !existsSync(join(ROOT, dirname(page), path)))).toEqual([]);
  });

  it("names only existing scripts", () => {
    const scripts = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(scripts.filter((name) => !Object.keys(manifest.scripts).includes(name))).toEqual([]);
  });

  it("applies only existing folders", () => {
    const folders = [...read(page).matchAll(/kubectl (?:apply|diff) -k (\S+)/g)].map(
      ([, folder = ""]) => folder,
    );
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder, "kustomization.yaml")))).toEqual([]);
  });
});

describe("docs/operating.md", () => {
  it("names only existing metrics", () => {
    const known = readFileSync(join(ROOT, "docs/metrics.md"), "utf8");
    const named = [...read("docs/operating.md").matchAll(/tollgate_[a-z_]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
