/** Fractions and null, which servers convert within what JSON allows. */

import { describe, expect, it } from "vitest";
import { parseItemsPath } from "../../src/json/path.ts";
import { printJson } from "../../src/json/print-json.ts";
import { otherReadings } from "../../src/policy/other-readings.ts";
import { decide } from "../../src/policy/decide.ts";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";
import { callOf, fromLiteral, json, num, policyOf, UNUSED } from "./policies.ts";

function object(text: string): JsonObject {
  const value = json(text);
  if (!isJsonObject(value)) throw new TypeError("not an object");
  return value;
}

function schemaOf(types: Readonly<Record<string, unknown>>): JsonObject {
  const schema = fromLiteral({ type: "object", properties: types });
  return isJsonObject(schema) ? schema : new Map();
}

/** The reason of the denial by one condition, with its cause; undefined for an allowed call. */
function judge(rule: "deny_if" | "require", condition: object, args: string, inputSchema?: JsonObject) {
  const policy = policyOf({
    version: "1",
    default: "deny",
    tools: { t: { [rule]: [{ conditions: [condition] }] } },
  });
  const call = { ...callOf("t"), args: object(args), ...(inputSchema && { inputSchema }) };
  const { denial, unevaluable } = decide(policy, call, UNUSED);
  return denial && `${denial.reason}: ${unevaluable.map(({ cause }) => cause).join()}`;
}

const CUT = "condition_unevaluable: precision";
const EMPTIED = "condition_unevaluable: type";

describe("a fraction", () => {
  it.each([
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"n":0.4}'],
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"n":-4e-1}'],
    ["deny_if", { path: "args.n", op: "eq", value: 7 }, '{"n":7.9}'],
    ["deny_if", { path: "args.n", op: "eq", value: 8 }, '{"n":7.5}'],
    ["deny_if", { path: "args.n", op: "in", value: [1, 2] }, '{"n":2.5}'],
    ["require", { path: "args.n", op: "neq", value: 0 }, '{"n":0.001}'],
    ["require", { path: "args.n", op: "not_in", value: [1, 2] }, '{"n":1.5}'],
    ["deny_if", { path: "args.n", op: "contains", value: 7 }, '{"n":[1,7.2]}'],
    ["deny_if", { path: "args.n", op: "eq", value: [1, 7] }, '{"n":[1,7.2]}'],
    ["deny_if", { path: "args.n", op: "eq", value: { a: 7 } }, '{"n":{"a":7.2}}'],
    ["deny_if", { path: "args.a[1]", op: "eq", value: 0 }, '{"a":[5,0.4,5]}'],
    ["deny_if", { path: "args.a[*].n", items: "some", op: "eq", value: 0 }, '{"a":[{"n":5},{"n":0.4}]}'],
    ["require", { path: "args.a[*].n", items: "every", op: "neq", value: 0 }, '{"a":[{"n":5},{"n":0.4}]}'],
    ["require", { path: "args.a[*].n", items: "some", op: "neq", value: 0 }, '{"a":[{"n":0.4},5]}'],
    ["deny_if", { path: "args.a[*].n", items: "every", op: "eq", value: 0 }, '{"a":[{"n":0.4},5]}'],
  ] as const)(
    "cannot be evaluated by %s %j where an integer beside it decides otherwise: %s",
    (rule, condition, args) => {
      expect(judge(rule, condition, args)).toBe(CUT);
    },
  );

  it.each([
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"n":1.4}'],
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"n":7.0}'],
    ["deny_if", { path: "args.n", op: "eq", value: 0.5 }, '{"n":0.4}'],
    ["require", { path: "args.n", op: "eq", value: 0.1 }, '{"n":1e-1}'],
    ["require", { path: "args.n", op: "in", value: [0.1, 1] }, '{"n":0.1}'],
    ["require", { path: "args.n", op: "gt", value: 0 }, '{"n":0.5}'],
    ["require", { path: "args.n", op: "lte", value: 100 }, '{"n":99.5}'],
    ["deny_if", { path: "args.n", op: "contains", value: 7 }, '{"n":[1,70.2]}'],
    ["deny_if", { path: "args.a[*].n", items: "some", op: "eq", value: 0 }, '{"a":[{"n":5},{"m":0.4},{}]}'],
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"m":0.4}'],
  ] as const)("passes %s %j where no integer beside it decides otherwise: %s", (rule, condition, args) => {
    expect(judge(rule, condition, args)).toBeUndefined();
  });

  it("cannot be evaluated by a bound where the schema declares an integer", () => {
    const bound = { path: "args.n", op: "lte", value: 0 };
    expect(judge("deny_if", bound, '{"n":0.4}', schemaOf({ n: { type: "integer" } }))).toBe(CUT);
    expect(judge("deny_if", bound, '{"n":0.4}', schemaOf({ n: { type: "number" } }))).toBeUndefined();
    expect(judge("deny_if", bound, '{"n":0.4}')).toBeUndefined();
  });
});

