import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SETTINGS_SHAPE } from "../src/config/settings-shape.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../docs/limits.md"), "utf8");

describe("docs/limits.md", () => {
  const { bounds } = SETTINGS_SHAPE.parse({ upstream: "http://127.0.0.1:1/mcp" });

  it("names every bound that can be set, with its default", () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    expect(Object.fromEntries(rows)).toEqual(bounds);
  });
});
