/** What the strict JSON reader says of a fault, and where; and the edges of its tokens. */

import { describe, expect, it } from "vitest";
import { readJson } from "../../src/json/read-json.ts";
import { fromLiteral } from "../policy/policies.ts";

describe("a fault", () => {
  it.each([
    ['"\ud800"', "encoding", "a surrogate stands alone", 1],
    ['["\\ud800"]', "encoding", "an escaped surrogate stands alone", 1],
    ["", "syntax", "expected a value", 0],
    ["[trux]", "syntax", "expected a value", 1],
    ["[x]", "syntax", "expected a value", 1],
    ["1 2", "syntax", "text after the end of the value", 2],
    ["{1:1}", "syntax", "expected a name in double quotes", 1],
    ['{"a" 1}', "syntax", "expected `:` after a name", 5],
    ['{"a":1 "b":2}', "syntax", "expected `,` or `}`", 7],
    ['{"a":1x"b":2}', "syntax", "expected `,` or `}`", 6],
    ['{"a":1]', "syntax", "expected `,` or `}`", 6],
    ["[1 2]", "syntax", "expected `,` or `]`", 3],
    ["[1x2]", "syntax", "expected `,` or `]`", 2],
    ["[1}", "syntax", "expected `,` or `]`", 2],
    ['"a\\x"', "syntax", "no such escape", 2],
    ['"a', "syntax", "a string does not end", 2],
    ['"\\n', "syntax", "a string does not end", 3],
    ['"a\n"', "syntax", "a control character in a string", 2],
    ['"\\na\t"', "syntax", "a control character in a string", 4],
    ['{"a":1,"a":2}', "duplicate_key", "an object has a name twice", 7],
    ["9".repeat(65), "number", "a number is too long", 0],
    ["[1e400]", "number", "a number is too great for a double", 1],
  ])("of %j is %s: %s, at %s", (text, cause, detail, offset) => {
    expect(readJson(text)).toStrictEqual({ ok: false, cause, detail, offset });
  });

  it.each([
    ["[1,2]", { maxNodes: 2 }, "nodes", "too many values", 3],
    ['{"a":1,"b":2}', { maxKeys: 1 }, "nodes", "too many names", 7],
    ["[[]]", { maxDepth: 1 }, "depth", "objects and arrays are nested too deep", 1],
    ['{"a":{}}', { maxDepth: 1 }, "depth", "objects and arrays are nested too deep", 5],
    ["123", { maxNumberLength: 2 }, "number", "a number is too long", 0],
  ])("of %s within %j is %s: %s, at %s", (...[text, bounds, cause, detail, offset]) => {
    expect(readJson(text, bounds)).toStrictEqual({ ok: false, cause, detail, offset });
  });

  it("is none at the very bound", () => {
    for (const [text, bounds] of [
      ["[1]", { maxDepth: 1 }],
      ['{"a":1}', { maxDepth: 1 }],
      ["[]", { maxDepth: 1 }],
      ["12", { maxNumberLength: 2 }],
      ['{"a":1,"b":2}', { maxKeys: 2, maxNodes: 3 }],
    ] as const)
      expect(readJson(text, bounds).ok).toBe(true);
  });
});

describe("an escape", () => {
  it.each(["09aF", "AfFa", "fFfE", "0041"])("may have the digits %s", (digits) => {
    const text = `"\\u${digits}"`;
    expect(readJson(text)).toMatchObject({ ok: true, value: JSON.parse(text) });
  });

  it.each([
    ["a slash, below 0", "00/0"],
    ["a colon, above 9", "00:0"],
    ["an at sign, below A", "00@0"],
    ["G", "00G0"],
    ["a grave, below a", "00`0"],
    ["g", "00g0"],
    ["a tilde", "00~0"],
    ["three digits", "00a"],
  ])("may not have %s", (_what, digits) => {
    expect(readJson(`"\\u${digits}"`)).toMatchObject({
      cause: "syntax",
      detail: "no such escape",
      offset: 1,
    });
  });
});

describe("a value", () => {
  it("does not share its members with another", () => {
    expect(fromLiteral([{}, [], { a: {} }, [[]]])).toEqual([
      new Map(),
      [],
      new Map([["a", new Map()]]),
      [[]],
    ]);
  });

  it.each(["1E400", "1e400", "-1E400"])("%s is too great whatever the letter of its exponent", (text) => {
    expect(readJson(text)).toMatchObject({ cause: "number" });
  });
});
