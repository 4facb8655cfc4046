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
const STRICT = { strict: true };

describe("a condition on an argument that does not exist", () => {
  const EQUALS = { path: "args.x", op: "eq", value: 1 };
  const PRESENT = { path: "args.x", ...EXISTS };
  const ABSENT = { path: "args.x", op: "not_exists" };
  const NEVER = "the rule never denies";
  const ALWAYS = "the condition always holds";

  it.each([
    ["never denies", denying(EQUALS), "error", DENY_0, NEVER],
    ["forbids an absent argument", denying(PRESENT), "warning", DENY_0, NEVER],
    ["forbids in vain", denying(ABSENT), "error", DENY_0, ALWAYS],
    [
      "denies all when strict",
      denying(EQUALS, STRICT),
      "error",
      DENY_0,
      "under `strict` every call is denied",
    ],
    ["tests presence when strict", denying(PRESENT, STRICT), "warning", DENY_0, NEVER],
    ["holds for no call", requiring(EQUALS), "error", REQUIRE_0, "no call can meet the rule"],
    ["holds for every call", requiring(ABSENT), "warning", REQUIRE_0, ALWAYS],
  ])("%s", (...[, policy, severity, path, effect]) => {
    const finding = `${severity} unknown-argument ${path}: \`args.x\` is no argument of \`pay\`: ${effect}`;
    expect(findingsOf(policy, PAY)).toEqual([finding]);
  });

  it("suggests the name that was meant", () => {
    expect(findingsOf(denying({ path: "args.amonut", op: "eq", value: 1 }), PAY)).toEqual([
      `error unknown-argument ${DENY_0}: \`args.amonut\` is no argument of \`pay\`, did you mean "amount"?: ${NEVER}`,
    ]);
  });
});

function needsNumber(path: string, type: string): string {
  return `error wrong-type ${DENY_0}: \`gt\` needs a number, and \`${path}\` is ${type}: a call that gives it is denied`;
}

