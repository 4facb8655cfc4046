/** Names become label values without two of them becoming one. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BoundedLabel,
  labelValue,
  OTHER_LABEL,
  copyString,
  UNKNOWN_LABEL,
} from "../../../src/telemetry/metrics/labels.ts";

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(fc.constantFrom(":", ";", ",", "%", "%3B", "%2C", "_", '"', "\\", "\n", "\ud800", "a"), {
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);

describe("labelValue", () => {
  it.each([
    ["planner", "planner"],
    ["system:serviceaccount:prod:bot", "system;serviceaccount;prod;bot"],
    ["spiffe://example.org/ns/prod", "spiffe;//example.org/ns/prod"],
    ["a,b", "a%2Cb"],
    ["a;b", "a%3Bb"],
    ["100%", "100%25"],
    ['say "hi"\n', "say %22hi%22%0A"],
    ["/tools/x/limits/per-minute", "/tools/x/limits/per-minute"],
    ["Größe 測定", "Größe 測定"],
    [OTHER_LABEL, "%5Fother"],
    [UNKNOWN_LABEL, "%5Funknown"],
    ["_otherwise", "_otherwise"],
    ["\ud800", "%uD800"],
  ])("writes %j as %j", (name, value) => {
    expect(labelValue(name)).toBe(value);
  });

  it("is injective", () => {
    fc.assert(fc.property(anyName, anyName, (a, b) => a === b || labelValue(a) !== labelValue(b)));
  });

  it("writes nothing that the registry or the text format could confuse", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(labelValue(name)).not.toMatch(/[:,"\\\n\r]|^_(?:other|unknown)$/);
        expect(labelValue(name).isWellFormed()).toBe(true);
      }),
    );
  });

  it("distinguishes two long names with the same beginning, in bounded length", () => {
    const values = ["x", "y"].map((end) => labelValue("a".repeat(5000) + end));
    expect(values[0]).not.toBe(values[1]);
    expect(values[0]?.length).toBeLessThan(120);
  });
});

describe("BoundedLabel", () => {
  it("admits names up to its bound, and reports those past it", () => {
    let overflows = 0;
    const label = new BoundedLabel({ max: 2, overflow: OTHER_LABEL, onOverflow: () => (overflows += 1) });
    expect(["a", "b", "c", "a", "d"].map((name) => label.valueFor(name))).toEqual([
      "a",
      "b",
      OTHER_LABEL,
      "a",
      OTHER_LABEL,
    ]);
    expect(overflows).toBe(2);
  });

  it("always has a value for admitted names", () => {
    const label = new BoundedLabel({ max: 0, overflow: OTHER_LABEL, onOverflow: () => undefined });
    label.admit("planner");
    expect(label.valueFor("planner")).toBe("planner");
  });

  it("recognises a long name", () => {
    const label = new BoundedLabel({ max: 1, overflow: OTHER_LABEL, onOverflow: () => undefined });
    const name = "n".repeat(4000);
    expect(label.valueFor(name)).toBe(label.valueFor(name));
    expect(label.valueFor(`${name}!`)).toBe(OTHER_LABEL);
  });
});

describe("copyString", () => {
  it("copies every string without a change", () => {
    fc.assert(fc.property(anyName, (text) => copyString(text) === text));
  });

  it("truncates at the given length", () => {
    expect(copyString("abcdef", 3)).toBe("abc");
  });
});
