/** Values, numbers, paths and texts at the edges where a changed line of theirs would show. */

import { describe, expect, it } from "vitest";
import { describeJson, printJson, shortenText } from "../../src/json/print-json.ts";
import { isEqualJson } from "../../src/json/equal.ts";
import { isKnownMethod, METHODS } from "../../src/mcp/methods.ts";
import { measure, utf8Length } from "../../src/policy/measure.ts";
import { didYouMean, nearestName } from "../../src/policy/schema/did-you-mean.ts";
import { compareNumbers } from "../../src/json/compare-numbers.ts";
import { parseArgumentPath, resolveArgument } from "../../src/json/path.ts";
import { DocumentPath } from "../../src/policy/schema/document-path.ts";
import { json, num } from "../policy/policies.ts";

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

describe("isEqual", () => {
  it.each([
    ['{"a":1}', '{"a":2}', false],
    ['{"a":1,"b":2}', '{"b":2,"a":1.0}', true],
    ['{"a":1}', '{"b":1}', false],
    ['{"a":null}', '{"b":null}', false],
    ['{"a":1}', '{"a":1,"b":1}', false],
    ["[1,2]", "[1]", false],
    ["[1]", "[1,null]", false],
    ["[1,2]", "[2,1]", false],
    ["[]", "{}", false],
    ["{}", "[]", false],
    ["1", '"1"', false],
    ['"1"', "1", false],
    ["null", "false", false],
  ])("of %s and %s is %s", (one, other, expected) => {
    expect(isEqualJson(json(one), json(other))).toBe(expected);
  });
});

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

describe("compareNumbers", () => {
  it.each([
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
  ])("%s against %s has the sign of %s", (one, other, sign) => {
    expect(Math.sign(compareNumbers(num(one), num(other)))).toBe(sign);
    expect(Math.sign(compareNumbers(num(other), num(one)))).toBe(sign === 0 ? 0 : -sign);
  });

  it.each(["", "x1.5", "1.5x", "1.", ".5", "--1", "1e", "0x10", "1 "])(
    "refuses %j, which is no number",
    (token) => {
      expect(() => compareNumbers(num(token), num("1.5"))).toThrow("a number's token is no number");
      expect(() => compareNumbers(num("1.5"), num(token))).toThrow("a number's token is no number");
    },
  );
});

describe("paths", () => {
  it.each([
    ["args[10]", ["10"]],
    ["args.a[12].b", ["a", "12", "b"]],
    ['args["a.b"]', ["a.b"]],
    ['args["a\\"b"].c', ['a"b', "c"]],
    [`args.${"a".repeat(1_019)}`, ["a".repeat(1_019)]],
  ])("%s has its segments", (text, segments) => {
    expect(parseArgumentPath(text)).toEqual(segments);
  });

  it.each(['args["\\x"]', "args[1", "argsx", `args.${"a".repeat(1_020)}`])("%s is none", (text) => {
    expect(parseArgumentPath(text)).toBeUndefined();
  });

  it("finds items by an index of several digits, and nothing beyond a value that is none", () => {
    const args = new Map([
      ["list", json(JSON.stringify(Array.from({ length: 12 }, (_, index) => `i${index}`)))],
    ]);
    expect(resolveArgument(args, ["list", "11"])).toBe("i11");
    expect(resolveArgument(args, ["list", "1x"])).toBeUndefined();
    expect(resolveArgument(args, ["none", "none", "none"])).toBeUndefined();
  });
});

describe("nearestName", () => {
  it.each([
    ["ab", ["ac"], "ac"],
    ["ab", ["cd"], undefined],
    ["a", ["b"], "b"],
    ["abcdef", ["abcdxy"], "abcdxy"],
    ["abcdef", ["abcxyz"], undefined],
    ["abcdef", ["abcdefgh"], "abcdefgh"],
    ["abcdef", ["abcdefghi"], undefined],
    ["abcdef", ["abcd"], "abcd"],
    ["abcdef", ["bcdef"], "bcdef"],
    ["abcdef", ["xabcdef"], "xabcdef"],
    ["abcdef", ["abcdeX", "abcdXf"], "abcdeX"],
    ["abcdef", ["abcdXY", "abcdeX"], "abcdeX"],
    ["FOO-BAR", ["foo_bar"], "foo_bar"],
    ["foo__bar", ["fooBar"], "fooBar"],
  ])("of %s among %j is %s", (name, known, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  it("looks at 128 characters and no more", () => {
    const long = "a".repeat(128);
    expect(nearestName(`${long}${"b".repeat(200)}`, [long])).toBe(long);
  });

  it("asks in quotes, or not at all", () => {
    expect(didYouMean("limit", ["limits"])).toBe(', did you mean "limits"?');
    expect(didYouMean("limit", ["require"])).toBe("");
  });
});

describe("known methods", () => {
  it("are those that some revision names", () => {
    expect(METHODS).toContain("tools/call");
    expect(METHODS).toContain("notifications/tasks/status");
    expect(METHODS.map(isKnownMethod)).not.toContain(false);
    expect(isKnownMethod("tools/destroy")).toBe(false);
  });
});

describe("printJson", () => {
  it("indents lists in lists", () => {
    const text = "[\n  [\n    [\n      1\n    ]\n  ],\n  2\n]";
    expect(printJson(json(text), 2)).toBe(text);
  });
});

describe("a place", () => {
  it("is written as a person would write it", () => {
    const root = DocumentPath.root([]);
    expect(root.path()).toBe("");
    expect(root.at("tools").at("a.b").at(0).at("x-y").path()).toBe('tools["a.b"][0].x-y');
    expect(root.at(0).path()).toBe("[0]");
    expect(root.at("").path()).toBe('[""]');
  });
});
