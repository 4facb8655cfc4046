/** The check of bytes against the reader: it accepts no text that the reader refuses, and finds the same object. */

import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkJson,
  type CheckBounds,
  type CheckedObject,
  minifyJson,
} from "../../../src/json/lazy/check-json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { randomJsonText } from "../../fixtures/json/generate.ts";
import { withoutWhitespace } from "../../fixtures/json/meaning.ts";

const numRuns = Number(process.env["FUZZ_RUNS"] ?? 2_000);
const seeds = integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const BOUNDS: CheckBounds = { maxDepth: 64, maxNodes: 200_000, maxKeys: 100_000, maxNumberLength: 64 };
const PATH = ["params", "arguments"] as const;

/** The bytes at an offset of their own in memory, as parts of a larger buffer have. */
function bytesAt(text: string, offset: number): Uint8Array {
  const length = Buffer.byteLength(text);
  const whole = new Uint8Array(length + offset + 3).fill(0x22);
  whole.set(Buffer.from(text), offset);
  return whole.subarray(offset, offset + length);
}

function check(text: string, bounds: Partial<CheckBounds> = {}, offset = 0): CheckedObject | undefined {
  return checkJson(bytesAt(text, offset), { ...BOUNDS, ...bounds }, PATH);
}

function isRead(text: string, bounds: Partial<CheckBounds> = {}): boolean {
  return readJson(text, { ...BOUNDS, ...bounds, allowsLoneSurrogates: true }).ok;
}

function withArguments(args: string, before = ""): string {
  return `{"id":1,"params":{${before}"name":"t","arguments":${args}}}`;
}

const LONG = "a word and another ".repeat(20);
const NAMES = Array.from({ length: 40 }, (_, index) => `"n${index}":${index}`);

/** Values of an argument. Those without a mark are JSON. */
const GOOD = [
  ..."null true false 0 -0 1 10 -12 1.5 0.25 1e3 1E+2 2e-7 -9e99 1.7976931348623157e308 [] {} [1,2] [[],[{}]]".split(
    " ",
  ),
  '""',
  '"a"',
  '"é€😀"',
  '"\\n\\"\\\\\\/\\b\\f\\r\\t"',
  '"\\u0000\\u00e9\\uABCD\\uabcd"',
  '"\u2028"',
  '"\u007f"',
  '"\\ud800"',
  '"\\uDFFF"',
  '"\\ud83d\\ude00"',
  `"${LONG}"`,
  `"${LONG}\\n${LONG}"`,
  `"x${LONG}\\u0041"`,
  `"${"é".repeat(50)}"`,
  "9".repeat(64),
  `-${"9".repeat(63)}`,
  `1e${"0".repeat(60)}1`,
  '{"a":1,"b":2}',
  '{"":0}',
  '{"é":1,"e":2}',
  '{"a":{"a":{"a":1}}}',
  // Names with the same hash.
  '{"Aa":1,"BB":2,"AaAa":1,"BBBB":2,"AaBB":3,"BBAa":4}',
  '{"__proto__":1,"constructor":2}',
  '[{"a":1,"b":2},{"a":1,"b":2},{"a":1},{"a":1,"b":2,"c":3},{"b":1,"a":2},{"ab":1,"b":2},{"a":1,"bb":3}]',
  '[{"ab":1},{"ba":1},{"ab":1,"ba":2},{"c":1,"d":2,"e":3},{"c":1,"d":2,"f":3}]',
  `{${NAMES.join(",")}}`,
  `[{${NAMES.join(",")}},{${NAMES.join(",")}}]`,
  `[{${NAMES.slice(0, 24).join(",")}},{${NAMES.slice(0, 25).join(",")}}]`,
];

