/** Policy files: bytes to policy, every fault in its words. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policyDigest, parsePolicyFile, readPolicyFile } from "../../../src/config/files/policy-file.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { processorMs } from "../../fixtures/processor-time.ts";

const BAD = new URL("../../fixtures/policies/bad/", import.meta.url);
const FAULTS = readdirSync(BAD).filter((file) => !file.endsWith(".expected.txt"));

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("bad policies", () => {
  it("are at least 60", () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(60);
  });

  it.each(FAULTS)("%s", (file) => {
    const expected = readFileSync(new URL(file.replace(/\.\w+$/, ".expected.txt"), BAD), "utf8")
      .trimEnd()
      .split("\n");
    const read = parsePolicyFile(readFileSync(new URL(file, BAD)), file);
    expect(read.ok ? [] : read.problems).toEqual(expected.map((problem) => `${file}: ${problem}`));
  });
});

describe("policy files", () => {
  const YAML = `
# who may do what
version: "1"
default: deny
tools:
  404: {}
  a: &entry
    limits: [{ counter: c, window: minute, max: 0x10 }]
    deny_if:
      - conditions: [{ path: args.id, op: eq, value: 9007199254740993 }, { path: args.x, op: in, value: [1.50, yes, true, ~] }]
  b: *entry
`;

  it("may be YAML, with numbers by their token", () => {
    const read = parsePolicyFile(bytes(YAML), "p.yaml");
    const text = read.ok ? printJson(read.policy.document.json) : read.problems.join();
    expect(text).toContain('"value":9007199254740993');
    expect(text).toContain('[1.50,"yes",true,null]');
    expect(text).toContain('"max":16');
    expect(read.ok && read.policy.toolNames).toEqual(["404", "a", "b"]);
  });

  it.each([
    ["p.yml", YAML, true],
    ["p", YAML, true],
    ["p.json", YAML, false],
    ["p.yaml", '{ "version": "1", "default": "deny" }', true],
    ["p", '{ "version": "1", "default": "deny" }', true],
    ["p", "[]", false],
  ])("are JSON or YAML by extension, else by first character: %s", (file, text, expected) => {
    expect(parsePolicyFile(bytes(text), file).ok).toBe(expected);
  });

  it("carry the sha256 of their bytes, good or bad", () => {
    const text = bytes('{"version":"1","default":"deny"}');
    const read = parsePolicyFile(text, "p.json");
    expect(read.digest).toBe(policyDigest(text));
    expect(read.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(read.ok && read.policy.digest).toBe(read.digest);
    expect(parsePolicyFile(bytes("{}"), "p.json").digest).toBe(policyDigest(bytes("{}")));
  });

  it("may be forced into shadow", () => {
    const read = parsePolicyFile(bytes('{"version":"1","default":"deny"}'), "p.json", { mode: "shadow" });
    expect(read.ok && read.policy.mode).toBe("shadow");
  });

  it("are a problem when they are not there", () => {
    const file = new URL("no-such-policy.json", BAD).pathname;
    expect(readPolicyFile(file)).toEqual({
      ok: false,
      digest: "",
      problems: [`${file}: cannot be read: no such file; check the path`],
    });
  });

  it("are read from disk", () => {
    const file = new URL("version-unknown.json", BAD).pathname;
    expect(readPolicyFile(file).digest).toBe(policyDigest(readFileSync(file)));
  });

  it("load in time that grows no faster than their rules", { retry: 3 }, () => {
    const [some, many] = [5_000, 50_000].map((rules) => {
      const tools = Object.fromEntries(
        Array.from({ length: rules }, (_, index) => [`tool_${index}`, ruled(index)]),
      );
      const text = bytes(JSON.stringify({ version: "1", default: "deny", tools }));
      const elapsedMs = Array.from({ length: 3 }, () => {
        const startedAt = processorMs();
        const read = parsePolicyFile(text, "p.json");
        expect(read.ok && read.policy.rules.length).toBe(rules);
        return processorMs() - startedAt;
      });
      return Math.min(...elapsedMs);
    });
    // Ten times the rules: a load that looked at every other rule for each would take a hundred times as long.
    expect((many ?? 0) / (some ?? 1)).toBeLessThan(30);
  });
});

function ruled(index: number): unknown {
  const kinds = [
    { path: "args.name", op: "regex", value: `^team-${index}/.*$` },
    { path: "args.amount", op: "gt", value: index },
  ];
  return { deny_if: [{ conditions: [kinds[index % kinds.length]] }] };
}