it("leaves items alone that have no member of the name", () => {
  const path = parseItemsPath("args.a[*].n") ?? [];
  const args = object('{"a":[5,{"n":null,"m":null},[1]],"b":0.5}');
  const readings = otherReadings({ segments: path, operator: "eq", value: num("0") }, args);
  expect(readings.map((reading) => printJson(reading.args))).toEqual([
    '{"a":[5,{"n":0,"m":null},[1]],"b":0.5}',
    '{"a":[5,{"n":false,"m":null},[1]],"b":0.5}',
    '{"a":[5,{"n":[],"m":null},[1]],"b":0.5}',
  ]);
});

it("cannot be evaluated by a condition on all arguments where one is a fraction", () => {
  expect(judge("deny_if", { path: "args", op: "eq", value: { n: 0 } }, '{"n":0.4}')).toBe(CUT);
});

it("reads a fraction beside texts and truth values in an object", () => {
  const condition = { path: "args.o", op: "eq", value: { a: "x", b: true, n: 7 } };
  expect(judge("deny_if", condition, '{"o":{"a":"x","b":true,"n":7.5}}')).toBe(CUT);
});

describe("null", () => {
  it.each([
    ["deny_if", { path: "args.n", op: "eq", value: 0 }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "lt", value: 1 }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "eq", value: false }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "eq", value: [] }, '{"n":null}'],
    ["deny_if", { path: "args.n", of: "length", op: "lt", value: 1 }, '{"n":null}'],
    ["require", { path: "args.n", op: "gte", value: 1, if_present: true }, '{"n":null}'],
    ["deny_if", { path: "args.a.n", op: "eq", value: 0 }, '{"a":{"n":null}}'],
    ["deny_if", { path: "args.a[*]", items: "some", op: "eq", value: 0 }, '{"a":[5,null]}'],
  ] as const)(
    "cannot be evaluated by %s %j where an empty value decides otherwise: %s",
    (rule, condition, args) => {
      expect(judge(rule, condition, args)).toBe(EMPTIED);
    },
  );

  it.each([
    ["deny_if", { path: "args.n", op: "eq", value: true }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "gt", value: 100 }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "eq", value: "live" }, '{"n":null}'],
    ["require", { path: "args.n", op: "eq", value: "eu", if_present: true }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "contains", value: 7 }, '{"n":null}'],
    ["deny_if", { path: "args.n", op: "exists", value: true }, '{"n":null}'],
    ["deny_if", { path: "args.a.n", op: "eq", value: 0 }, '{"a":null}'],
    ["require", { path: "args.n", op: "lte", value: 100, if_present: true }, '{"n":null}'],
    ["require", { path: "args.a[*]", items: "every", op: "neq", value: 0, if_present: true }, '{"a":null}'],
  ] as const)(
    "counts as missing for %s %j where no empty value decides otherwise: %s",
    (rule, condition, args) => {
      expect(judge(rule, condition, args)).toBeUndefined();
    },
  );

  it("is read as the types that the schema declares", () => {
    const isZero = { path: "args.n", op: "eq", value: 0 };
    const types = (...type: string[]): JsonObject => schemaOf({ n: { type } });
    expect(judge("deny_if", isZero, '{"n":null}', types("integer"))).toBe(EMPTIED);
    expect(judge("deny_if", isZero, '{"n":null}', types("string"))).toBeUndefined();
    expect(judge("deny_if", isZero, '{"n":null}', types("integer", "null"))).toBeUndefined();
    expect(judge("deny_if", isZero, '{"n":null}', schemaOf({ n: {} }))).toBe(EMPTIED);
  });
});