describe("a condition on an argument of another type", () => {
  it.each([
    ["note", "gt", 1, "a number", "a string"],
    ["note", "lte", 1, "a number", "a string"],
    ["amount", "regex", "x", "a string", "a number"],
    ["amount", "starts_with", "x", "a string", "a number"],
    ["amount", "ends_with", "x", "a string", "a number"],
    ["amount", "contains", "x", "a string or an array", "a number"],
    ["note", "contains", 1, "an array", "a string"],
    ["amount", "neq", "x", "a string", "a number"],
    ["amount", "neq", null, "a null", "a number"],
    ["note", "not_in", [1, true], "a number or a boolean", "a string"],
  ])("%s %s %j is a finding", (...[name, op, value, needed, type]) => {
    expect(findingsOf(denying({ path: `args.${name}`, op, value }), PAY)).toEqual([
      `error wrong-type ${DENY_0}: \`${op}\` needs ${needed}, and \`args.${name}\` is ${type}: a call that gives it is denied`,
    ]);
  });

  it("is a finding for a length", () => {
    expect(findingsOf(denying({ path: "args.amount", op: "gt", value: 1, of: "length" }), PAY)).toEqual([
      `error wrong-type ${DENY_0}: \`"of": "length"\` needs a string, an array or an object, and \`args.amount\` is a number: a call that gives it is denied`,
    ]);
  });

  it("is a finding for a part of a URL", () => {
    const condition = { path: "args.amount", op: "eq", value: "a.example", of: "host" };
    expect(findingsOf(denying(condition), PAY)).toEqual([
      `error wrong-type ${DENY_0}: \`"of": "host"\` needs a string, and \`args.amount\` is a number: a call that gives it is denied`,
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
    { path: "args.note", op: "neq", value: "x" },
    { path: "args.note", op: "not_in", value: ["x", 1] },
    { path: "args.note", op: "not_in", value: [] },
    { path: "args.note", op: "eq", value: 1, of: "length" },
    { path: "args.note", op: "exists", value: true },
    { path: "args.kind", op: "eq", value: "x" },
    { path: "args.kind", op: "in", value: ["z", "y"] },
    { path: "args.either", op: "in", value: ["z"] },
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
  const NEVER = "the rule never denies";
  const DENIED = "a call that gives it is denied";

  it.each([
    ["deny_if", "kind", "eq", "z", '"x" or "y"', NEVER],
    ["require", "kind", "in", ["z", "w"], '"x" or "y"', "no call can meet the rule"],
    ["deny_if", "kind", "eq", 1, '"x" or "y"', DENIED],
    ["deny_if", "amount", "eq", "1", "a number", DENIED],
    ["deny_if", "note", "in", [1, true], "a string", DENIED],
    ["deny_if", "note", "eq", ["x"], "a string", DENIED],
    ["deny_if", "note", "eq", null, "a string", DENIED],
  ])("%s %s %s %j is a finding", (...[kind, name, op, value, known, effect]) => {
    const condition = { path: `args.${name}`, op, value };
    const policy = { tools: { pay: { [kind]: [{ conditions: [condition] }] } } };
    expect(findingsOf(policy, PAY)).toEqual([
      `error impossible-value tools.pay.${kind}[0].conditions[0]: \`args.${name} ${op} ${JSON.stringify(value)}\` never holds, since \`args.${name}\` is ${known}: ${effect}`,
    ]);
  });
});

describe("an item that no list has", () => {
  const tool = toolOf("pay", {
    a: { type: "array", items: NUMBER },
    b: { type: "array" },
    c: { type: ["array", "string"], items: NUMBER },
  });

  it("is a finding where the schema has the type of the items", () => {
    expect(findingsOf(requiring({ path: "args.a", op: "contains", value: true }), tool)).toEqual([
      `error wrong-type ${REQUIRE_0}: \`contains\` needs an item of the operand's type, and those of \`args.a\` are a number: a call that gives one is denied`,
    ]);
  });

  it.each([
    { path: "args.a", op: "contains", value: 1 },
    { path: "args.b", op: "contains", value: true },
    { path: "args.c", op: "contains", value: "x" },
  ])("is no matter for %j", (condition) => {
    expect(findingsOf(requiring(condition), tool)).toEqual([]);
  });
});

describe("an equality on a type that servers convert", () => {
  const tool = toolOf("pay", {
    n: { type: "integer" },
    f: NUMBER,
    b: { type: "boolean" },
    e: { type: "integer", enum: [0, 1] },
    u: { anyOf: [{ type: "integer" }, { type: "null" }] },
    s: STRING,
  });
  const INTEGER = "a server may round 0.4 to an integer, so compare with bounds such as `lt` and `gt`";

  it.each([
    ["n", "eq", 0, INTEGER],
    ["n", "neq", 0, INTEGER],
    ["n", "in", [0, 1], INTEGER],
    ["u", "not_in", [7], INTEGER],
    ["f", "eq", 1, "a server may round a number, so compare with bounds such as `lt` and `gt`"],
    [
      "b",
      "eq",
      true,
      'a server may take "true", "yes" or 1 for true, and such calls are denied as unevaluable: expect that',
    ],
  ])("warns of %s %s %j", (name, op, value, risk) => {
    const text = `args.${name} ${op} ${JSON.stringify(value)}`;
    expect(findingsOf(requiring({ path: `args.${name}`, op, value }), tool)).toEqual([
      `warning coerced ${REQUIRE_0}: \`${text}\`: ${risk}; or set "arguments": "validate"`,
    ]);
  });

  it("says nothing where calls are held against the schema", () => {
    const condition = { path: "args.n", op: "eq", value: 0 };
    expect(findingsOf(requiring(condition, { arguments: "validate" }), tool)).toEqual([]);
    expect(findingsOf(requiring(condition, { arguments: "observe" }), tool)).toHaveLength(1);
  });

  it.each([
    { path: "args.e", op: "eq", value: 0 },
    { path: "args.s", op: "eq", value: "x" },
    { path: "args.n", op: "gt", value: 0 },
    { path: "args.s", op: "eq", value: 3, of: "length" },
  ])("says nothing of %j", (condition) => {
    expect(findingsOf(requiring(condition), tool)).toEqual([]);
  });
});

function limited(entry: object): object {
  return { tools: { pay: { ...entry, limits: [{ ...LIMIT, max: 9, increment_from: "args.amount" }] } } };
}

describe("an amount that a limit counts", () => {
  const LOW = "no lower bound, so that calls with 0 or next to it are never counted";
  const HIGH = "no upper bound, so that one call may take the whole budget";
  const SUBJECT = { path: "args.amount" };
  const one = (op: string, value: unknown) => ({ conditions: [{ ...SUBJECT, op, value }] });

  it.each<[string, object, object, readonly string[]]>([
    ["nothing bounds it", {}, {}, [LOW, HIGH]],
    ["the schema has a minimum", {}, { minimum: 0 }, [HIGH]],
    ["the schema has both", {}, { exclusiveMinimum: 0, exclusiveMaximum: 9 }, []],
    ["a rule requires a range", { require: [one("gte", 1), one("lte", 9)] }, {}, []],
    [
      "one rule requires a range",
      { require: [{ conditions: [...one("gt", 0).conditions, ...one("lt", 9).conditions] }] },
      {},
      [],
    ],
    ["rules deny what is outside", { deny_if: [one("lt", 1), one("gt", 9)] }, {}, []],
    [
      "a list is required",
      { require: [{ conditions: [{ ...SUBJECT, op: "in", value: [1.5, "a"] }] }] },
      { enum: [1.5] },
      [],
    ],
    [
      "a rule in shadow mode does not count",
      { require: [{ ...one("gte", 1), mode: "shadow" }] },
      { maximum: 1 },
      [LOW],
    ],
    [
      "a rule that asks does not count",
      { require: [{ ...one("gte", 1), effect: "approve" }] },
      { maximum: 1 },
      [LOW],
    ],
    [
      "a rule of two conditions denies less",
      {
        deny_if: [
          { conditions: [...one("lt", 1).conditions, { path: "args.note", op: "exists", value: true }] },
        ],
      },
      { maximum: 1 },
      [LOW],
    ],
    [
      "a length is another number",
      { require: [{ conditions: [{ ...SUBJECT, op: "lt", value: 9, of: "bytes" }] }] },
      { minimum: 1 },
      [HIGH],
    ],
    [
      "another argument is none",
      { require: [{ conditions: [{ path: "args.note", op: "lt", value: 9, of: "length" }] }] },
      { minimum: 1 },
      [HIGH],
    ],
  ])("is checked for bounds: %s", (_name, entry, bounds, missing) => {
    const tool = toolOf("pay", { amount: { ...NUMBER, ...bounds }, note: STRING }, ["amount", "note"]);
    const expected =
      missing.length === 0
        ? []
        : [
            `warning unbounded-amount tools.pay.limits[0].increment_from: \`args.amount\` has ${missing.join(", and ")}: require it to be in a range`,
          ];
    expect(findingsOf(limited(entry), tool)).toEqual(expected);
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

describe("a rule about the items of a list that a call may leave out", () => {
  const ORDER = toolOf("pay", {
    items: {
      type: "array",
      default: [],
      items: { type: "object", properties: { amount: NUMBER }, required: ["amount"] },
    },
  });
  const SOME = { path: "args.items[*].amount", op: "gt", value: 5, items: "some" };

  it("can be avoided, whatever the server's default is", () => {
    expect(
      findingsOf(denying(SOME), ORDER).map((finding) => finding.split(" ").slice(0, 3).join(" ")),
    ).toContain("warning avoidable tools.pay.deny_if[0]:");
  });
});

describe("a value that an argument never has", () => {
  const NEVER = "the rule never denies";
  const DENIED = "a call that gives it is denied";

  it.each([
    [
      { path: "args.kind", op: "eq", value: "z" },
      `\`args.kind eq "z"\` never holds, since \`args.kind\` is "x" or "y": ${NEVER}`,
    ],
    [
      { path: "args.kind", op: "eq", value: 5 },
      `\`args.kind eq 5\` never holds, since \`args.kind\` is "x" or "y": ${DENIED}`,
    ],
    [
      { path: "args.kind", op: "in", value: [5, "z"] },
      `\`args.kind in [5,"z"]\` never holds, since \`args.kind\` is "x" or "y": ${NEVER}`,
    ],
  ])("is found in a denial: %j", (condition, message) => {
    expect(findingsOf(denying(condition), PAY)).toEqual([`error impossible-value ${DENY_0}: ${message}`]);
  });
});

describe("an amount", () => {
  const COUNTED = { ...LIMIT, increment_from: "args.amount" };
  const bounded = (...conditions: object[]): object => ({
    tools: {
      pay: {
        require: [{ conditions: [{ path: "args.note", op: "gte", value: 0, of: "length" }] }],
        deny_if: conditions.map((each) => ({ conditions: [each] })),
        limits: [COUNTED],
      },
    },
  });
  const MISSING = "`args.amount` has";
  const LOWER = "no lower bound, so that calls with 0 or next to it are never counted";
  const UPPER = "no upper bound, so that one call may take the whole budget";

  it.each<[string, object[], string | undefined]>([
    ["without rules", [], `${LOWER}, and ${UPPER}`],
    ["with a denial below", [{ path: "args.amount", op: "lt", value: 1 }], UPPER],
    ["with a denial above", [{ path: "args.amount", op: "gte", value: 9 }], LOWER],
    [
      "with denials on both sides",
      [
        { path: "args.amount", op: "lte", value: 0 },
        { path: "args.amount", op: "gt", value: 9 },
      ],
      undefined,
    ],
    ["with a denied value", [{ path: "args.amount", op: "eq", value: 9 }], `${LOWER}, and ${UPPER}`],
    [
      "with denials of another argument",
      [
        { path: "args.any", op: "lt", value: 1 },
        { path: "args.any", op: "gt", value: 9 },
      ],
      `${LOWER}, and ${UPPER}`,
    ],
  ])("%s", (_name, conditions, missing) => {
    const found = findingsOf(bounded(...conditions), PAY).filter((each) => each.includes("unbounded-amount"));
    expect(found).toEqual(
      missing === undefined
        ? []
        : [
            `warning unbounded-amount tools.pay.limits[0].increment_from: ${MISSING} ${missing}: require it to be in a range`,
          ],
    );
  });

  it("may have any type that the schema leaves open", () => {
    const policy = { tools: { pay: { limits: [{ ...LIMIT, increment_from: "args.any" }] } } };
    expect(findingsOf(policy, PAY).filter((each) => each.includes("wrong-type"))).toEqual([]);
  });
});
