/** Decisions that the corpus does not cover: internal errors, shadow mode, and properties of any policy. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALLOW_ALL } from "../../src/policy/document/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { effectOf, isBlocked } from "../../src/policy/decision.ts";
import { parsePolicy } from "../../src/policy/document/document.ts";
import { printJson } from "../../src/json/print-json.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { callOf, fromLiteral, objectOf, policyOf, UNUSED } from "./policies.ts";

const LIMIT = { counter: "c", window: "minute", max: 1 };

describe("decide", () => {
  it("allows every call without a policy, and charges no limit", () => {
    expect(decide(ALLOW_ALL, callOf("anything"), UNUSED)).toEqual({ charges: [], unevaluable: [] });
    expect(ALLOW_ALL.digest).toBe("");
  });

  it("denies a call whose rule throws", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: { a: { deny_if: [{ conditions: [{ path: "args.x", op: "eq", value: 1 }] }] } },
    });
    const hostile = new Proxy(new Map(), {
      get: () => {
        throw new Error("boom");
      },
    });
    const decision = decide(policy, { ...callOf("a"), args: hostile }, UNUSED);
    expect(decision.denial).toEqual({
      effect: "deny",
      reason: "condition_unevaluable",
      rule: "/tools/a/deny_if/args.x-eq",
      mode: "enforce",
    });
    expect(decision.unevaluable).toEqual([{ rule: "/tools/a/deny_if/args.x-eq", cause: "type" }]);
  });

  it.each([
    ["enforce", true],
    ["shadow", false],
  ])("denies in %s mode when the limits cannot be read: %s", (mode, expected) => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: { a: { limits: [{ ...LIMIT, mode }] } },
    });
    const decision = decide(policy, callOf("a"), () => {
      throw new Error("store down");
    });
    expect(decision.denial?.reason).toBe("limiter_unavailable");
    expect(isBlocked(decision)).toBe(expected);
  });

  it("uses the author's message when the increment cannot be determined", () => {
    const limit = { ...LIMIT, increment_from: "args.n", on_deny: "say how many" };
    const policy = policyOf({ version: "1", default: "deny", tools: { a: { limits: [limit] } } });
    const decision = decide(policy, callOf("a"), UNUSED);
    expect(decision.denial?.message).toBe("say how many");
    expect(decision.unevaluable).toEqual([{ rule: "/tools/a/limits/c-per-minute", cause: "missing" }]);
  });

  it("counts every condition that cannot be evaluated", () => {
    const conditions = [
      { path: "args.a", op: "gt", value: 1 },
      { path: "args.b", op: "regex", value: "x" },
      { path: "args.c", op: "gt", value: 1 },
    ];
    const policy = policyOf({
      version: "1",
      default: "deny",
      strict: true,
      tools: { a: { require: [{ conditions }] } },
    });
    const { unevaluable } = decide(policy, callOf("a", { args: { a: "1", b: "x".repeat(20_000) } }), UNUSED);
    expect(unevaluable.map(({ cause }) => cause)).toEqual(["type", "size", "missing"]);
  });

  it("names the tested conditions, and never contains an argument's value", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: {
        a: {
          deny_if: [
            {
              conditions: [
                { path: "args.a", op: "gt", value: 1 },
                { path: "args.b", op: "eq", value: "x" },
              ],
            },
          ],
        },
      },
    });
    expect(decide(policy, callOf("a", { args: { a: 77, b: "x" } }), UNUSED).denial?.condition).toBe(
      'args.a gt 1 and args.b eq "x"',
    );
  });

  it("charges an enforced limit, and no shadowed limit, for a call that only shadow mode would deny", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: {
        a: {
          deny_if: [{ conditions: [], mode: "shadow" }],
          limits: [
            { ...LIMIT, counter: "real" },
            { ...LIMIT, counter: "tried", mode: "shadow" },
          ],
        },
      },
    });
    const decision = decide(policy, callOf("a"), UNUSED);
    expect(effectOf(decision)).toBe("would_deny");
    expect(decision.charges.map(({ limit }) => limit.counter)).toEqual(["real"]);
  });

  it.each<[string, object, object]>([
    [
      "entries",
      { tools: { a: { action: "deny", mode: "shadow" } }, categories: { write: { action: "deny" } } },
      { effect: "deny", reason: "denied_by_rule", rule: "/categories/write/action" },
    ],
    [
      "hiding",
      {
        tools: { a: { action: "hide", mode: "shadow" } },
        categories: { write: { action: "hide" } },
      },
      { effect: "deny", reason: "hidden", rule: "(hidden)" },
    ],
    [
      "rules",
      {
        tools: { a: { deny_if: [{ conditions: [], mode: "shadow" }] } },
        categories: { write: { deny_if: [{ conditions: [] }] } },
      },
      { effect: "deny", reason: "condition", rule: "/categories/write/deny_if/always" },
    ],
    [
      "approvals",
      { tools: { a: { action: "approve", mode: "shadow" } }, categories: { write: { action: "approve" } } },
      { effect: "ask", reason: "approval_required", rule: "/categories/write/action" },
    ],
  ])("searches on behind a denial in shadow mode: %s", (_kind, more, denial) => {
    const policy = policyOf({ version: "1", default: "deny", ...more });
    const decision = decide(policy, callOf("a", { category: "write" }), UNUSED);
    expect(decision.denial).toMatchObject({ ...denial, mode: "enforce" });
  });

  it.each([
    ["\\ud83d", "encoding"],
    ["[1]", "type"],
    ["null", "type"],
  ])("cannot count the length of the text %s", (text, cause) => {
    const limits = [{ ...LIMIT, increment_from: "args.n", of: "length" }];
    const policy = policyOf({ version: "1", default: "deny", tools: { a: { limits } } });
    const { denial, unevaluable } = decide(
      policy,
      { ...callOf("a"), args: objectOf(`{"n":"${text}"}`) },
      UNUSED,
    );
    expect(denial).toMatchObject({ reason: "condition_unevaluable" });
    expect(unevaluable).toEqual([{ rule: "/tools/a/limits/c-per-minute", cause }]);
  });

  it("charges nothing for an amount that is not known, in shadow mode too", () => {
    const limits = [{ ...LIMIT, counter: "n", increment_from: "args.n", mode: "shadow" }, LIMIT];
    const policy = policyOf({ version: "1", default: "deny", tools: { a: { limits } } });
    const { denial, charges } = decide(policy, callOf("a"), UNUSED);
    expect(denial).toMatchObject({ reason: "condition_unevaluable", mode: "shadow" });
    expect(charges).toMatchObject([{ limit: { counter: "c" }, amount: 1 }]);
  });

  it("reports an enforced denial even if a shadowed denial came first", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: { a: { mode: "shadow", action: "deny", limits: [{ ...LIMIT, mode: "enforce" }] } },
    });
    expect(decide(policy, callOf("a"), () => ({ used: 1, retryAfterMs: 1 })).denial?.reason).toBe(
      "rate_limited",
    );
  });
});

const deny = (tools: object, more: object = {}) =>
  policyOf({ version: "1", default: "deny", tools, ...more });
const CALLS = { counter: "c", window: "minute", max: 5 };
function ruleOf(policy: Policy, tool: string): string | undefined {
  return decide(policy, { ...callOf(tool), isToolChanged: true }, UNUSED).denial?.rule;
}

describe("a decision", () => {
  it("has no key for an absent value", () => {
    expect(decide(deny({ a: { action: "deny" } }), callOf("a"), UNUSED)).toStrictEqual({
      denial: { effect: "deny", reason: "denied_by_rule", rule: "/tools/a/action", mode: "enforce" },
      charges: [],
      unevaluable: [],
    });
    expect(decide(deny({ a: { deny_if: [{ conditions: [] }] } }), callOf("a"), UNUSED).denial).toStrictEqual({
      effect: "deny",
      reason: "condition",
      rule: "/tools/a/deny_if/always",
      mode: "enforce",
    });
    expect(decide(deny({ a: {} }), callOf("a"), UNUSED)).toStrictEqual({ charges: [], unevaluable: [] });
    expect(decide(deny({ a: { limits: [CALLS] } }), callOf("a"), UNUSED)).not.toHaveProperty("denial");
  });

  it("without an increment names the limit and has no message", () => {
    const policy = deny({ a: { limits: [{ ...CALLS, increment_from: "args.n" }] } });
    expect(decide(policy, callOf("a"), UNUSED).denial).toStrictEqual({
      effect: "deny",
      reason: "condition_unevaluable",
      rule: "/tools/a/limits/c-per-minute",
      mode: "enforce",
    });
  });

  it("names the pin of the tool, or else the pin of the document", () => {
    const policy = policyOf({
      version: "1",
      default: "allow",
      pin: "deny",
      tools: { a: {}, b: { pin: "deny" } },
    });
    expect(["a", "b", "c"].map((tool) => ruleOf(policy, tool))).toEqual(["/pin", "/tools/b/pin", "/pin"]);
  });
});

describe("the policy", () => {
  const policy = policyOf({
    version: "1",
    default: "deny",
    hide: ["gone", "*"],
    tools: {
      a: { action: "deny", reason: "no" },
      b: { category: "execute", limits: [{ ...LIMIT, on_deny: "slow" }] },
      c: { action: "hide" },
    },
    all_tools: { deny_if: [{ conditions: [], on_deny: "closed" }] },
    categories: { read: { action: "approve" } },
    methods: { ping: { action: "deny" } },
  });

  it("names its tools, rules, limits and messages", () => {
    expect(policy.toolNames).toEqual(["a", "b", "c", "gone"]);
    expect(policy.rules).toEqual([
      "/tools/a/action",
      "/tools/b/limits/c-per-minute",
      "/categories/read/action",
      "/all_tools/deny_if/always",
      "/methods/ping/action",
    ]);
    expect(policy.limits.map(({ rule }) => rule)).toEqual(["/tools/b/limits/c-per-minute"]);
    expect(Object.fromEntries(policy.onDeny)).toEqual({
      "/tools/a/action": "no",
      "/tools/b/limits/c-per-minute": "slow",
      "/all_tools/deny_if/always": "closed",
    });
    expect([policy.categoryOf("b"), policy.categoryOf("a")]).toEqual(["execute", undefined]);
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it.each([
    [{ hide: ["x"] }, true],
    [{ hide: ["*"] }, true],
    [{ hide: ["y"] }, false],
    [{ hide: ["x"], mode: "shadow" }, false],
    [{ hide: ["x"], tools: { x: { mode: "shadow" } } }, true],
    [{ hide: ["x"], mode: "shadow", tools: { x: { action: "hide", mode: "enforce" } } }, true],
    [{ tools: { x: { action: "hide" } } }, true],
    [{ tools: { x: { action: "hide", mode: "shadow" } } }, false],
    [{ categories: { destructive: { hide: true } } }, true],
    [{ categories: { destructive: { action: "hide" } } }, true],
    [{ categories: { destructive: { hide: true, mode: "shadow" } } }, false],
    [{ categories: { destructive: { hide: true } }, tools: { x: {} } }, true],
    [{ categories: { destructive: { hide: true } }, tools: { x: { inherit: false } } }, false],
    [{ hide: ["x*"] }, true],
    [{ hide: ["?"], tools: { x: {} } }, true],
    [{ hide: ["X*", "*y", "\\?"] }, false],
    [{ tools: { "*": {}, "x*": { action: "hide" } } }, true],
    [{}, false],
  ])("%j hides x: %s", (document, expected) => {
    const { isHidden } = policyOf({ version: "1", default: "deny", ...document });
    expect(isHidden("x", "destructive")).toBe(expected);
    expect(isHidden("x", { category: "destructive", source: "heuristic", confidence: 1 })).toBe(expected);
  });
});

const condition = fc.record({
  path: fc.constantFrom("args.a", "args.b.c", "args"),
  op: fc.constantFrom("eq", "neq", "gt", "lte", "exists", "in", "regex", "contains", "not_exists"),
  raw: fc.constantFrom("text", "1"),
});

function written({ path, op, raw }: { path: string; op: string; raw: string }) {
  if (op === "exists" || op === "not_exists") return { path, op, value: raw === "text" };
  if (op === "in") return { path, op, value: [raw, Number(raw) || 0] };
  return { path, op, value: op === "gt" || op === "lte" ? Number(raw) || 0 : raw };
}

const mode = fc.option(fc.constantFrom("shadow", "enforce"), { nil: undefined });
const rule = fc.record({
  conditions: fc.array(condition.map(written), { maxLength: 3 }),
  effect: fc.option(fc.constantFrom("approve", "deny"), { nil: undefined }),
  mode,
});
const entry = fc.record({
  require: fc.array(rule, { maxLength: 2 }),
  deny_if: fc.array(rule, { maxLength: 2 }),
  action: fc.option(fc.constantFrom("allow", "deny", "approve", "hide"), { nil: undefined }),
  mode,
});
const document = fc.record({
  version: fc.constant("1"),
  default: fc.constantFrom("allow", "deny"),
  strict: fc.boolean(),
  mode,
  hide: fc.subarray(["t", "u"]),
  tools: fc.record({ t: fc.option(entry, { nil: undefined }), u: fc.option(entry, { nil: undefined }) }),
});
const args = fc.record({
  a: fc.constantFrom("text", 1, null, ["text"], undefined),
  b: fc.constantFrom({ c: 1 }, { c: "text" }, "x"),
});

describe("for any policy", () => {
  it("an added deny rule never turns a denial into an allow", () => {
    fc.assert(
      fc.property(document, rule, args, fc.nat(4), (before, added, given, position) => {
        const list = before.tools.t?.deny_if ?? [];
        const after = structuredClone(before);
        if (after.tools.t === undefined) return;
        after.tools.t.deny_if = [...list.slice(0, position), added, ...list.slice(position)];
        const call = callOf("t", { args: given });
        if (isBlocked(decide(policyOf(before), call, UNUSED))) {
          expect(isBlocked(decide(policyOf(after), call, UNUSED))).toBe(true);
        }
      }),
    );
  });

  it("added patterns never turn the denial of a listed name into an allow, nor a hidden name into another", () => {
    const pattern = fc.constantFrom("*", "t*", "?", "*t", "t?", "*t*");
    const added = fc.dictionary(
      pattern.filter((key) => key !== "*"),
      entry,
      { maxKeys: 3 },
    );
    fc.assert(
      fc.property(document, added, fc.subarray(["*", "x*", "?"]), args, (before, tools, hide, given) => {
        if (before.tools.t === undefined) return;
        const after = { ...before, tools: { ...before.tools, ...tools }, hide: [...before.hide, ...hide] };
        const call = callOf("t", { args: given });
        if (isBlocked(decide(policyOf(before), call, UNUSED))) {
          expect(isBlocked(decide(policyOf(after), call, UNUSED))).toBe(true);
        }
      }),
    );
  });

  it("inherited rules never loosen, whatever the entry and the category are", () => {
    fc.assert(
      fc.property(document, entry, args, (before, category, given) => {
        const own = before.tools.t ?? {};
        const withInherit = (inherit: boolean | undefined) => ({
          ...before,
          categories: { execute: category },
          tools: { t: { ...own, category: "execute", ...(inherit !== undefined && { inherit }) } },
        });
        const call = callOf("t", { args: given });
        const alone = decide(policyOf(withInherit(false)), call, UNUSED);
        const inheriting = decide(policyOf(withInherit(undefined)), call, UNUSED);
        if (isBlocked(alone)) expect(isBlocked(inheriting)).toBe(true);
        const byCategory = decide(
          policyOf({ ...withInherit(undefined), tools: { t: { category: "execute" } } }),
          call,
          UNUSED,
        );
        if (isBlocked(byCategory)) expect(isBlocked(inheriting)).toBe(true);
        expect(decide(policyOf(withInherit(true)), call, UNUSED)).toEqual(inheriting);
      }),
    );
  });

  it("an entry that only says the category decides as none does under default allow", () => {
    fc.assert(
      fc.property(entry, args, (category, given) => {
        const base = { version: "1", default: "allow", categories: { execute: category } };
        const call = callOf("t", { args: given, category: "execute" });
        const corrected = decide(policyOf({ ...base, tools: { t: { category: "execute" } } }), call, UNUSED);
        expect(corrected).toEqual(decide(policyOf(base), call, UNUSED));
      }),
    );
  });

  it("shadow mode of the whole document blocks no call, and would deny exactly the calls that enforce mode denies", () => {
    fc.assert(
      fc.property(document, args, (literal, given) => {
        const call = callOf("t", { args: given });
        const forced = decide(policyOf(literal, { mode: "shadow" }), call, UNUSED);
        expect(isBlocked(forced)).toBe(false);
        if (isBlocked(decide(policyOf(literal), call, UNUSED))) expect(effectOf(forced)).toBe("would_deny");
      }),
    );
  });

  it("normalisation is idempotent", () => {
    fc.assert(
      fc.property(document, (literal) => {
        const first = parsePolicy(fromLiteral(literal));
        if (!first.ok) throw new Error("a sound document expected");
        const second = parsePolicy(first.document.json);
        if (!second.ok) throw new Error("the normal form must be sound");
        expect(printJson(second.document.json)).toBe(printJson(first.document.json));
      }),
    );
  });
});
