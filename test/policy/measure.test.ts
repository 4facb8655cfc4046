/** Lengths and bytes of values. */

import { describe, expect, it } from "vitest";
import { measure, utf8Length } from "../../src/policy/measure.ts";
import { json, num } from "./policies.ts";

describe("measure", () => {
  it.each([
    ["\u007f", 1],
    ["\u0080", 2],
    ["\u07ff", 2],
    ["\u0800", 3],
    ["\uffff", 3],
    ["\u{10000}", 4],
  ])("counts the bytes of %j", (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes);
    expect(measure(text, "bytes")).toEqual(num(String(bytes)));
  });

  it("counts the minified text of what is no string", () => {
    expect(measure(json('{ "a" : [ 1.0 ] }'), "bytes")).toEqual(num("11"));
  });
});
