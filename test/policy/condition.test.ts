/** Conditions beyond the corpus: values that only a direct call can make, costs, and wording. */

import { describe, expect, it } from "vitest";
import { CONDITION, evaluate } from "../../src/policy/condition.ts";
import type { Json } from "../../src/json/json.ts";
import { DocumentPath } from "../../src/policy/schema/document-path.ts";
import { fromLiteral, num } from "./policies.ts";
import { processorMs } from "../fixtures/processor-time.ts";

function condition(literal: unknown) {
  const read = CONDITION.read(fromLiteral(literal), DocumentPath.root([]));
  if (read === undefined) throw new Error("the condition is faulty");
  return read;
}

function args(value: Json): ReadonlyMap<string, Json> {
  return new Map([["v", value]]);
}

describe("evaluate", () => {
  it.each([
    ["gt", "1e400"],
    ["lt", "-1e999999999"],
    ["eq", "1e-400"],
    ["neq", "5.00000000000000000001"],
    ["lte", "9007199254740993"],
    ["gte", "0.1000000000000000055511151231257827021181583404541015625"],
  ])("cannot test with %s a number that a double changes, %s", (op, token) => {
    expect(evaluate(condition({ path: "args.v", op, value: 5 }), args(num(token)))).toBe("precision");
  });

  it("cannot test such a number in a list or an object either", () => {
    const has = condition({ path: "args.v", op: "contains", value: 7 });
    expect(evaluate(has, args([num("7.00000000000000000001")]))).toBe("precision");
    expect(evaluate(has, args([num("7.00000000000000000001"), num("7")]))).toBe(true);
    const among = condition({ path: "args.v", op: "in", value: [7, "a"] });
    expect(evaluate(among, args(num("6.99999999999999999999")))).toBe("precision");
    const same = condition({ path: "args.v", op: "eq", value: { a: 0 } });
    expect(evaluate(same, args(new Map([["a", num("1e-400")]])))).toBe("precision");
  });

  it("finds only what an object itself has", () => {
    const exists = condition({ path: "args.v.constructor", op: "exists", value: true });
    expect(evaluate(exists, args(new Map()))).toBe(false);
    expect(evaluate(exists, args("text"))).toBe("type");
    expect(evaluate(exists, args([]))).toBe("type");
  });

  it.each([
    [{ path: "args.v", op: "eq", value: null }, null, "missing"],
    [{ path: "args.v", op: "neq", value: null }, "x", "type"],
    [{ path: "args.v", op: "not_exists", value: false }, "x", true],
    [{ path: "args.v", op: "not_exists", value: false }, null, false],
    [{ path: "args.v", op: "lte", value: 1, of: "length" }, true, "type"],
    [{ path: "args.v", op: "in", value: [1, 3], of: "length" }, "abc", true],
    [{ path: "args.v", op: "gte", value: 3, of: "bytes" }, "€", true],
    [{ path: "args.v", op: "gte", value: 4, of: "bytes" }, "€", false],
    [{ path: "args.v", op: "gte", value: 4, of: "bytes" }, "👍", true],
    [{ path: "args.v", op: "gte", value: 5, of: "bytes" }, "👍", false],
  ] as const)("%j of %j is %s", (literal, value, expected) => {
    expect(evaluate(condition(literal), args(value))).toBe(expected);
  });

  it("takes linear time where other engines take for ever", () => {
    const regex = condition({ path: "args.v", op: "regex", value: "^(a+)+$" });
    const startedAt = processorMs();
    expect(evaluate(regex, args(`${"a".repeat(16_000)}!`))).toBe(false);
    expect(processorMs() - startedAt).toBeLessThan(2_000);
  });

  it("measures a long subject in bytes of UTF-8", () => {
    const regex = condition({ path: "args.v", op: "regex", value: "x" });
    expect(evaluate(regex, args("ä".repeat(8_193)))).toBe("size");
    expect(evaluate(regex, args("ä".repeat(8_192)))).toBe(false);
    expect(evaluate(regex, args("€".repeat(5_462)))).toBe("size");
    expect(evaluate(regex, args("👍".repeat(4_097)))).toBe("size");
  });
});

describe("the text of a condition", () => {
  it.each([
    [{ path: "args.amount", op: "gt", value: 100 }, "args.amount gt 100"],
    [{ path: "args.items", op: "lte", value: 20, of: "length" }, "length of args.items lte 20"],
    [
      { path: "args.a", op: "in", value: ["x", 1, true, null, { b: [] }] },
      'args.a in ["x",1,true,null,{"b":[]}]',
    ],
    [{ path: "args.a", op: "not_exists" }, "args.a not_exists"],
    [{ path: "args.a", op: "not_exists", value: false }, "args.a not_exists false"],
    [{ path: "args.a", op: "eq", value: "x".repeat(100) }, `args.a eq "${"x".repeat(59)}…`],
  ])("%j reads %s", (literal, text) => {
    expect(condition(literal).text).toBe(text);
  });
});
