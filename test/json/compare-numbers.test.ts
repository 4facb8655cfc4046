/** Exact comparison of numbers. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNumbers, isInteger, isMultiple } from "../../src/json/compare-numbers.ts";
import { num } from "../policy/policies.ts";

function order(one: string, other: string): number {
  // Adding zero turns -0 into 0.
  return Math.sign(compareNumbers(num(one), num(other))) + 0;
}

describe("compareNumbers", () => {
  it.each([
    ["9007199254740993", "9007199254740992", 1],
    ["1.0", "1", 0],
    ["10e-1", "1", 0],
    ["1E+3", "1000", 0],
    ["0.1", "0.10", 0],
    ["0.1", "0.1000000000000000055511151231257827", -1],
    ["-0", "0", 0],
    ["0e99", "-0.000", 0],
    ["1e400", "1e401", -1],
    ["-1e400", "-1e401", 1],
    ["1e-400", "0", 1],
    ["-1e-400", "0", -1],
    ["-5", "3", -1],
    ["12", "123", -1],
    ["-1.5", "-1.25", -1],
    ["100", "1e2", 0],
    ["12345678901234567890", "12345678901234567891", -1],
    ["0.10", "0.1", 0],
    ["1e2", "99.5", 1],
    ["-1e2", "99", -1],
    ["-1e2", "-1e1", -1],
    ["1234567890123456", "1234567890123457", -1],
    ["12345678901234567", "9", 1],
    ["-12345678901234567", "-9", -1],
    ["-0.2", "-0.1", -1],
    ["0.0", "-0", 0],
    ["0.5", "0", 1],
    ["-0.5", "0.0", -1],
    ["1.5E+1", "15", 0],
    ["1.5e-1", "0.15", 0],
    ["0.001", "1e-3", 0],
    ["100.00", "1e2", 0],
  ])("%s against %s is %i", (one, other, expected) => {
    expect(order(one, other)).toBe(expected);
    expect(order(other, one)).toBe(expected === 0 ? 0 : -expected);
  });

  it("costs nothing for an exponent that no memory would hold", () => {
    expect(order("1e999999999", "1e999999998")).toBe(1);
    expect(order("1e99999999999999999999999999999", "1e-99999999999999999999999999999")).toBe(1);
  });

  it.each(["", "x1.5", "1.5x", "1.", ".5", "--1", "1e", "0x10", "1 "])(
    "refuses %j, which is no number",
    (token) => {
      expect(() => compareNumbers(num(token), num("1.5"))).toThrow("a number's token is no number");
      expect(() => compareNumbers(num("1.5"), num(token))).toThrow("a number's token is no number");
    },
  );

  it("agrees with doubles where doubles are exact", () => {
    const exact = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    fc.assert(
      fc.property(exact, exact, (one, other) => {
        expect(order(`${one}.0`, String(other))).toBe(Math.sign(one - other));
      }),
    );
  });

  it("is zero however a decimal is written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 40n }), fc.nat(30), (digits, zeros) => {
        expect(order(`${digits}`, `${digits}${"0".repeat(zeros)}e-${zeros}`)).toBe(0);
      }),
    );
  });
});

describe("isInteger", () => {
  it.each([
    ["0", true],
    ["-0.0", true],
    ["12", true],
    ["1.0", true],
    ["1.5", false],
    ["1e3", true],
    ["15e-1", false],
    ["150e-1", true],
    ["12345678901234567890", true],
    ["1.00000000000000000001", false],
    ["1e-400", false],
    ["1e99999999999999", true],
  ])("of %s is %s", (token, expected) => {
    expect(isInteger(num(token))).toBe(expected);
  });
});

describe("isMultiple", () => {
  it.each([
    ["6", "3", true],
    ["7", "3", false],
    ["-6", "3", true],
    ["0", "3", true],
    ["0.0", "0.7", true],
    ["0.3", "0.1", true],
    ["19.99", "0.01", true],
    ["0.35", "0.1", false],
    ["9007199254740993", "2", false],
    ["1e300", "1e-300", true],
    ["1e-300", "1", false],
    ["1e3000", "1e-3000", undefined],
    ["1e-3000", "1e3000", undefined],
    [`1.${"1".repeat(3_000)}`, "0.1", undefined],
  ])("of %s and %s is %s", (value, divisor, expected) => {
    expect(isMultiple(num(value), num(divisor))).toBe(expected);
  });
});
