/** The strict JSON reader: what it accepts, what it refuses and why, and that it keeps every token. */

import { describe, expect, it } from "vitest";

import { JsonNumber } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { JsonBounds } from "../../src/json/json-reading.ts";
import { fromLiteral } from "../policy/policies.ts";
import { meansTheSame, withoutWhitespace } from "../fixtures/json/meaning.ts";
import { words } from "../fixtures/tables.ts";
import { processorMs } from "../fixtures/processor-time.ts";

function causeOf(text: string, bounds?: JsonBounds): string {
  const reading = readJson(text, bounds);
  return reading.ok ? "ok" : reading.cause;
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function objectOf(length: number, name: (index: number) => string): string {
  return `{${Array.from({ length }, (_, index) => `"${name(index)}":0`).join(",")}}`;
}

function fastest(text: string): number {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = processorMs();
    expect(readJson(text).ok).toBe(true);
    return processorMs() - startedAt;
  });
  return Math.min(...times);
}

describe("readJson", () => {
  it.each([
    ...words(`null true false 0 -0 1.0 1e3 1E-400 12345678901234567890 "" "\\ud83d\\ude00" [] {} [[],{}]
      {"a":{"b":[1,2,{"c":null}]}} {"__proto__":1,"constructor":2} {"":0,"0":1} {"a":1,"A":2}
      {"\\u00e9":1,"e\\u0301":2}`),
    '"a\\u0062\\n\\/"',
    '"\u2028\u2029\u007f"',
    '"\ufeff"',
    `[${"9".repeat(64)}]`,
  ])("reads %j as JSON.parse does", (text) => {
    const reading = readJson(text);
    expect(reading.ok).toBe(true);
    expect(reading.ok && meansTheSame(reading.value, JSON.parse(text))).toBe(true);
  });

  it.each([
    ...words(`nul nulll True NaN Infinity -Infinity - +1 .5 5. 01 -01 1e 1e+ 0x10 1_000 'a' "a "\\ "\\x41" "\\u12"
      "\\u12G4" "\u0000" "\u001f" [ [1 [1, [1,] [,1] ] { {"a" {"a": {"a":1 {"a":1, {"a":1,} {,"a":1} {a:1}
      {1:1} {}{} []] /**/1 1// 1\0 undefined`),
    "",
    " ",
    '"\t"',
    '"\n"',
    "[1 2]",
    '{"a" 1}',
    '{"a":1 "b":2}',
    "1 2",
    "\ufeff1",
    "\u00a01",
    "\f1",
    "\v1",
    "\u2028[]",
  ])("refuses %j as no JSON", (text) => {
    expect(causeOf(text)).toBe("syntax");
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it.each([
    ["the same name", '{"a":1,"a":1}'],
    ["an escaped name", '{"name":1,"n\\u0061me":2}'],
    ["an escaped solidus", '{"a/b":1,"a\\/b":2}'],
    ["an empty name", '{"":1,"":2}'],
    ["__proto__", '{"__proto__":1,"__proto__":2}'],
    ["a name deep inside", '[{"x":[{"y":{"a":1,"b":2,"a":3}}]}]'],
    ["a surrogate pair in escapes", '{"😀":1,"\\ud83d\\ude00":2}'],
    [
      "two that are not adjacent",
      `{"a":1,${Array.from({ length: 100 }, (_, index) => `"k${index}":0`).join(",")},"a":2}`,
    ],
  ])("refuses %s twice in one object", (_, text) => {
    expect(causeOf(text)).toBe("duplicate_key");
  });

  it("points at the second of two equal names", () => {
    expect(readJson('{"a":1, "a":2}')).toMatchObject({ ok: false, cause: "duplicate_key", offset: 8 });
  });

  it("accepts one name in two objects", () => {
    expect(causeOf('{"a":{"a":{"a":1}},"b":{"a":1}}')).toBe("ok");
  });

  it.each([
    ['"\\ud800"'],
    ['"\\udc00"'],
    ['"\\udc00\\ud800"'],
    ['"\\ud800\\n"'],
    ['"\\ud83d\ud83d\ude00"'],
    ['{"\\ud800":1}'],
    ['"\ud800"'],
    ['"\udc00x"'],
    ['["ok","\ud83d"]'],
  ])("refuses a lone surrogate in %j", (text) => {
    expect(causeOf(text)).toBe("encoding");
  });

  it.each([
    ['"\\ud800"', true],
    ['["\\udc00\\ud800x"]', true],
    ['{"a":{"b":["\\uD83D"]}}', true],
    ['"\\ud83d\\ude00"', false],
  ])(
    "reads %j where a value may hold a lone surrogate, and says whether it does: %s",
    (text, hasLoneSurrogate) => {
      const read = readJson(text, { allowsLoneSurrogates: true });
      expect(read).toMatchObject({ ok: true, minified: text, hasLoneSurrogate });
    },
  );

  it.each(['{"\\ud800":1}', '[{"a":{"x\\udc00":"\\ud800"}}]', '"\ud800"'])(
    "refuses a lone surrogate in a name, and one that is not escaped, in %j",
    (text) => {
      expect(readJson(text, { allowsLoneSurrogates: true })).toMatchObject({ ok: false, cause: "encoding" });
    },
  );

  it("points at a raw lone surrogate", () => {
    expect(readJson('["\ud83d\ude00","\ud800"]')).toMatchObject({ cause: "encoding", offset: 7 });
  });

  it.each([["1e309"], ["-1e309"], ["1e400"], ["[1E999999]"], ["123456789e301"]])(
    "refuses %s, which no double holds",
    (text) => {
      expect(causeOf(text)).toBe("number");
    },
  );

  it("refuses a number of more than 64 characters", () => {
    expect(causeOf("9".repeat(64))).toBe("ok");
    expect(causeOf("9".repeat(65))).toBe("number");
    expect(causeOf(`0.${"0".repeat(63)}`)).toBe("number");
  });

  it("refuses a long number without exponent that no double holds, however long numbers may be", () => {
    expect(causeOf("9".repeat(310), { maxNumberLength: 1000 })).toBe("number");
    expect(causeOf("9".repeat(308), { maxNumberLength: 1000 })).toBe("ok");
  });

  it("keeps numbers as they were written", () => {
    const reading = readJson("[9007199254740993,1.0,1e3,-0]");
    expect(reading).toMatchObject({
      value: ["9007199254740993", "1.0", "1e3", "-0"].map((token) => new JsonNumber(token)),
    });
  });

  it("accepts 64 levels and refuses 65", () => {
    expect(causeOf(nested(64))).toBe("ok");
    expect(causeOf(nested(65))).toBe("depth");
    expect(causeOf('{"a":'.repeat(65) + "1" + "}".repeat(65))).toBe("depth");
  });

  it("survives a million opening brackets", () => {
    expect(causeOf("[".repeat(1_000_000))).toBe("depth");
    expect(causeOf('{"":'.repeat(1_000_000))).toBe("depth");
  });

  it("bounds the number of values and of names", () => {
    expect(causeOf("[1,2,3]", { maxNodes: 4 })).toBe("ok");
    expect(causeOf("[1,2,3,4]", { maxNodes: 4 })).toBe("nodes");
    expect(causeOf('{"a":1,"b":2}', { maxKeys: 2 })).toBe("ok");
    expect(causeOf('{"a":1,"b":{"c":2}}', { maxKeys: 2 })).toBe("nodes");
  });

  it("never repeats a part of the text in a refusal", () => {
    const reading = readJson('{"secret":"hunter2" hunter2}');
    expect(JSON.stringify(reading)).not.toContain("hunter2");
  });
});

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

describe("minified", () => {
  it("is the very same string when there is no blank to drop", () => {
    const text = '{"a b":[1,"x y"]}';
    const reading = readJson(text);
    expect(reading.ok && Object.is(reading.minified, text)).toBe(true);
  });

  it.each([
    [' { "a" : [ 1 , 2.0 , "\\u0061 b" ] } \n', '{"a":[1,2.0,"\\u0061 b"]}'],
    ["\r\n[\r\n]\t", "[]"],
    ["{ }", "{}"],
    [' "a" ', '"a"'],
    ["\t1e3\n", "1e3"],
    ['{"x":\r{"y":1}\r}', '{"x":{"y":1}}'],
  ])("of %j is %j", (text, minified) => {
    expect(readJson(text)).toMatchObject({ ok: true, minified });
  });

  it("drops every blank of a pretty document and no other character", () => {
    const text = JSON.stringify(
      { tools: Array.from({ length: 100 }, (_, index) => ({ name: `t ${index}`, deep: [{}, [], "\n"] })) },
      null,
      "\t",
    );
    expect(readJson(text)).toMatchObject({ minified: withoutWhitespace(text) });
  });
});

describe("work", () => {
  // A quadratic reader takes 16 times as long for four times the names, and hundreds of times as long as JSON.parse.
  it.each([
    ["plain names", (index: number): string => `k${index}`],
    ["names that are numbers with equal low bits", (index: number): string => String(index * 131_072)],
    ["long names with one beginning", (index: number): string => "x".repeat(40) + String(index)],
  ])("grows with the number of members for %s", { retry: 3 }, (_, name) => {
    const small = objectOf(25_000, name);
    const large = objectOf(100_000, name);
    const ratio = fastest(large) / fastest(small);
    expect(ratio).toBeLessThan(12);
  });
});
