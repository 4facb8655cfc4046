/** `tollgate policy explain`: the decision of the pure core, every step on the way, and how to allow it. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainCall, type Step } from "../../../src/policy/explain/steps.ts";
import { compilePolicy } from "../../../src/policy/document/compile.ts";
import { decide } from "../../../src/policy/decide.ts";
import { parsePolicy } from "../../../src/policy/document/document.ts";
import { isJsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { fileOf, run, toolOf } from "./run.ts";

const POLICY = "policies/prometheus.json";

async function explain(policy: object, ...argv: readonly string[]) {
  const { code, stdout } = await run("explain", fileOf("p.json", policy), "--format", "json", ...argv);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const on = (entry: object, more: object = {}): object => ({
  version: "1",
  default: "deny",
  tools: { pay: entry },
  ...more,
});
const amount = (op: string, value: unknown): object => ({ conditions: [{ path: "args.amount", op, value }] });

const [GT_5, LT_5] = [amount("gt", 5), amount("lt", 5)];
const HIDDEN = { effect: "deny", reason: "hidden" };
const CONDITION_FAILED = { effect: "deny", reason: "condition" };

describe("tollgate policy explain", () => {
  it.each<[string, object, string | undefined, string]>([
    [
      "a name",
      { pay: {}, "p*": {}, "pa*": {} },
      '"pay" decides: it is its name, and goes before "pa*" and "p*"',
      "/tools/pay speaks of it",
    ],
    [
      "a pattern",
      { "p*": {}, "pa*": {}, "q*": {} },
      '"pa*" decides: it has more literal characters than "p*"',
      "/tools/pa* is the most specific pattern that matches it",
    ],
    ["one pattern", { "p*": {} }, undefined, "/tools/p* is the most specific pattern that matches it"],
  ])("says which entry decides, and why: %s", async (_what, tools, why, reach) => {
    const { steps } = await explain({ version: "1", default: "deny", tools }, "--tool", "pay");
    const whyOf = (step: string): string | undefined => steps.find((each: Step) => each.step === step)?.why;
    expect(whyOf("entry")).toBe(why);
    expect(whyOf("action")).toBe(`${reach} and forbids nothing outright`);
  });

  it("names the user, and the callers that a limit counts together", async () => {
    const limits = [{ counter: "c", window: "day", max: 0, scope: "agent+user" }];
    const policy = { version: "1", default: "deny", tools: { pay: { limits } } };
    const explained = await explain(policy, "--tool", "pay", "--agent", "desktop", "--user", "ann");
    expect(explained).toMatchObject({ agent: "desktop", user: "ann", effect: "deny" });
    expect(JSON.stringify(explained)).toContain("for each agent and user");
    const file = fileOf("p.json", policy);
    const { stdout } = await run("explain", file, "--tool", "pay", "--agent", "desktop", "--user", "ann");
    expect(stdout).toMatch(/^pay by desktop for ann: deny/);
  });

  const AMOUNT = { limits: [{ counter: "a", window: "day", max: 9, increment_from: "args.n" }] };

  it.each<[string, object, string, object, string]>([
    ["a hidden tool", on({}, { hide: ["pay"] }), "{}", HIDDEN, 'take "pay" out of `hide`'],
    ["hide *", on({}, { hide: ["*"] }), "{}", HIDDEN, 'take "*" out of `hide`'],
    [
      "a tool that hides itself",
      on({ action: "hide" }),
      "{}",
      HIDDEN,
      'change "action" of "pay" under `tools`',
    ],
    [
      "hide with a pattern",
      on({}, { hide: ["p*", "?ay", "x"] }),
      "{}",
      HIDDEN,
      'take "p*" and "?ay" out of `hide`',
    ],
    [
      "a category that hides",
      on({ category: "write" }, { categories: { write: { hide: true } } }),
      "{}",
      HIDDEN,
      'say "inherit": false in the entry "pay": its category is hidden',
    ],
    [
      "a category that denies a listed tool",
      on({ category: "write" }, { categories: { write: { action: "deny" } } }),
      "{}",
      { reason: "denied_by_rule" },
      'change the action at /categories/write/action, or say "inherit": false in the entry "pay"',
    ],
    [
      "a category that denies an unlisted tool",
      { version: "1", default: "allow", categories: { financial: { action: "deny" } } },
      "{}",
      { reason: "denied_by_rule" },
      'change the action at /categories/financial/action, or say "inherit": false in an entry of the tool',
    ],
    [
      "patterns that are equally specific",
      { version: "1", default: "deny", tools: { "p?y": {}, "?ay": {} } },
      "{}",
      { reason: "denied_by_rule", rule: "(ambiguous)" },
      'make one of "?ay" and "p?y" more specific, or list "pay" itself',
    ],
    [
      "a denied tool",
      on({ action: "deny", reason: "no" }),
      "{}",
      { reason: "denied_by_rule", message: "no" },
      "change the action at /tools/pay/action",
    ],
    [
      "an unlisted tool",
      { version: "1", default: "deny" },
      "{}",
      { reason: "default_deny" },
      'list the tool: "tools": { "pay": {} }',
    ],
    [
      "a deny_if",
      on({ deny_if: [GT_5] }),
      '{"amount":6}',
      CONDITION_FAILED,
      "make the call not meet `args.amount gt 5`",
    ],
    [
      "a require",
      on({ require: [LT_5] }),
      '{"amount":6}',
      CONDITION_FAILED,
      "make the call meet: `args.amount lt 5`",
    ],
    [
      "a condition that cannot be evaluated",
      on({ deny_if: [GT_5] }),
      '{"amount":"6"}',
      { reason: "condition_unevaluable" },
      "of the type that can be tested: `args.amount gt 5`",
    ],
    [
      "a missing amount",
      on(AMOUNT),
      "{}",
      { reason: "condition_unevaluable" },
      "give the amount as a number",
    ],
    [
      "an amount that never fits",
      on(AMOUNT),
      '{"n":10}',
      { reason: "budget_exceeded" },
      'raise "max" of /tools/pay/limits/a-per-day: one call does not fit into 9',
    ],
    [
      "an approval",
      on({ action: "approve" }),
      "{}",
      { effect: "ask", reason: "approval_required" },
      "have a person approve this very call",
    ],
  ])("says how to allow %s", async (...[, policy, args, expected, advice]) => {
    const explained = await explain(policy, "--tool", "pay", "--args", args);
    expect(explained).toMatchObject(expected);
    expect(explained.how_to_allow[0]).toContain(advice);
  });

  it("has no advice for a call that is allowed", async () => {
    expect(await explain(on({}), "--tool", "pay")).toMatchObject({
      effect: "allow",
      reason: null,
      how_to_allow: [],
    });
  });

  it("lists every step in the order of the policy, with the outcome of every condition", async () => {
    const policy = on({
      require: [amount("gt", 5)],
      deny_if: [amount("exists", false)],
      limits: [{ counter: "a", window: "hour", max: 2 }],
    });
    const { steps } = await explain(policy, "--tool", "pay", "--args", '{"amount":4}');
    expect(steps.map(({ step, verdict }: Step) => `${verdict} ${step}`)).toEqual([
      "passes hidden",
      "passes action",
      "passes default",
      "denies /tools/pay/require/args.amount-gt",
      "passes /tools/pay/deny_if/args.amount-exists",
      "passes /tools/pay/limits/a-per-hour",
    ]);
    expect(steps[3].conditions).toEqual([
      { condition: "args.amount gt 5", outcome: "does not hold", found: "4" },
    ]);
  });

  it("names the other steps that deny the call", async () => {
    const policy = on({ require: [amount("gt", 5)], deny_if: [amount("lt", 5)] });
    const { how_to_allow: advice } = await explain(policy, "--tool", "pay", "--args", '{"amount":4}');
    expect(advice).toContain("and then: /tools/pay/deny_if/args.amount-lt denies it too");
  });

  it("shows what shadow lets pass", async () => {
    const policy = fileOf("p.json", on({ action: "deny" }, { mode: "shadow" }));
    const { stdout } = await run("explain", policy, "--tool", "pay");
    expect(stdout).toContain("pay by anonymous: would_deny (denied_by_rule)");
    expect(stdout).toContain("denies (shadow) /tools/pay/action");
  });

  const ANNOTATED = { ...toolOf("pay"), annotations: { destructiveHint: true }, description: "Deletes" };

  it.each([
    [["--category", "read"], { category: "read" }],
    [[], { category: "financial", source: "heuristic" }],
    [["--tools", fileOf("t.json", [ANNOTATED])], { category: "financial" }],
  ])("takes the category from %j", async (argv, category) => {
    const policy = { version: "1", default: "allow" };
    expect((await explain(policy, "--tool", "pay", ...argv)).category).toMatchObject(category);
  });

  it("follows the rules of the category that was given", async () => {
    const policy = { version: "1", default: "allow", categories: { destructive: { hide: true } } };
    expect(await explain(policy, "--tool", "x", "--category", "destructive")).toMatchObject({
      reason: "hidden",
    });
  });

  it("says when the server has no such tool", async () => {
    const tools = fileOf("t.json", [toolOf("ExecuteQuery")]);
    const words = ["explain", POLICY, "--tool", "executequery", "--tools", tools];
    const problem = 'the server lists no tool `executequery`, did you mean "ExecuteQuery"?';
    expect(await run(...words)).toEqual({
      code: 1,
      stdout: "",
      stderr: `tollgate: --tool: ${problem.slice(0, -1)}?; --unlisted explains it all the same\n`,
    });
    expect((await run(...words, "--unlisted")).stdout).toContain(`note: ${problem}`);
  });

  it("says when the policy names no such tool, but one that is near", async () => {
    const { stdout } = await run("explain", POLICY, "--tool", "ExecutQuery");
    expect(stdout).toContain('note: the policy names no tool `ExecutQuery`, did you mean "ExecuteQuery"?');
    expect((await run("explain", POLICY, "--tool", "other")).stdout).not.toContain("names no tool");
  });

  it("charges the agent that was given", async () => {
    expect(await explain(on({}), "--tool", "pay", "--agent", "a-1")).toMatchObject({ agent: "a-1" });
  });
});

const MODE = fc.constantFrom("enforce", "shadow", undefined);
const CONDITION = fc.record({
  path: fc.constantFrom("args.a", "args.b", "args.a.c"),
  op: fc.constantFrom("gt", "lt", "eq", "neq"),
  value: fc.integer({ min: 0, max: 3 }),
});
const RULE = fc.record({
  conditions: fc.array(CONDITION, { maxLength: 2 }),
  effect: fc.constantFrom("deny", "approve"),
  mode: MODE,
});
const LIMIT = fc.record({
  counter: fc.constantFrom("x", "y"),
  window: fc.constant("hour"),
  max: fc.integer({ min: 0, max: 1 }),
  mode: MODE,
});
const ENTRY = fc.record({
  action: fc.constantFrom("allow", "deny", "hide", "approve", undefined),
  require: fc.array(RULE, { maxLength: 2 }),
  deny_if: fc.array(RULE, { maxLength: 2 }),
  limits: fc.array(LIMIT, { maxLength: 2 }),
  mode: MODE,
});
const POLICIES = fc.record({
  version: fc.constant("1"),
  default: fc.constantFrom("allow", "deny"),
  strict: fc.boolean(),
  mode: MODE,
  hide: fc.subarray(["pay", "get"]),
  tools: fc.dictionary(fc.constantFrom("pay", "get"), ENTRY),
  all_tools: fc.record({
    deny_if: fc.array(RULE, { maxLength: 1 }),
    limits: fc.array(LIMIT, { maxLength: 1 }),
  }),
});
const ARGS = fc.dictionary(
  fc.constantFrom("a", "b"),
  fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string(), fc.constant(null)),
);

function jsonOf(value: unknown) {
  const read = readJson(JSON.stringify(value));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

it("agrees with the decision, whatever the policy and the call", () => {
  const property = fc.property(POLICIES, ARGS, (policy, args) => {
    const parsed = parsePolicy(jsonOf(policy));
    const json = jsonOf(args);
    if (!parsed.ok || !isJsonObject(json)) throw new Error(JSON.stringify(parsed));
    const compiled = compilePolicy(parsed.document, { digest: "" });
    const call = {
      tool: "pay",
      agent: "a",
      args: json,
      category: { category: "unknown", source: "heuristic", confidence: 0 },
    } as const;
    const decided = decide(compiled, call, () => ({ used: 0, retryAfterMs: 0 }));
    const { decision, steps } = explainCall(compiled, call);
    expect(decision).toEqual(decided);
    const blocking = steps.find(({ verdict, mode }) => verdict === "denies" && mode === "enforce");
    const asking = steps.find(({ verdict, mode }) => verdict === "asks" && mode === "enforce");
    const isLimit = blocking?.step.includes("/limits/") === true;
    const expected = blocking === undefined || (isLimit && asking !== undefined) ? asking : blocking;
    const rule = decided.denial?.mode === "enforce" ? decided.denial.rule : undefined;
    const words = new Map([
      ["hidden", "(hidden)"],
      ["default", "(default deny)"],
    ]);
    expect(rule).toBe(expected && (words.get(expected.step) ?? expected.step));
  });
  fc.assert(property, { numRuns: 500 });
});
