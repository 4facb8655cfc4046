/** Numbers that a parser of doubles finds as they are written. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNumbers, isHeldByDouble } from "../../src/json/compare-numbers.ts";
import { words } from "../fixtures/tables.ts";
import { num } from "../policy/policies.ts";

describe("isHeldByDouble", () => {
  it.each(
    words(`0 -0 0.0 0e999999999 7 -12 7.0 70e-1 0.1 1e3 1.5E+2 1e-300 5e-324 0.30000000000000004 9007199254740992
      9007199254740994 1152921504606846976 1e22`),
  )("holds %s", (token) => {
    expect(isHeldByDouble(num(token))).toBe(true);
  });

  it.each(
    words(`1e-400 -1e-400 1e400 -1e400 7.00000000000000000001 6.99999999999999999999 9007199254740993 9007199254740992.5
      1152921504606846977 1152921504606847000 1e23 0.1000000000000000055511151231257827021181583404541015625
      0.10000000000000001 1e-324 1.7976931348623159e308`),
  )("does not hold %s", (token) => {
    expect(isHeldByDouble(num(token))).toBe(false);
  });

  it("holds every double: its shortest text, and the exact one of an integer", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const token = Number.isInteger(value) ? String(BigInt(value)) : String(value);
        expect(isHeldByDouble(num(token))).toBe(true);
      }),
    );
  });

  it("holds two numbers of one double only when they are equal", () => {
    const digits = fc.stringMatching(/^[1-9]\d{0,3}(?:0{0,16}|9{0,16})[1-9]?$/);
    const one = fc
      .tuple(
        digits,
        fc.constantFrom("", ".0", ".5", ".00000000000000000001"),
        fc.constantFrom("", "e0", "e-3", "e3"),
      )
      .map((parts) => parts.join(""));
    const twin = fc.constantFrom(
      (text: string) => String(Number(text)).replace("e+", "e"),
      (text: string) => (Number.isInteger(Number(text)) ? String(BigInt(Number(text))) : text),
      (text: string) => Number(text).toPrecision(17).replace("e+", "e"),
    );
    fc.assert(
      fc.property(one, one, twin, (first, second, twinOf) => {
        const other = Number(first) === Number(second) ? second : twinOf(first);
        if (Number(first) !== Number(other)) return;
        const isHeld = isHeldByDouble(num(first)) && isHeldByDouble(num(other));
        expect(isHeld && compareNumbers(num(first), num(other)) !== 0).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