const BAD = [
  ..."nul truE falsee tru nulx 01 -01 +1 - 1. .5 1.e3 1e 1e+ 1e- 0x1 1e999 -1e999 NaN [1 [1,] [,1] [1;2] {1:2} {a:1} } ]".split(
    " ",
  ),
  '"',
  '"a',
  '"\\',
  '"\\x"',
  '"\\u12"',
  '"\\u12g4"',
  '"\\u123',
  '"\\uG234"',
  '"a\nb"',
  '"\t"',
  `"${LONG}\n${LONG}"`,
  `"${LONG}`,
  `"${LONG}\\q"`,
  '"\u001f"',
  "'a'",
  '{"a"1}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1 "b":2}',
  '{"a":1,"a":2}',
  '{"a":{"b":1,"b":2}}',
  '[{"a":1,"b":2},{"a":1,"a":2}]',
  '[{"a":1,"b":2},{"b":1,"b":2}]',
  '[{"a":1,"b":2},{"a":1,"b":2,"a":3}]',
  '[{"a":1,"b":2},{"a":1,"c":2,"a":3}]',
  '[{"a":1,"b":2,"c":3},{"a":1,"b":2,"d":3,"b":4}]',
  '{"ab":1,"ba":1,"ab":2}',
  '{"a":1,"b',
  '{"a\n":1}',
  '[{"ab":1},{"ab',
  `{${NAMES.join(",")},"n3":1}`,
  `{${NAMES.join(",")},"n39":1}`,
  `{${NAMES.slice(0, 24).join(",")},"n0":1}`,
  `[{${NAMES.slice(0, 24).join(",")}},{${NAMES.slice(0, 24).join(",")},"n23":1}]`,
  "9".repeat(65),
  `-${"9".repeat(64)}`,
  `1e${"0".repeat(62)}1`,
  "[1}",
  '{"a":1]',
  "1 2",
  "/",
  ":",
  ",",
];

