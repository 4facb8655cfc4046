/** Conditions on every or some item of a list, on arguments that may be missing, and in rules that are strict. */

import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { callOf, policyOf, problemsOf, UNUSED } from "./policies.ts";

const AMOUNT = { path: "args.items[*].amount" };

function decided(kind: string, condition: object, args: object, more: object = {}) {
  const rule = { conditions: [condition], ...more };
  const policy = policyOf({ version: "1", default: "deny", tools: { t: { [kind]: [rule] } } });
  const { denial, unevaluable } = decide(policy, callOf("t", { args }), UNUSED);
  return [denial?.reason ?? "allow", ...unevaluable.map(({ cause }) => cause)].join(" ");
}

const ALLOW = "allow";
const DENY = "condition";
const TYPE = "condition_unevaluable type";

describe("a condition on the items of a list", () => {
  const every = { ...AMOUNT, items: "every", op: "lte", value: 100 };
  const some = { ...AMOUNT, items: "some", op: "gt", value: 100 };

  it.each<[object, string, string]>([
    [{ items: [{ amount: 1 }, { amount: 100 }] }, ALLOW, ALLOW],
    [{ items: [{ amount: 1 }, { amount: 101 }] }, DENY, DENY],
    [{ items: [{ amount: 101 }, { amount: "1" }] }, DENY, DENY],
    [{ items: [{ amount: 1 }, { amount: "101" }] }, TYPE, TYPE],
    [{ items: [{ amount: 1 }, 101] }, TYPE, TYPE],
    [{ items: [{ amount: 1 }, {}] }, DENY, ALLOW],
    [{ items: [{ amount: 1 }, null] }, DENY, ALLOW],
    [{ items: [] }, ALLOW, ALLOW],
    [{ items: { amount: 1 } }, TYPE, TYPE],
    [{ items: '[{"amount":500}]' }, TYPE, TYPE],
    [{ items: null }, DENY, ALLOW],
    [{}, DENY, ALLOW],
    [
      { items: [{ amount: 1, Amount: 500 }] },
      "condition_unevaluable look_alike",
      "condition_unevaluable look_alike",
    ],
    [
      { items: [{ amount: 1 }], Items: [{ amount: 500 }] },
      "condition_unevaluable look_alike",
      "condition_unevaluable look_alike",
    ],
  ])("%j: require every is %s, deny_if some is %s", (args, required, denied) => {
    expect(decided("require", every, args)).toBe(required);
    expect(decided("deny_if", some, args)).toBe(denied);
  });

  it("needs one item for some, and holds for every when there is none", () => {
    expect(decided("require", { ...some, value: 0 }, { items: [] })).toBe(DENY);
    expect(decided("deny_if", every, { items: [] })).toBe(DENY);
  });

  it("takes lists in lists, and items that are the values themselves", () => {
    const nested = { path: "args.a[*].b[*]", items: "every", op: "in", value: ["x", "y"] };
    expect(decided("require", nested, { a: [{ b: ["x"] }, { b: [] }, { b: ["y", "x"] }] })).toBe(ALLOW);
    expect(decided("require", nested, { a: [{ b: ["x"] }, { b: ["z"] }] })).toBe(DENY);
    expect(decided("require", nested, { a: [{ b: "x" }] })).toBe(TYPE);
    expect(decided("require", { ...nested, path: "args.a[0][*]" }, { a: [["x"]] })).toBe(ALLOW);
  });

  it("asks for presence and measures each", () => {
    const given = { path: "args.items[*].id", items: "every", op: "exists", value: true };
    expect(decided("require", given, { items: [{ id: 1 }, { id: 2 }] })).toBe(ALLOW);
    expect(decided("require", given, { items: [{ id: 1 }, {}] })).toBe(DENY);
    const short = { path: "args.items[*]", items: "every", op: "lte", value: 2, of: "length" };
    expect(decided("require", short, { items: ["ab", [1]] })).toBe(ALLOW);
    expect(decided("require", short, { items: ["ab", "abc"] })).toBe(DENY);
    expect(decided("require", short, { items: ["ab", "[]"] })).toBe(TYPE);
  });

  it("cannot be evaluated where an item is missing under strict", () => {
    const missing = "condition_unevaluable missing";
    expect(decided("deny_if", some, { items: [{ amount: 1 }, {}] }, { strict: true })).toBe(missing);
    expect(decided("deny_if", some, {}, { strict: true })).toBe(missing);
    expect(decided("deny_if", some, { items: [{ amount: 1 }] }, { strict: true })).toBe(ALLOW);
  });
});

