/** Amounts of answers: what is charged when a call has ended, and what a policy may name. The corpus has the decisions. */

import { describe, expect, it } from "vitest";
import { type Answer, answerCharges } from "../../../src/policy/answers/answer-charges.ts";
import { decide } from "../../../src/policy/decide.ts";
import { decideMethod } from "../../../src/policy/decide-method.ts";
import { explainCall } from "../../../src/policy/explain/steps.ts";
import { contradictionFindings } from "../../../src/policy/lint/contradictions.ts";
import type { CompiledPolicy } from "../../../src/policy/document/compile.ts";
import { callOf, policyOf, problemsOf, UNUSED } from "../policies.ts";

const LIMIT = { counter: "c", window: "day", max: 5 };
const COST = "result.structuredContent.cost";

function documentOf(limit: object, entry: object = {}): object {
  return { version: "1", default: "deny", tools: { run: { ...entry, limits: [{ ...LIMIT, ...limit }] } } };
}

function chargesOf(policy: CompiledPolicy, answer: Partial<Answer>): ReturnType<typeof answerCharges> {
  const { charges, due = [] } = decide(policy, callOf("run"), UNUSED);
  return answerCharges([...charges, ...due], { atMs: 0, outcome: "success", bytes: 9, ...answer });
}

describe("an amount of an answer", () => {
  it.each<[string, Partial<Answer>, number[]]>([
    ["result.bytes", {}, [9]],
    ["result.bytes", { bytes: 0 }, []],
    ["result.tokens_estimate", {}, [3]],
    ["result.isError", {}, []],
    ["result.isError", { outcome: "tool_error" }, [1]],
    ["result.isError", { outcome: "cancelled" }, []],
    ["result.isError", { outcome: "tool_error", part: "result" }, []],
    [COST, { amounts: new Map([[COST, "1.5"]]) }, [1.5]],
    [COST, { amounts: new Map(), outcome: "tool_error" }, []],
    [COST, { part: "status" }, []],
  ])("%s of %j is %j", (source, answer, amounts) => {
    const found = chargesOf(policyOf(documentOf({ increment_from: source })), answer);
    expect(found.charges.map(({ amount }) => amount)).toEqual(amounts);
    expect(found.unevaluable).toEqual([]);
  });

  it.each(["0", "7", "10", "250", "0.25", "12.125", "1e2", "1E2", "1e+2", "25e-1", "1.5e10"])(
    "is %s as the answer writes it",
    (token) => {
      const found = chargesOf(policyOf(documentOf({ increment_from: COST })), {
        amounts: new Map([[COST, token]]),
      });
      expect(found.unevaluable).toEqual([]);
      expect(found.charges.map(({ amount }) => amount)).toEqual(Number(token) > 0 ? [Number(token)] : []);
    },
  );

  it.each(["tool_error", "rpc_error", "upstream_error", "timeout"] as const)(
    "is one failure for %s",
    (outcome) => {
      const found = chargesOf(policyOf(documentOf({ increment_from: "result.isError" })), { outcome });
      expect(found.charges.map(({ amount }) => amount)).toEqual([1]);
    },
  );

  it.each<[string, Partial<Answer>]>([
    ["missing", {}],
    ["type", { amounts: new Map([[COST, '"1"']]) }],
    ["type", { amounts: new Map([[COST, "-1"]]) }],
    ["type", { amounts: new Map([[COST, "x1"]]) }],
    ["type", { amounts: new Map([[COST, "01"]]) }],
    ["type", { amounts: new Map([[COST, "1a"]]) }],
    ["type", { amounts: new Map([[COST, "1."]]) }],
    ["type", { amounts: new Map([[COST, "1e"]]) }],
    ["type", { amounts: new Map([[COST, "true"]]) }],
    ["precision", { amounts: new Map([[COST, "1e-400"]]) }],
  ])("counts nothing where it is %s, and says so", (cause, answer) => {
    const found = chargesOf(policyOf(documentOf({ increment_from: COST })), answer);
    expect(found).toEqual({ charges: [], unevaluable: [{ rule: "/tools/run/limits/c-per-day", cause }] });
  });

  it("is not charged before the call, and charges of the call are not charged after it", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: { run: { limits: [LIMIT, { ...LIMIT, counter: "b", increment_from: "result.bytes" }] } },
    });
    const decision = decide(policy, callOf("run"), UNUSED);
    expect(decision.charges.map(({ limit }) => limit.counter)).toEqual(["c"]);
    expect(decision.due?.map(({ limit }) => limit.counter)).toEqual(["b"]);
    expect(chargesOf(policy, {}).charges.map(({ limit }) => limit.counter)).toEqual(["b"]);
  });

  it.each([
    [4.999, undefined],
    [5, "budget_exceeded"],
    [7, "budget_exceeded"],
  ])("refuses the next call when %d of 5 is used: %s", (used, reason) => {
    const policy = policyOf(documentOf({ increment_from: "result.bytes" }));
    expect(decide(policy, callOf("run"), () => ({ used, retryAfterMs: 1 })).denial?.reason).toBe(reason);
  });

  it("counts requests of other methods too", () => {
    const limits = [{ ...LIMIT, increment_from: "result.bytes" }];
    const policy = policyOf({
      version: "1",
      default: "deny",
      methods: { "resources/read": { action: "allow", limits } },
    });
    const call = { method: "resources/read", isKnownMethod: true, agent: "a" };
    expect(decideMethod(policy, call, UNUSED).due).toHaveLength(1);
  });

  it.each([
    ["result", "increment_from: must be result.bytes, result.tokens_estimate"],
    ["result.content", "increment_from: must be result.bytes"],
    ["result.structuredContent", "increment_from: must be result.bytes"],
    ["result.structuredContent.items[0]", "increment_from: must be result.bytes"],
    ["result.structuredContent.items[*].a", "increment_from: must be result.bytes"],
    ["result..x", "increment_from: must be result.bytes"],
    ["result[", "increment_from: must be result.bytes"],
    ["results.x", "increment_from: must be a path such as args.name"],
  ])("is not %s", (source, problem) => {
    expect(problemsOf(documentOf({ increment_from: source })).join()).toContain(problem);
  });

  it.each([
    [{ increment_from: "result.bytes", of: "length" }, "of: must not stand beside an amount of the answer"],
    [{ increment_from: "result.bytes", on_error: "refund" }, "on_error: must not stand beside an amount"],
    [{ increment_from: "result.bytes", increment: 2 }, 'increment: must not stand beside "increment_from"'],
    [{ on_error: "keep" }, 'on_error: must be "refund"'],
    [{ window: "concurrent", on_error: "refund" }, "on_error: must not stand in a limit of calls in flight"],
  ])("refuses %j", (limit, problem) => {
    expect(problemsOf(documentOf(limit)).join()).toContain(problem);
  });

  it.each([
    [
      "result.bytes",
      "counts the bytes of the answer for each agent, when the call has ended: at 5 the next one is denied",
    ],
    ["result.tokens_estimate", "counts the tokens of the answer, by an estimate, for each agent, when"],
    ["result.isError", "counts failed calls for each agent, when"],
    [COST, "counts result.structuredContent.cost for each agent, when"],
  ])("is explained: %s", (source, why) => {
    const { steps } = explainCall(policyOf(documentOf({ increment_from: source })), callOf("run"));
    expect(steps.at(-1)?.why).toContain(why);
  });

  it("is a mistake in a limit that admits nothing", () => {
    const findingsOf = (max: number): unknown[] =>
      contradictionFindings(policyOf(documentOf({ max, increment_from: "result.bytes" })).document);
    expect(findingsOf(0)).toHaveLength(1);
    expect(findingsOf(0.5)).toEqual([]);
    const { steps } = explainCall(
      policyOf(documentOf({ max: 0, increment_from: "result.bytes" })),
      callOf("run"),
    );
    expect(steps.at(-1)).toMatchObject({
      verdict: "denies",
      why: expect.stringContaining("which never fits"),
    });
  });
});