describe("the check of bytes", () => {
  it.each(GOOD)(
    "accepts %s as the reader does, at every offset in memory, with blanks between tokens",
    (value) => {
      for (const offset of [0, 1, 2, 3]) {
        for (const pad of ["", "a", "aa", "aaa"]) {
          const args = `{"${pad}v":${value},"z":1}`;
          const text = withArguments(args);
          const found = check(text, {}, offset);
          const bytes = Buffer.from(text);
          expect(isRead(text)).toBe(true);
          expect(bytes.toString("utf8", found?.start, found?.end)).toBe(args);
          expect(found?.hasBlanks).toBe(false);
          const [a = 0, b = 0, c = 0, d = 0, ...rest] = found?.members ?? [];
          expect(bytes.toString("utf8", a, b)).toBe(`${pad}v`);
          expect(bytes.toString("utf8", c, d)).toBe(value);
          expect(rest).toHaveLength(4);
        }
      }
      for (const blank of [" ", "\n", "\r", "\t", " \n\t\r "]) {
        const text = withArguments(`${blank}{${blank}"v"${blank}:${blank}${value}${blank}}${blank}`) + blank;
        expect(check(text)?.hasBlanks).toBe(true);
        expect(Buffer.from(minifyJson(Buffer.from(text))).toString()).toBe(withArguments(`{"v":${value}}`));
      }
    },
  );

  it.each(BAD)("refuses %j as the reader does", (value) => {
    const text = withArguments(`{"v":${value}}`);
    expect(isRead(text)).toBe(false);
    for (const offset of [0, 1, 2, 3]) expect(check(text, {}, offset)).toBeUndefined();
    expect(check(value)).toBeUndefined();
  });

  it("refuses a text that ends early, wherever it is cut", () => {
    const text = withArguments('{"a":[1,{"b":"c\\n"},true,-1.5e3],"d":{}}');
    expect(check(text)).toBeDefined();
    for (let length = 0; length < text.length; length += 1)
      expect(check(text.slice(0, length))).toBeUndefined();
    for (const after of ["x", "{}", ",", "}", "\u00a0", "\v"]) expect(check(text + after)).toBeUndefined();
    expect(check(`\ufeff${text}`)).toBeUndefined();
  });

  it("leaves names with an escape to the reader", () => {
    expect(check(withArguments('{"\\u0061":1}'))).toBeUndefined();
    expect(check(withArguments("{}", '"\\u006eames":1,'))).toBeUndefined();
  });

  it.each([
    ['{"v":"a\\u00e9"}', false],
    ['{"v":"\\ud7ff\\ue000\\uc800\\ue800"}', false],
    ['{"v":"\\ud800"}', true],
    ['{"v":"\\uDfff"}', true],
    ['{"v":["\\uD83D\\uDE00","a"]}', true],
  ])("says whether %s has an escaped surrogate", (args, hasSurrogates) => {
    expect(check(withArguments(args))?.hasSurrogates).toBe(hasSurrogates);
  });

  it.each([
    ['{"params":{"arguments":{"a":1}}}', '{"a":1}'],
    ['{"params":{"arguments":{}}}', "{}"],
    [
      '{"a":{"arguments":{"x":1}},"params":{"b":{"arguments":{"y":1}},"arguments":{"z":1},"c":[{"arguments":{}}]},"d":{"arguments":{}}}',
      '{"z":1}',
    ],
    ['{"params":{"arguments":{"params":{"arguments":{"a":1}}}}}', '{"params":{"arguments":{"a":1}}}'],
    ['{"params":[{"arguments":{}}]}', undefined],
    ['{"params":{"arguments":[{}]}}', undefined],
    ['{"params":{"arguments":"{}"}}', undefined],
    ['{"params":{"argument":{}}}', undefined],
    ['{"params":{"argumentz":{}}}', undefined],
    ['{"param":{"arguments":{}}}', undefined],
    ['{"arguments":{}}', undefined],
    ['{"params":"params","x":{"arguments":{}}}', undefined],
    ['[{"params":{"arguments":{}}}]', undefined],
    ['[[{"params":{"arguments":{}}}]]', undefined],
    ["1", undefined],
    ["{}", undefined],
  ])("finds the object at the path of %s", (text, wanted) => {
    const found = check(text);
    expect(found && text.slice(found.start, found.end)).toBe(wanted);
    expect(found === undefined ? 0 : found.members.length / 4).toBe(
      Object.keys(JSON.parse(wanted ?? "{}")).length,
    );
  });

  it.each<[keyof CheckBounds, number]>([
    ["maxDepth", 5],
    ["maxNodes", 10],
    ["maxKeys", 6],
    ["maxNumberLength", 3],
  ])("has the reader's %s", (bound, most) => {
    const text = withArguments('{"a":[[1,-1.]],"b":123}').replace("-1.", "-12");
    expect(check(text, { [bound]: most })).toBeDefined();
    expect(isRead(text, { [bound]: most })).toBe(true);
    expect(check(text, { [bound]: most - 1 })).toBeUndefined();
    expect(isRead(text, { [bound]: most - 1 })).toBe(false);
  });

  it("bounds empty containers by depth too", () => {
    for (const empty of ["[]", "{}"]) {
      expect(check(withArguments(`{"a":${empty}}`), { maxDepth: 4 })).toBeDefined();
      expect(check(withArguments(`{"a":${empty}}`), { maxDepth: 3 })).toBeUndefined();
    }
  });

  it("needs no stack for the depth of a text", () => {
    const depth = 20_000;
    const text = withArguments(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    expect(check(text, { maxDepth: depth + 3, maxNodes: depth + 10 })).toBeDefined();
    expect(check(text, { maxDepth: depth + 2, maxNodes: depth + 10 })).toBeUndefined();
  });

  it("accepts what the reader accepts, but for escapes in names, and nothing else", () => {
    const claim = property(seeds, (seed) => {
      const text = randomJsonText(seed).text.toWellFormed();
      const message = withArguments(`{"v":${text},"z":[]}`);
      const found = check(message, {}, seed & 3);
      const reading = readJson(message, { ...BOUNDS, allowsLoneSurrogates: true });
      if (found === undefined) return !reading.ok || /\\.(?:[^"\\]|\\.)*"\s*:/su.test(text);
      const minified = Buffer.from(minifyJson(Buffer.from(message))).toString();
      return reading.ok && minified === reading.minified && (found.hasBlanks || message === reading.minified);
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
    expect(withoutWhitespace(" 1 ")).toBe("1");
  }, 600_000);
});
