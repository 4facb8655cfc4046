/** JSON values as text, in full and in short. */

import { describe, expect, it } from "vitest";
import { describeJson, printJson, shortenText } from "../../src/json/print-json.ts";
import { json } from "../policy/policies.ts";

describe("printJson", () => {
  it("indents when told to", () => {
    const text = '{\n  "a": [\n    1.0,\n    {}\n  ],\n  "b": []\n}';
    expect(printJson(json(text), 2)).toBe(text);
    expect(printJson(json(text))).toBe('{"a":[1.0,{}],"b":[]}');
  });

  it("indents lists in lists", () => {
    const text = "[\n  [\n    [\n      1\n    ]\n  ],\n  2\n]";
    expect(printJson(json(text), 2)).toBe(text);
  });
});

describe("describeJson", () => {
  it.each([
    ["true", "true"],
    ["false", "false"],
    ["null", "null"],
    ["1.50", "1.50"],
    ['"a\\"b"', '"a\\"b"'],
    ["[1]", "a list"],
    ['{"a":1}', "an object"],
  ])("calls %s %s", (text, words) => {
    expect(describeJson(json(text))).toBe(words);
  });

  it("repeats 60 characters and no more", () => {
    expect(shortenText("x".repeat(60))).toBe("x".repeat(60));
    expect(shortenText("x".repeat(61))).toBe(`${"x".repeat(60)}…`);
  });
});
