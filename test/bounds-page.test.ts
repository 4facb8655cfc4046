import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOUNDS_SECTION } from "../src/config/settings/bounds-settings.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../docs/limits.md"), "utf8");

const SOURCE = join(import.meta.dirname, "../src");
const FLOORS = ["enforcement", "identity", "mcp", "proxy", "telemetry"];
const FILES = FLOORS.flatMap((floor) =>
  readdirSync(join(SOURCE, floor), { recursive: true, encoding: "utf8" }).map((file) => `${floor}/${file}`),
).filter((file) => file.endsWith(".ts"));
const COLLECTION = /= new (?:Map|Set)\b|\[\] = \[\]/;
/** A collection that lives as long as its object. */
const FIELD = /^\s+(?:readonly )?#\w+(?:: .*)? = (?:new (?:Map|Set)\b|\[\])/m;

function read(file: string): string {
  return readFileSync(join(SOURCE, file), "utf8");
}

describe("docs/limits.md", () => {
  const bounds = BOUNDS_SECTION.parse({});

  it("names every bound that can be set, with its default", () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    expect(Object.fromEntries(rows)).toEqual(bounds);
  });

  it("names every file that keeps something from one message to the next, and no other", () => {
    const named = [...PAGE.matchAll(/^\| `([\w/-]+\.ts)` \|/gm)].map(([, file = ""]) => file);
    const missing = FILES.filter((file) => FIELD.test(read(file)) && !named.includes(file));
    expect(missing).toEqual([]);
    expect(named.filter((file) => !COLLECTION.test(read(file)))).toEqual([]);
  });
});
