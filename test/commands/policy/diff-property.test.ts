/** Differences that `tollgate policy diff` reports, held against the decisions of random calls. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { comparePolicies } from "../../../src/commands/policy/diff/compare-documents.ts";
import { isJsonObject, type JsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { decide } from "../../../src/policy/decide.ts";
import { decideMethod } from "../../../src/policy/decide-method.ts";
import { effectOf } from "../../../src/policy/decision.ts";
import { compilePolicy, type CompiledPolicy } from "../../../src/policy/document/compile.ts";
import { parsePolicy } from "../../../src/policy/document/document.ts";

const MODE = fc.constantFrom("enforce", "shadow");
const CONDITION = fc
  .oneof(
    fc.record({
      path: fc.constant("args.n"),
      op: fc.constantFrom("lt", "gte"),
      value: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record(
      {
        path: fc.constant("args.s"),
        op: fc.constantFrom("eq", "in"),
        value: fc.constantFrom("x", "y"),
        if_present: fc.boolean(),
      },
      { requiredKeys: ["path", "op", "value"] },
    ),
  )
  .map((condition) => (condition.op === "in" ? { ...condition, value: [condition.value] } : condition));
const RULES = fc.array(
  fc.record(
    {
      conditions: fc.array(CONDITION, { minLength: 1, maxLength: 2 }),
      effect: fc.constantFrom("deny", "approve"),
      mode: MODE,
      strict: fc.boolean(),
      on_deny: fc.constantFrom("no", "never"),
    },
    { requiredKeys: ["conditions"] },
  ),
  { maxLength: 2 },
);
const LIMITS = fc.array(
  fc.record(
    {
      counter: fc.constantFrom("c", "d"),
      window: fc.constantFrom("minute", "day"),
      max: fc.nat(3),
      mode: MODE,
    },
    { requiredKeys: ["counter", "window", "max"] },
  ),
  { maxLength: 2 },
);
const RULE_SET = { require: RULES, deny_if: RULES, limits: LIMITS, concurrent: fc.nat(2), mode: MODE };
const ALL_TOOLS = fc.record(RULE_SET, { requiredKeys: [] });
const ACTION = fc.constantFrom("allow", "deny", "hide", "approve");
const TOOL = fc.record(
  { ...RULE_SET, action: ACTION, category: fc.constantFrom("read", "write"), inherit: fc.boolean() },
  { requiredKeys: [] },
);
const CATEGORY = fc.record({ ...RULE_SET, action: ACTION, hide: fc.boolean() }, { requiredKeys: [] });
const METHOD = fc.record(
  { action: fc.constantFrom("allow", "deny"), limits: LIMITS, concurrent: fc.nat(2), mode: MODE },
  { requiredKeys: ["action"] },
);
const some = <Value>(names: readonly string[], value: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });

const DOCUMENT = fc.record(
  {
    version: fc.constant("1"),
    default: fc.constantFrom("allow", "deny"),
    hide: fc.subarray(["a", "get_*"]),
    mode: MODE,
    strict: fc.boolean(),
    all_tools: ALL_TOOLS,
    categories: some(["read", "write"], CATEGORY),
    tools: some(["a", "b", "get_a", "get_*", "*_a"], TOOL),
    methods: some(["ping", "resources/read", "*"], METHOD),
  },
  { requiredKeys: ["version", "default"] },
);
type Document = typeof DOCUMENT extends fc.Arbitrary<infer Value> ? Value : never;

/** A document, and the same with one section of another one, or all of it. */
const PAIR = fc
  .tuple(
    DOCUMENT,
    DOCUMENT,
    fc.constantFrom(
      "default",
      "hide",
      "mode",
      "strict",
      "all_tools",
      "categories",
      "tools",
      "methods",
      "one",
    ),
  )
  .map(([one, other, section]): [Document, Document] => {
    if (section === "one") return [one, other];
    const after: Record<string, unknown> = { ...one, [section]: other[section] };
    if (after[section] === undefined) delete after[section];
    return [one, JSON.parse(JSON.stringify(after))];
  });

const CALL = fc.record({
  tool: fc.constantFrom(
    "a",
    "b",
    "get_a",
    "get_b",
    "x_a",
    "other",
    "A",
    "ping",
    "resources/read",
    "vendor/x",
  ),
  args: fc.constantFrom(
    '{"n":1}',
    '{"n":3,"s":"x"}',
    '{"s":"y","n":0}',
    "{}",
    '{"n":"1"}',
    '{"n":2,"s":"x"}',
  ),
  category: fc.constantFrom("read", "write"),
  isApproved: fc.boolean(),
  used: fc.nat(3),
});
type Call = typeof CALL extends fc.Arbitrary<infer Value> ? Value : never;

function compiled(document: Document): CompiledPolicy {
  const read = readJson(JSON.stringify(document));
  const parsed = parsePolicy(read.ok ? read.value : null);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compilePolicy(parsed.document, { digest: "" });
}

/** 0 for a call that passes, 1 for one that is denied, or waits for a person. */
function severity(policy: CompiledPolicy, { tool, args, category, isApproved, used }: Call): number {
  const usage = () => ({ used, retryAfterMs: 1 });
  const caller = { agent: "ann", nowMs: 0 };
  const isMethod = ["ping", "resources/read", "vendor/x"].includes(tool);
  const assignment = { category, source: "heuristic", confidence: 1 } as const;
  const decision = isMethod
    ? decideMethod(policy, { ...caller, method: tool, isKnownMethod: tool !== "vendor/x" }, usage)
    : decide(policy, { ...caller, tool, category: assignment, args: objectOf(args), isApproved }, usage);
  return { allow: 0, would_deny: 0, ask: 1, deny: 1 }[effectOf(decision)];
}

function objectOf(text: string): JsonObject {
  const read = readJson(text);
  return read.ok && isJsonObject(read.value) ? read.value : new Map();
}

it("reports each direction in which a decision changes, and none where all are alike", () => {
  const seen = { none: 0, stricter: 0, looser: 0 };
  fc.assert(
    fc.property(PAIR, fc.array(CALL, { minLength: 15, maxLength: 15 }), ([one, other], calls) => {
      const [before, after] = [compiled(one), compiled(other)];
      const kinds = new Set(comparePolicies(before, after).map(({ kind }) => kind));
      const changes = calls.map((call) => severity(after, call) - severity(before, call));
      const mayBeStricter = kinds.has("stricter") || kinds.has("changed");
      const mayBeLooser = kinds.has("looser") || kinds.has("changed");
      if (!mayBeStricter) expect(Math.max(...changes)).toBeLessThanOrEqual(0);
      if (!mayBeLooser) expect(Math.min(...changes)).toBeGreaterThanOrEqual(0);
      if (!mayBeStricter && !mayBeLooser) seen.none += 1;
      else if (!mayBeLooser && changes.some((change) => change > 0)) seen.stricter += 1;
      else if (!mayBeStricter && changes.some((change) => change < 0)) seen.looser += 1;
    }),
    { numRuns: 500 },
  );
  // Each of the three claims is held against many pairs.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
});

it("reports no difference between equal policies, however they are written", () => {
  fc.assert(
    fc.property(DOCUMENT, (document) => {
      const turned: Document = JSON.parse(
        JSON.stringify(Object.fromEntries(Object.entries(document).toReversed())),
      );
      expect(comparePolicies(compiled(document), compiled(turned))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
