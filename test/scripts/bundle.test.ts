/** Bundling embeds the files that sources read; test/system/executable.test.ts tests the bundle itself. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embedFiles } from "../../scripts/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");
const AT = join(ROOT, "src/config/version.ts");
const MANIFEST = JSON.stringify(readFileSync(join(ROOT, "package.json"), "utf8"));

describe("embedFiles", () => {
  it("replaces the read of a file by its text", () => {
    const source = `const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");`;
    expect(embedFiles(source, AT)).toBe(`const text = ${MANIFEST};`);
  });

  it("unpacks a file at run time where the source uses its path", () => {
    const source = `const PATH = fileURLToPath(new URL("../../package.json", import.meta.url));`;
    const lines = embedFiles(source, AT).split("\n");
    expect(lines[0]).toMatch(/^import \{ unpacked \} from ".*executable\/unpacked\.ts";$/);
    expect(lines[1]).toBe(`const PATH = unpacked("../../package.json", ${MANIFEST});`);
  });

  it("refuses other uses of import.meta, and names the source", () => {
    const source = `const folder = new URL("../../policies", import.meta.url);`;
    expect(() => embedFiles(source, AT)).toThrow(
      "src/config/version.ts: import.meta leads nowhere in a bundle",
    );
  });

  it("refuses a file that is not there", () => {
    const source = `readFileSync(new URL("../../nothing.json", import.meta.url), "utf8")`;
    expect(() => embedFiles(source, AT)).toThrow("nothing.json");
  });

  it("can embed every source of the program", () => {
    const files = globSync("src/**/*.ts", { cwd: ROOT });
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) embedFiles(readFileSync(join(ROOT, file), "utf8"), join(ROOT, file));
  });
});