describe("if_present", () => {
  const region = { path: "args.region", op: "eq", value: "eu", if_present: true };

  it.each([
    [{}, ALLOW],
    [{ region: null }, ALLOW],
    [{ region: "eu" }, ALLOW],
    [{ region: "us" }, DENY],
    [{ region: ["eu"] }, TYPE],
    [{ Region: "us" }, "condition_unevaluable look_alike"],
  ])("lets an argument be left out: %j is %s", (args, expected) => {
    expect(decided("require", region, args)).toBe(expected);
    expect(decided("require", region, args, { strict: true })).toBe(expected);
  });

  it("holds in deny_if too when the argument is missing", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: {
        t: {
          deny_if: [
            {
              conditions: [
                { path: "args.all", op: "eq", value: true },
                { ...region, op: "neq" },
              ],
            },
          ],
        },
      },
    });
    const reason = (args: object) => decide(policy, callOf("t", { args }), UNUSED).denial?.reason;
    expect(reason({ all: true })).toBe(DENY);
    expect(reason({ all: true, region: "us" })).toBe(DENY);
    expect(reason({ all: true, region: "eu" })).toBeUndefined();
    expect(reason({ all: false })).toBeUndefined();
  });

  it("lets a list be left out, and a member of an item", () => {
    for (const items of ["every", "some"]) {
      const condition = { ...AMOUNT, items, op: "lte", value: 9, if_present: true };
      expect(decided("require", condition, {})).toBe(ALLOW);
      expect(decided("require", condition, { items: [{}, { amount: 1 }] })).toBe(ALLOW);
      expect(decided("require", condition, { items: [{}, { amount: 10 }] })).toBe(DENY);
    }
    expect(
      decided("require", { ...AMOUNT, items: "some", op: "gt", value: 9, if_present: true }, { items: [{}] }),
    ).toBe(DENY);
  });
});

describe("strict on one rule", () => {
  const gt = { path: "args.n", op: "gt", value: 1 };

  it("makes a missing argument unevaluable, and the document's strict is lifted by false", () => {
    expect(decided("deny_if", gt, {})).toBe(ALLOW);
    expect(decided("deny_if", gt, {}, { strict: true })).toBe("condition_unevaluable missing");
    const rules = { deny_if: [{ conditions: [gt], strict: false }] };
    const policy = policyOf({ version: "1", default: "deny", strict: true, tools: { t: rules } });
    expect(decide(policy, callOf("t"), UNUSED).denial).toBeUndefined();
  });
});

describe("a faulty condition on items", () => {
  it.each([
    [{ ...AMOUNT, op: "gt", value: 1 }, 'items: must be "every" or "some" when the path has [*]'],
    [
      { path: "args.a", items: "some", op: "gt", value: 1 },
      "items: needs a path with [*], such as args.items[*].amount",
    ],
    [
      { path: "args.a", op: "exists", value: true, if_present: true },
      "if_present: must not stand beside exists",
    ],
    [{ path: "args.a[**]", items: "some", op: "gt", value: 1 }, "path: must be a path such as args.name"],
    [{ ...AMOUNT, items: "all", op: "gt", value: 1 }, 'items: must be "every" or "some", got "all"'],
  ])("is refused: %j", (condition, problem) => {
    const tools = { t: { deny_if: [{ conditions: [condition] }] } };
    expect(problemsOf({ version: "1", default: "deny", tools })).toEqual([
      expect.stringContaining(`tools.t.deny_if[0].conditions[0].${problem}`),
    ]);
  });

  it("is refused in a limit, which counts one value", () => {
    const limits = [{ counter: "c", window: "day", max: 1, increment_from: "args.items[*].amount" }];
    expect(problemsOf({ version: "1", default: "deny", tools: { t: { limits } } })).toHaveLength(1);
  });
});

it("names a condition on items and on an optional argument", () => {
  const conditions = [
    { ...AMOUNT, items: "every", op: "lte", value: 9 },
    { path: "args.b", op: "eq", value: 1, if_present: true },
  ];
  const policy = policyOf({ version: "1", default: "deny", tools: { t: { require: [{ conditions }] } } });
  expect(policy.rules).toEqual(["/tools/t/require/args.items[*].amount-every-lte+args.b-eq"]);
  const { denial } = decide(policy, callOf("t", { args: { items: [{ amount: 10 }] } }), UNUSED);
  expect(denial?.condition).toBe("every args.items[*].amount lte 9");
  const other = decide(policy, callOf("t", { args: { items: [], b: 2 } }), UNUSED);
  expect(other.denial?.condition).toBe("if present, args.b eq 1");
});

it.each<[object, string]>([
  [{ items: [{}, { amount: "1" }] }, TYPE],
  [{ items: [{ amount: "1" }, {}] }, TYPE],
  [{ items: [{ amount: "1" }, { amount: 101 }] }, DENY],
])("says why a list cannot be tested, whatever is missing in it: %j", (args, expected) => {
  expect(decided("deny_if", { ...AMOUNT, items: "some", op: "gt", value: 100 }, args)).toBe(expected);
});
