/** The pages for contributors: each recipe names files that exist, and the templates are there. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const PAGE = read("CONTRIBUTING.md");

/** The text below a heading of the page, up to the next one. */
function section(heading: string): string {
  return PAGE.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

const FORM = z.object({
  name: z.string(),
  description: z.string(),
  body: z.array(z.object({ type: z.enum(["markdown", "input", "textarea"]) })).min(1),
});

describe("CONTRIBUTING.md", () => {
  it.each(["Add a kind of rule", "Add a metric", "Add a transport", "Add a source of identity"])(
    "names the files to touch, which exist: %s",
    (heading) => {
      const paths = [...section(heading).matchAll(/`((?:src|test|docs|tools|dashboards)\/[\w./-]+)`/g)].map(
        ([, path = ""]) => path,
      );
      expect(paths.length).toBeGreaterThanOrEqual(5);
      expect(paths.filter((path) => path.startsWith("test/"))).not.toEqual([]);
      expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    },
  );

  it("has every floor on its map", () => {
    const shown = [...section("The map of the house").matchAll(/`src\/(\w+)`/g)].map(([, name = ""]) => name);
    expect(shown.toSorted()).toEqual(globSync("*/", { cwd: join(ROOT, "src") }).toSorted());
  });

  it("names words of the code that its files have", () => {
    expect(read("src/proxy/upstream.ts")).toMatch(/export interface Upstream\b/);
    expect(read("src/identity/authentication.ts")).toContain("export type CredentialSource");
    expect(read("src/config/settings/settings-shape.ts")).toContain("UPSTREAM_TRANSPORTS");
  });
});

describe("the templates", () => {
  it.each(["fault", "wish"])("of issues are forms: %s", (name) => {
    expect(FORM.safeParse(parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`))).error).toBeUndefined();
  });

  it("of changes, code of conduct, and policies of support and deprecation are there", () => {
    expect(read(".github/PULL_REQUEST_TEMPLATE.md")).toContain("CHANGELOG.md");
    expect(PAGE).toContain("](CODE_OF_CONDUCT.md)");
    expect(read("SECURITY.md")).toContain("](docs/versions.md)");
    expect(read("docs/versions.md")).toMatch(/^## Supported versions$[^]*^## Deprecation$/m);
  });
});