function paused(cooldown: object): object {
  return { version: "1", default: "deny", tools: { run: { concurrent: 1, cooldown } } };
}

describe("a cooldown", () => {
  it("is a limit of its own kind, and counts failures on the side", () => {
    const policy = policyOf(paused({ failures: 3, seconds: 60 }));
    const [, pause] = policy.limits;
    expect(pause).toMatchObject({
      measures: "pause",
      scope: "agent+tool",
      max: 1,
      rule: "/tools/run/limits/cooldown",
    });
    expect(pause?.opener).toMatchObject({ max: 3, window: { lengthMs: 60_000 } });
    expect(pause?.opener?.id).not.toBe(pause?.id);
    const { steps } = explainCall(policy, callOf("run"));
    expect(steps.at(-1)).toMatchObject({
      verdict: "passes",
      why: "3 failures begin a pause for each agent and tool",
    });
    const full = decide(policy, callOf("run"), ({ limit }) => ({
      used: limit.measures === "pause" ? 1 : 0,
      retryAfterMs: 5,
    }));
    expect(full.denial).toMatchObject({ reason: "cooldown", retryAfterMs: 5 });
  });

  it.each([
    [{ seconds: 1 }, "failures: is required"],
    [{ failures: 0, seconds: 1 }, "failures: must be a whole number above 0"],
    [{ failures: 1.5, seconds: 1 }, "failures: must be a whole number above 0"],
    [{ failures: 1, seconds: 86_401 }, "seconds: must be a whole number of seconds from 1 to 86400"],
    [{ failures: 1, seconds: 0 }, "seconds: must be"],
    [{ failures: 1, seconds: 0.5 }, "seconds: must be"],
    [{ failures: 1, seconds: 1, within: 0 }, "within: must be"],
  ])("refuses %j", (cooldown, problem) => {
    expect(problemsOf(paused(cooldown)).join()).toContain(problem);
  });
});
