/** A file of policy entries grows by one entry at a time, and keeps what it has. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { addPolicyLines } from "../../../src/config/files/policy-lines.ts";
import { readPolicyFile } from "../../../src/config/files/policy-file.ts";
import type { Json } from "../../../src/json/json.ts";
import { temporaryFile, temporaryFolder } from "../../fixtures/lifetime.ts";

const entry = (category: string) => new Map<string, Json>([["category", category]]);

describe("adding entries to a file", () => {
  it.each(["corrections.yaml", "corrections.json"])("makes %s, a policy of its own", (name) => {
    const file = join(temporaryFolder(), name);
    expect(addPolicyLines(file, "a", entry("read"))).toBeUndefined();
    expect(addPolicyLines(file, "b: #", entry("write"))).toBeUndefined();
    expect(addPolicyLines(file, "a", entry("execute"))).toBeUndefined();
    const tools = { a: { category: "execute" }, "b: #": { category: "write" } };
    expect(parse(readFileSync(file, "utf8"))).toEqual({ version: "1", tools });
    expect(existsSync(`${file}.new`)).toBe(false);
    expect(name.endsWith("json")).toBe(readFileSync(file, "utf8").startsWith("{"));
  });

  it("is read back as a policy once it says what happens to other tools", () => {
    const file = temporaryFile("corrections.yaml", 'version: "1"\ndefault: deny\n');
    expect(addPolicyLines(file, "a", entry("read"))).toBeUndefined();
    expect(readPolicyFile(file).ok).toBe(true);
  });

  it.each([
    ["corrections.yaml", "tools: [", "corrections.yaml: "],
    ["corrections.json", "[]", 'must be an object with "tools"'],
    ["corrections.yaml", "tools: all", 'must be an object with "tools"'],
  ])("leaves a file %s of %j as it is", (name, text, problem) => {
    const file = temporaryFile(name, text);
    expect(addPolicyLines(file, "a", entry("read"))).toContain(problem);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("reports a folder that is not there", () => {
    const file = join(temporaryFolder(), "none", "corrections.yaml");
    expect(addPolicyLines(file, "a", entry("read"))).toContain(file);
  });
});
