/** Text that an agent chose, as the console spells it. */

import { describe, expect, it } from "vitest";
import { count, visible } from "../../console/text.ts";

describe("text of others", () => {
  it.each([
    ["planner", "planner"],
    ["<b>bold</b>", "<b>bold</b>"],
    ["\u202Etxt.exe", "‹U+202E›txt.exe"],
    ["a\u2066b\u2069", "a‹U+2066›b‹U+2069›"],
    ["zero\u200Bwidth", "zero‹U+200B›width"],
    ["line\nbreak\u2028", "line‹U+000A›break‹U+2028›"],
    ["\u001B[31m", "‹U+001B›[31m"],
    ["lone \uD800", "lone ‹U+D800›"],
    ["tag \u{E0041}", "tag ‹U+E0041›"],
    ["שלום", "שלום"],
    ["日本語 🙂", "日本語 🙂"],
  ])("%j reads %s", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it("counts in words", () => {
    expect([count(1, "call"), count(0, "call"), count(1_200, "call")]).toEqual([
      "1 call",
      "0 calls",
      "1,200 calls",
    ]);
  });
});
