/** A learned policy denies no call of its log that passed: over random logs, through the pure core. */

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { agentPolicies, SETTINGS_FILE } from "../../../src/commands/policy/learn/agent-policies.ts";
import {
  learnedDocument,
  learnedTools,
  type PolicyOptions,
  WINDOWS,
} from "../../../src/commands/policy/learn/learned-policy.ts";
import { learnedText } from "../../../src/commands/policy/learn/learned-text.ts";
import { Observations } from "../../../src/commands/policy/learn/observations.ts";
import { readObservedLine } from "../../../src/commands/policy/learn/observed-call.ts";
import { parsePolicies, policyPaths } from "../../../src/config/files/policy-set.ts";
import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { ALLOW_ALL, type CompiledPolicy } from "../../../src/policy/document/compile.ts";
import { temporaryFolder } from "../../fixtures/lifetime.ts";
import { CAPTURES, deniedNow, logOf, TRAFFIC } from "./random-traffic.ts";
import { run } from "./run.ts";

const HOUR_MS = 3_600_000;

function compiled(bytes: Uint8Array, file: string): CompiledPolicy {
  const parsed = parsePolicyFile(bytes, file);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  expect(parsed.policy.mode).toBe("enforce");
  return parsed.policy;
}

const CASES = fc.record({
  traffic: TRAFFIC,
  form: fc.constantFrom(...CAPTURES),
  window: fc.constantFrom("minute", "hour", "day"),
  isYaml: fc.boolean(),
  headRoom: fc.constantFrom(1, 1.5),
  maxValues: fc.constantFrom(0, 2, 10),
  /** When the same traffic comes again. */
  laterMs: fc.integer({ min: 0, max: 100 * HOUR_MS }),
});
type Case = typeof CASES extends fc.Arbitrary<infer Value> ? Value : never;

function observe({ traffic, form, window, maxValues }: Case): Observations {
  const observations = new Observations({ windowMs: WINDOWS[window], maxValues });
  for (const line of logOf(traffic, form)) {
    const read = readObservedLine(line);
    if (typeof read === "string") throw new Error(`${read}: ${line}`);
    observations.add(read);
  }
  return observations;
}

function optionsOf({ window, headRoom, maxValues }: Case): PolicyOptions {
  return { window, headRoom, maxValues, isEnforced: true, remarks: ["Learned."] };
}

/** A number that no condition can look at lies between two that a range is learned of. */
const ONE_BETWEEN_OTHERS: Case = {
  traffic: ["1e-400", "-3", "1e3"].map((a) => ({
    atMs: Date.UTC(2026, 0, 1),
    agent: "ann",
    tool: "read",
    args: `{"a":${a}}`,
    effect: "allow",
    lastsMs: 0,
  })),
  form: "all",
  window: "minute",
  isYaml: false,
  headRoom: 1,
  maxValues: 10,
  laterMs: 0,
};

describe("a learned policy", () => {
  it("denies no call that passed, at its time or at any later one", () => {
    let [calls, limits, rules] = [0, 0, 0];
    fc.assert(
      fc.property(CASES, (each) => {
        const { traffic, isYaml, laterMs } = each;
        const document = learnedDocument(learnedTools(observe(each)), optionsOf(each));
        const text = learnedText(document, isYaml);
        const policy = compiled(Buffer.from(text), isYaml ? "p.yaml" : "p.json");
        expect(deniedNow(traffic, () => policy)).toEqual([]);
        expect(deniedNow(traffic, () => policy, laterMs)).toEqual([]);
        calls += traffic.length;
        limits += policy.limits.length;
        rules += policy.rules.filter((rule) => rule.includes("require/args")).length;
      }),
      { numRuns: 400, examples: [[ONE_BETWEEN_OTHERS]] },
    );
    // The property would hold for an empty log too.
    expect(Math.min(calls / 10, limits, rules)).toBeGreaterThan(100);
  });

  it("for each agent denies no call that passed", () => {
    fc.assert(
      fc.property(CASES, (each) => {
        const { traffic, isYaml, laterMs } = each;
        const files = agentPolicies(observe(each), { ...optionsOf(each), folder: "f", isYaml });
        const texts = new Map(files.map(({ name, text }) => [name, text]));
        const settings: { policy: string; agents: [] } = parse(texts.get(SETTINGS_FILE) ?? "");
        const sources = { ...settings, mode: "enforce" } as const;
        const bytes = policyPaths(sources).map((path) => Buffer.from(texts.get(basename(path)) ?? ""));
        const loaded = parsePolicies(sources, ALLOW_ALL, bytes);
        if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
        // An agent whose name the log may have cut has no policy of its own.
        const known = traffic.filter(({ agent }) => agent.length < 256);
        const policyOf = (agent: string) => loaded.policies.forCaller({ agent }) ?? ALLOW_ALL;
        expect(deniedNow(known, policyOf, laterMs)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("is the same of a log that was rotated, whatever the order of its files", async () => {
    const folder = temporaryFolder();
    const [traffic = []] = fc.sample(
      TRAFFIC.filter((calls) => calls.length > 40),
      { numRuns: 1, seed: 7 },
    );
    const lines = logOf(traffic, "all");
    const [one, two, whole] = ["audit.jsonl", "audit.jsonl.1", "whole.jsonl"].map((name) =>
      join(folder, name),
    );
    writeFileSync(`${one}`, lines.slice(20).join(""));
    writeFileSync(`${two}`, lines.slice(0, 20).join(""));
    writeFileSync(`${whole}`, lines.join(""));
    const learned = await run("learn", "--audit", `${one}`, `${two}`);
    expect(learned).toEqual(await run("learn", "--audit", `${whole}`));
    expect(learned.code).toBe(0);
    expect(readFileSync(`${whole}`, "utf8")).toContain("captured_types");
  });
});
