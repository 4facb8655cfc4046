/** docs/settings.md is made of the schema of the settings, and names every key, type, default, variable and version. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { unknownVariables } from "../../src/config/known-variables.ts";
import { FLAGS } from "../../src/config/settings/flags.ts";
import { SETTINGS_SHAPE } from "../../src/config/settings/settings-shape.ts";
import { OTHER_VARIABLES, renderSettingsPage, settingWords } from "../../tools/pages/settings-reference.ts";
import { settingKeys } from "../../tools/pages/settings-schema.ts";

const PAGE = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");
const KEYS = settingKeys();

/** The row of a key, cell by cell. */
function rowOf(path: string): string[] {
  const line = PAGE.split("\n").find((each) => each.startsWith(`| \`${path}\` |`)) ?? "";
  return line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
}

describe("docs/settings.md", () => {
  it("is as npm run settings:reference writes it", () => {
    expect(PAGE).toBe(renderSettingsPage());
  });

  it("has every key that the schema has at the top, and the keys below them", () => {
    const paths = KEYS.map(({ path }) => path);
    expect(Object.keys(SETTINGS_SHAPE.shape).filter((key) => !paths.includes(key))).toEqual([]);
    expect(paths.length).toBeGreaterThan(150);
    expect(new Set(paths).size).toBe(paths.length);
  });

  // Each is one that a walk of the schema could miss: below a list, a union, a preset value, a schema that is checked later.
  it.each([
    ["admin.listen", "text", '`"127.0.0.1:9464"`', "`TOLLGATE_ADMIN`"],
    ["admin.tls.cert", "text", "must be given", ""],
    ["agents[].match.group", "text or list of text", "", ""],
    ["approvals.ttl-seconds", "whole number, 1 to 604800", "`900`", ""],
    ["audit.capture[].paths", "list of text", "must be given", ""],
    ["bounds.connections", "whole number, 1 to 1000000", "`10000`", ""],
    ["identity.jwt.clock-tolerance-ms", "whole number, 0 to 300000", "`30000`", ""],
    ["limits.on_store_error", "`deny`, `allow`, `local`", '`"deny"`', ""],
    ["metrics.buckets.message-bytes", "list of number above 0", "", ""],
    ["mode", "`enforce`, `shadow`", '`"enforce"`', "`TOLLGATE_MODE`"],
    ["serve-sse", "true or false", "`false`", "`TOLLGATE_SERVE_SSE`"],
  ])("has type, default and variable of %s", (path, ...cells) => {
    expect(rowOf(path).slice(2, 5)).toEqual(cells);
  });

  it("has the variable of every flag but that of the file itself", () => {
    const missing = FLAGS.filter(({ environment }) => !PAGE.includes(`\`${environment}\``));
    expect(missing.map(({ name }) => name)).toEqual(["config"]);
  });

  it("has the other variables, which the program knows", () => {
    const environment = Object.fromEntries(Object.keys(OTHER_VARIABLES).map((name) => [name, "x"]));
    expect(unknownVariables(environment)).toEqual([]);
    const source = readFileSync(new URL("../../src/config/known-variables.ts", import.meta.url), "utf8");
    const others = [...source.matchAll(/"(TOLLGATE_ADMIN_\w+)",/g)].map(([, name]) => name);
    expect(others.filter((name) => !Object.keys(OTHER_VARIABLES).includes(name ?? ""))).toEqual([]);
  });

  it("has no version that is later than this one", () => {
    const later = Object.values(settingWords()).filter(({ since }) => isLater(since, manifest.version));
    expect(later).toEqual([]);
  });
});

function isLater(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) > 0;
}
