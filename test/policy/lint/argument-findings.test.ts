/** Findings where a policy contradicts the input schema of a tool. */

import { describe, expect, it } from "vitest";
import { findingsOf, toolOf } from "./findings.ts";

const STRING = { type: "string" };
const NUMBER = { type: "number" };
const LIMIT = { counter: "c", window: "minute", max: 1 };

const PAY = toolOf(
  "pay",
  {
    amount: NUMBER,
    note: STRING,
    kind: { enum: ["x", "y"] },
    any: {},
    either: { type: ["string", "number"] },
  },
  ["amount", "note", "kind", "any"],
);

function denying(condition: object, more: object = {}): object {
  return { ...more, tools: { pay: { deny_if: [{ conditions: [condition] }] } } };
}

function requiring(condition: object, more: object = {}): object {
  return { ...more, tools: { pay: { require: [{ conditions: [condition] }] } } };
}

const DENY_0 = "tools.pay.deny_if[0].conditions[0]";
const REQUIRE_0 = "tools.pay.require[0].conditions[0]";
const EXISTS = { op: "exists", value: true };

describe("a condition on an argument that does not exist", () => {
  const GONE = "is no argument of `pay`";

  it.each<[string, object, string]>([
    [
      "never denies",
      denying({ path: "args.x", op: "eq", value: 1 }),
      `error unknown-argument ${DENY_0}: \`args.x\` ${GONE}: the rule never denies`,
    ],
    [
      "says which was meant",
      denying({ path: "args.amonut", op: "eq", value: 1 }),
      `error unknown-argument ${DENY_0}: \`args.amonut\` ${GONE}, did you mean "amount"?: the rule never denies`,
    ],
    [
      "forbids what is not there",
      denying({ path: "args.x", ...EXISTS }),
      `warning unknown-argument ${DENY_0}: \`args.x\` ${GONE}: the rule never denies`,
    ],
    [
      "forbids in vain",
      denying({ path: "args.x", op: "not_exists" }),
      `error unknown-argument ${DENY_0}: \`args.x\` ${GONE}: the condition always holds`,
    ],
    [
      "denies every call under strict",
      denying({ path: "args.x", op: "eq", value: 1 }, { strict: true }),
      `error unknown-argument ${DENY_0}: \`args.x\` ${GONE}: under \`strict\` every call is denied`,
    ],
    [
      "is as present as ever under strict",
      denying({ path: "args.x", ...EXISTS }, { strict: true }),
      `warning unknown-argument ${DENY_0}: \`args.x\` ${GONE}: the rule never denies`,
    ],
    [
      "is met by no call",
      requiring({ path: "args.x", op: "eq", value: 1 }),
      `error unknown-argument ${REQUIRE_0}: \`args.x\` ${GONE}: no call can meet the rule`,
    ],
    [
      "is met by every call",
      requiring({ path: "args.x", op: "not_exists" }),
      `warning unknown-argument ${REQUIRE_0}: \`args.x\` ${GONE}: the condition always holds`,
    ],
  ])("%s", (_what, policy, finding) => {
    expect(findingsOf(policy, PAY)).toEqual([finding]);
  });
});

function needsNumber(path: string, type: string): string {
  return `error wrong-type ${DENY_0}: \`gt\` needs a number, and \`${path}\` is ${type}: a call that gives it is denied`;
}

