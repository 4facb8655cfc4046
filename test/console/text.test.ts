/** Text that an agent chose, as the console spells it. */

import { describe, expect, it } from "vitest";
import {
  count,
  fieldOfTime,
  figure,
  hasText,
  localTime,
  timeOfDay,
  timeOfField,
  visible,
} from "../../console/text.ts";

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

  it("is found in any case", () => {
    expect([hasText("AGENT", "x", "my-agent"), hasText("", "x"), hasText("y", "x")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("counts in words", () => {
    expect([count(1, "call"), count(0, "call"), count(1_200, "call")]).toEqual([
      "1 call",
      "0 calls",
      "1,200 calls",
    ]);
  });
});

describe("numbers", () => {
  it("have one form, with a comma between thousands and one decimal at most", () => {
    expect([0, 12, 1_234, 0.25, 1_234.56, 100_000].map(figure)).toEqual([
      "0",
      "12",
      "1,234",
      "0.3",
      "1,234.6",
      "100,000",
    ]);
  });
});

describe("times", () => {
  it("have a date where they are not of today", () => {
    expect(timeOfDay(new Date().toISOString())).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(timeOfDay("2020-03-01T12:00:00.000Z")).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it("pass through a field of date and time to the minute", () => {
    const iso = "2026-03-01T12:05:00.000Z";
    expect(timeOfField(fieldOfTime(iso))).toBe(iso);
    expect(fieldOfTime(iso)).toBe(localTime(iso).slice(0, 16).replace(" ", "T"));
    expect([fieldOfTime(""), fieldOfTime("x"), timeOfField("")]).toEqual(["", "", ""]);
  });
});
