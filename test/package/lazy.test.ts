/** The sidecar's start does not load packages that are needed only later. */

import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve(import.meta.dirname, "../../src");
const STATIC = /^(?:import|export) (?!type)(?:[^"';]*? from )?"([^"]+)"/gm;

/** All files and packages that are loaded before the first statement of `file` runs. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, target = ""] of readFileSync(file, "utf8").matchAll(STATIC)) {
    if (target.startsWith(".")) loadedWith(resolve(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

describe("a start", () => {
  const loaded = loadedWith(resolve(SOURCE, "main.ts"));

  it("loads the sidecar", () => {
    expect(loaded).toContain(resolve(SOURCE, "sidecar/sidecar.ts"));
    expect(loaded).toContain("pino");
  });

  it.each([
    "express",
    "@modelcontextprotocol/",
    "@redis/client",
    "@opentelemetry/sdk-node",
    "@opentelemetry/resources",
  ])("does not load %s", (name) => {
    expect([...loaded].filter((each) => each.startsWith(name))).toEqual([]);
  });

  it("does not load the pages of the admin listener or a command that was not requested", () => {
    const files = [...loaded].filter((each) => each.startsWith("/")).map((each) => relative(SOURCE, each));
    expect(files).not.toContain("admin/admin.ts");
    expect(files.filter((file) => /^commands\/(?:policy|audit|demo)\b/.test(file))).toEqual([]);
  });
});
