/** Names that a lenient parser treats as other names. */

import { describe, expect, it } from "vitest";
import { protectedNames, isConfusableWith, isConfusable } from "../../src/json/confusable-names.ts";

describe("isLookAlike", () => {
  const deciding = protectedNames(["name", "task"]);

  it.each([
    ["name", false],
    ["NAME", true],
    ["names", false],
    ["na\u200bme", true],
    ["ta\u017fk", true],
    ["name\0more", true],
    ["more\0name", false],
    ["größe", false],
    ["g".repeat(65), false],
    ["ö".repeat(65), true],
  ])("for %j is %j", (name, expected) => {
    expect(isConfusable(name, deciding)).toBe(expected);
  });
});

describe("foldsOnto", () => {
  it.each([
    ["amount", "Amount"],
    ["kelvin", "\u212aelvin"],
    ["is", "i\u017f"],
    ["Größe", "grösse"],
    ["größe", "GRÖSSE"],
    ["é", "e\u0301"],
  ])("treats %j and %j as one name", (wanted, name) => {
    expect(isConfusableWith(name, wanted)).toBe(true);
  });

  it("is false for the name itself and for names too long to fold onto it", () => {
    expect(isConfusableWith("amount", "amount")).toBe(false);
    expect(isConfusableWith(`a${"\u0301\u0316".repeat(1_000_000)}`, "a")).toBe(false);
    expect(isConfusableWith(`amount${"\u200b".repeat(1_000_000)}`, "amount")).toBe(true);
  });
});