describe("a condition on an argument of another type", () => {
  it.each<[object, string]>([
    [{ path: "args.note", op: "gt", value: 1 }, "`gt` needs a number, and `args.note` is a string"],
    [{ path: "args.note", op: "lte", value: 1 }, "`lte` needs a number, and `args.note` is a string"],
    [
      { path: "args.amount", op: "regex", value: "x" },
      "`regex` needs a string, and `args.amount` is a number",
    ],
    [
      { path: "args.amount", op: "starts_with", value: "x" },
      "`starts_with` needs a string, and `args.amount` is a number",
    ],
    [
      { path: "args.amount", op: "ends_with", value: "x" },
      "`ends_with` needs a string, and `args.amount` is a number",
    ],
    [
      { path: "args.amount", op: "contains", value: "x" },
      "`contains` needs a string or an array, and `args.amount` is a number",
    ],
    [
      { path: "args.note", op: "contains", value: 1 },
      "`contains` needs an array, and `args.note` is a string",
    ],
    [
      { path: "args.amount", op: "gt", value: 1, of: "length" },
      '`"of": "length"` needs a string, an array or an object, and `args.amount` is a number',
    ],
  ])("%j", (condition, words) => {
    expect(findingsOf(denying(condition), PAY)).toEqual([
      `error wrong-type ${DENY_0}: ${words}: a call that gives it is denied`,
    ]);
  });

  it.each<object>([
    { path: "args.amount", op: "gt", value: 1 },
    { path: "args.amount", op: "lt", value: 1 },
    { path: "args.amount", op: "gt", value: 1, of: "bytes" },
    { path: "args.note", op: "gt", value: 1, of: "length" },
    { path: "args.note", op: "contains", value: "x" },
    { path: "args.note", op: "regex", value: "x" },
    { path: "args.any", op: "gt", value: 1 },
    { path: "args.any.inner", op: "eq", value: 1 },
    { path: "args.amount", op: "neq", value: "x" },
    { path: "args.amount", op: "not_in", value: ["x"] },
    { path: "args.note", op: "eq", value: 1, of: "length" },
    { path: "args.note", op: "exists", value: true },
    { path: "args.kind", op: "eq", value: "x" },
    { path: "args.kind", op: "in", value: ["z", "y"] },
    { path: "args.amount", op: "in", value: ["z", 1] },
    { path: "args.amount", op: "in", value: [] },
    { path: "args.either", op: "gt", value: 1 },
  ])("is no matter for %j", (condition) => {
    expect(findingsOf(requiring(condition), PAY)).toEqual([]);
  });

  it("is called by its name", () => {
    const tool = toolOf("pay", { a: { type: "boolean" }, b: { type: ["object", "array"] } }, ["a", "b"]);
    expect(findingsOf(denying({ path: "args.a", op: "gt", value: 1 }), tool)).toEqual([
      needsNumber("args.a", "a boolean"),
    ]);
    expect(findingsOf(denying({ path: "args.b", op: "gt", value: 1 }), tool)).toEqual([
      needsNumber("args.b", "an object or an array"),
    ]);
  });

  it("is no matter for null alone", () => {
    const tool = toolOf("pay", { a: { type: "null" }, b: { type: ["null", "number"] } });
    expect(findingsOf(requiring({ path: "args.a", op: "gt", value: 1 }), tool)).toEqual([]);
    expect(findingsOf(requiring({ path: "args.b", op: "gt", value: 1 }), tool)).toEqual([]);
    expect(findingsOf(requiring({ path: "args.b", op: "regex", value: "x" }), tool)).toEqual([
      `error wrong-type ${REQUIRE_0}: \`regex\` needs a string, and \`args.b\` is a number: a call that gives it is denied`,
    ]);
  });
});

describe("a value that no argument has", () => {
  it.each<[object, string]>([
    [
      denying({ path: "args.kind", op: "eq", value: "z" }),
      `${DENY_0}: \`args.kind eq "z"\` never holds, since \`args.kind\` is "x" or "y": the rule never denies`,
    ],
    [
      requiring({ path: "args.kind", op: "in", value: ["z", "w"] }),
      `${REQUIRE_0}: \`args.kind in ["z","w"]\` never holds, since \`args.kind\` is "x" or "y": no call can meet the rule`,
    ],
    [
      denying({ path: "args.amount", op: "eq", value: "1" }),
      `${DENY_0}: \`args.amount eq "1"\` never holds, since \`args.amount\` is a number: the rule never denies`,
    ],
    [
      denying({ path: "args.note", op: "in", value: [1, true] }),
      `${DENY_0}: \`args.note in [1,true]\` never holds, since \`args.note\` is a string: the rule never denies`,
    ],
    [
      denying({ path: "args.note", op: "eq", value: ["x"] }),
      `${DENY_0}: \`args.note eq ["x"]\` never holds, since \`args.note\` is a string: the rule never denies`,
    ],
  ])("%j", (policy, words) => {
    expect(findingsOf(policy, PAY)).toEqual([`error impossible-value ${words}`]);
  });
});

function rule(path: string, op = "gt", value: unknown = 1) {
  return { conditions: [{ path, op, value }] };
}

describe("a rule that can be avoided", () => {
  const tool = toolOf("pay", { a: NUMBER, b: NUMBER }, ["b"]);
  const AVOIDABLE =
    'warning avoidable tools.pay.deny_if[0]: `args.a` may be left out of a call of `pay`, and then the rule does not apply: require that it exists, or set "strict": true';

  it.each<[string, object, string[]]>([
    ["leaves the argument out", { deny_if: [rule("args.a")] }, [AVOIDABLE]],
    ["is not: the argument is required by the server", { deny_if: [rule("args.b")] }, []],
    ["is not: it asks for presence", { deny_if: [rule("args.a", "exists", true)] }, []],
    ["is not: a require in shadow", { require: [{ ...rule("args.a"), mode: "shadow" }] }, []],
    ["is not: a require", { require: [rule("args.a")] }, []],
    [
      "is not: another rule requires it",
      { deny_if: [rule("args.a")], require: [rule("args.a", "exists", true)] },
      [],
    ],
    [
      "is not: another rule compares it",
      { deny_if: [rule("args.a")], require: [rule("args.a", "lt", 9)] },
      [],
    ],
    [
      "is not: another rule denies without it",
      { deny_if: [rule("args.a"), rule("args.a", "exists", false)] },
      [],
    ],
    [
      "is, with another in shadow",
      { deny_if: [rule("args.a")], require: [{ ...rule("args.a", "exists", true), mode: "shadow" }] },
      [AVOIDABLE],
    ],
    [
      "is, with another that asks",
      { deny_if: [rule("args.a")], require: [{ ...rule("args.a", "exists", true), effect: "approve" }] },
      [AVOIDABLE],
    ],
    [
      "is, with another that needs more",
      {
        deny_if: [
          rule("args.a"),
          { conditions: [...rule("args.a", "exists", false).conditions, ...rule("args.b").conditions] },
        ],
      },
      [AVOIDABLE],
    ],
    [
      "is, where absence is required",
      { deny_if: [rule("args.a")], require: [rule("args.a", "exists", false)] },
      [AVOIDABLE],
    ],
  ])("%s", (_what, entry, findings) => {
    expect(findingsOf({ tools: { pay: entry } }, tool)).toEqual(findings);
  });

  it("is not under strict, nor where a rule for every tool requires it", () => {
    const tools = { pay: { deny_if: [rule("args.a")] } };
    expect(findingsOf({ strict: true, tools }, tool)).toEqual([]);
    expect(findingsOf({ tools, all_tools: { require: [rule("args.a", "exists", true)] } }, tool)).toEqual([]);
  });
});

describe("a limit's amount", () => {
  const PATH = "tools.pay.limits[0].increment_from";

  it.each<[object, string[]]>([
    [{ increment_from: "args.amount" }, []],
    [{ increment: 2 }, []],
    [{}, []],
    [{ increment_from: "args.any" }, []],
    [{ increment_from: "args.any.inner" }, []],
    [{ increment_from: "args.note", of: "length" }, []],
    [{ increment_from: "args.note", of: "bytes" }, []],
    [
      { increment_from: "args.amuont" },
      [
        `error unknown-argument ${PATH}: \`args.amuont\` is no argument of \`pay\`, did you mean "amount"?: every call is denied`,
      ],
    ],
    [
      { increment_from: "args.note" },
      [
        `error wrong-type ${PATH}: an amount needs a number, and \`args.note\` is a string: every call is denied`,
      ],
    ],
    [
      { increment_from: "args.amount", of: "length" },
      [
        `error wrong-type ${PATH}: an amount needs a string, an array or an object, and \`args.amount\` is a number: every call is denied`,
      ],
    ],
  ])("%j", (limit, findings) => {
    expect(findingsOf({ tools: { pay: { limits: [{ ...LIMIT, ...limit }] } } }, PAY)).toEqual(findings);
  });
});
