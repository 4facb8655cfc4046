/** Edits of JSON text: found by their path, and every other token as it was. */

import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { isJsonArray, isJsonObject } from "../../src/json/json.ts";
import type { Json } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import {
  elementSpans,
  memberSpan,
  memberText,
  removeElements,
  removeMember,
  setMember,
} from "../../src/json/edit-json.ts";
import { randomJsonText } from "../fixtures/json/generate.ts";
import { processorMs } from "../fixtures/processor-time.ts";

const numRuns = Math.min(Number(process.env["FUZZ_RUNS"] ?? 5_000), 300_000);

describe("memberText", () => {
  it.each([
    ['{"a":1}', ["a"], "1"],
    ['{"a":{"b":[1,{"c":2}]}}', ["a", "b"], '[1,{"c":2}]'],
    ['{"x":"\\"a\\":1","a":2}', ["a"], "2"],
    ['{"x":{"a":1},"a":2}', ["a"], "2"],
    ['{"x":[{"a":1}],"a":null}', ["a"], "null"],
    ['{"\\u0061":3}', ["a"], "3"],
    ['{"a\\"b":3}', ['a"b'], "3"],
    ['{"a\\\\":1,"a":2}', ["a"], "2"],
    ['{"":0,"b":-1.5e3}', [""], "0"],
    ['{"__proto__":{"a":1}}', ["__proto__", "a"], "1"],
    ['{"s":"\\\\\\\\","a":"\\\\\\""}', ["a"], '"\\\\\\""'],
    ["[1]", [], "[1]"],
    ['{"a":1}', ["b"], undefined],
    ['{"a":1}', ["a", "b"], undefined],
    ['{"a":[{"b":1}]}', ["a", "b"], undefined],
    ["{}", ["a"], undefined],
    ["[]", ["a"], undefined],
    ['["a",1]', ["a"], undefined],
  ])("of %s at %j is %s", (text, path, member) => {
    expect(memberText(text, path)).toBe(member);
  });

  it("is what the reader finds there, in any JSON", () => {
    const claim = property(integer(), (seed) => {
      const reading = readJson(randomJsonText(seed).text);
      if (!reading.ok || !isJsonObject(reading.value)) return true;
      return [...reading.value].every(([name, value]) =>
        sameTokens(memberText(reading.minified, [name]), value),
      );
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});

describe("elementSpans", () => {
  it.each([
    ["[]", []],
    ["[1]", ["1"]],
    ['[[1,2],{"a":[3]},"],["]', ["[1,2]", '{"a":[3]}', '"],["']],
  ])("of %s are %j", (text, elements) => {
    expect(elementSpans(text, [])?.map(({ start, end }) => text.slice(start, end))).toEqual(elements);
  });

  it("are absent where no array is", () => {
    expect(elementSpans('{"a":{}}', ["a"])).toBeUndefined();
    expect(elementSpans('{"a":{}}', ["b"])).toBeUndefined();
  });
});

describe("removeElements", () => {
  it.each([
    ["the first", [0], '["b","c"]'],
    ["the middle one", [1], '["a","c"]'],
    ["the last", [2], '["a","b"]'],
    ["two of three", [0, 2], '["b"]'],
    ["all", [0, 1, 2], "[]"],
  ])("removes %s", (_, indexes, tools) => {
    const removed = removeElements(listMessage('["a","b","c"]'), ["result", "tools"], (index) =>
      indexes.includes(index),
    );
    expect(removed).toBe(listMessage(tools));
  });

  it("gives the very same string when nothing is to go, or nothing is there", () => {
    const texts = ['{"a":[1,2]}', '{"a":[]}', '{"a":{}}', "{}"];
    expect(texts.map((text) => removeElements(text, ["a"], () => false))).toEqual(texts);
    expect(texts.slice(1).map((text) => removeElements(text, ["a"], () => true))).toEqual(texts.slice(1));
  });

  it("offers each element's index and tokens, in order", () => {
    const seen: [number, string][] = [];
    removeElements('[1.0,"a,b",{"c":[]}]', [], (index, element) => seen.push([index, element]) === 0);
    expect(seen).toEqual([
      [0, "1.0"],
      [1, '"a,b"'],
      [2, '{"c":[]}'],
    ]);
  });

  it("leaves exactly the elements that are to stay, in any array", () => {
    const claim = property(integer(), integer(), (seed, mask) => {
      const reading = readJson(randomJsonText(seed).text);
      if (!reading.ok || !isJsonArray(reading.value)) return true;
      const isGone = (index: number): boolean => ((mask >>> (index % 31)) & 1) === 1;
      const edited = removeElements(reading.minified, [], isGone);
      return sameTokens(
        edited,
        reading.value.filter((_, index) => !isGone(index)),
      );
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});

describe("setMember", () => {
  it.each([
    ['{"a":1}', ["a"], '{"a":X}'],
    ['{"a":{"b":[1]},"c":2}', ["a"], '{"a":X,"c":2}'],
    ['{"a":{"b":[1],"d":1.0},"c":2}', ["a", "b"], '{"a":{"b":X,"d":1.0},"c":2}'],
    ["{}", ["a"], '{"a":X}'],
    ['{"b":1}', ["a"], '{"b":1,"a":X}'],
    ["{}", ["a", "b", "c"], '{"a":{"b":{"c":X}}}'],
    ['{"a":{}}', ["a", "b"], '{"a":{"b":X}}'],
    ['{"a":null,"c":2}', ["a", "b"], '{"a":{"b":X},"c":2}'],
    ['{"a":null}', ["a"], '{"a":X}'],
    ['{"\\u0061":1}', ["a"], '{"\\u0061":X}'],
    ["{}", ['quote"d'], '{"quote\\"d":X}'],
    ['{"a":[1]}', ["a", "b"], '{"a":[1]}'],
    ['{"a":"s"}', ["a", "b"], '{"a":"s"}'],
    ["[1]", ["a"], "[1]"],
  ])("in %s at %j gives %s", (text, path, expected) => {
    expect(setMember(text, path, "X")).toBe(expected);
  });

  it("adds trace context to a call and leaves its other tokens alone", () => {
    const call =
      '{"jsonrpc":"2.0","id":1,"params":{"name":"t","arguments":{"n":9007199254740993,"s":"\\u0061"}},"method":"tools/call"}';
    const traced = setMember(call, ["params", "_meta", "traceparent"], '"00-a-b-01"');
    expect(traced).toBe(call.replace('"}}', '"},"_meta":{"traceparent":"00-a-b-01"}}'));
  });

  it("takes replacement patterns for what they are", () => {
    expect(setMember('{"a":1}', ["a"], '"$&$1$`"')).toBe('{"a":"$&$1$`"}');
  });

  it("makes the member be there and changes no other, in any object", () => {
    const claim = property(integer(), (seed) => {
      const reading = readJson(randomJsonText(seed).text);
      if (!reading.ok || !isJsonObject(reading.value)) return true;
      const expected = new Map(reading.value).set("k1", "set");
      return sameTokens(setMember(reading.minified, ["k1"], '"set"'), expected);
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});

describe("work", () => {
  it("does not go over a string of escaped quotes again and again", () => {
    const text = `{"a":"${'\\"'.repeat(500_000)}${"\\\\".repeat(500_000)}","b":1}`;
    const startedAt = processorMs();
    expect(memberSpan(text, ["b"])).toBeDefined();
    expect(processorMs() - startedAt).toBeLessThan(2_000);
  });
});

/** Whether a text is a value, numbers compared by their tokens. */
function sameTokens(text: string | undefined, value: Json): boolean {
  const reading = text === undefined ? undefined : readJson(text);
  if (reading === undefined || !reading.ok) return false;
  expect(reading.value).toEqual(value);
  return true;
}

function listMessage(tools: string): string {
  return `{"id":1.0,"result":{"tools":${tools},"nextCursor":"\\u0061","_meta":{}}}`;
}

describe("removeMember", () => {
  it.each([
    ['{"a":1}', ["a"], "{}"],
    ['{"a":1,"b":2}', ["a"], '{"b":2}'],
    ['{"a":1,"b":2}', ["b"], '{"a":1}'],
    ['{"a":{"x":","},"b":[1,{"c":2}],"c":3}', ["b"], '{"a":{"x":","},"c":3}'],
    ['{"p":{"_meta":{"k":1,"baggage":"a=\\",b"}}}', ["p", "_meta", "baggage"], '{"p":{"_meta":{"k":1}}}'],
    ['{"p":{"\\u0061":1},"q":2}', ["p", "a"], '{"p":{},"q":2}'],
    ['{"a":1}', ["b"], '{"a":1}'],
    ['{"a":[1]}', ["a", "b"], '{"a":[1]}'],
    ["[1]", ["a"], "[1]"],
  ])("of %s at %j is %s", (text, path, rest) => {
    expect(removeMember(text, path)).toBe(rest);
  });

  it("takes that member and leaves every other token, in any JSON", () => {
    const claim = property(integer(), (seed) => {
      const reading = readJson(randomJsonText(seed).text);
      if (!reading.ok || !isJsonObject(reading.value)) return true;
      const object = reading.value;
      return [...object.keys()].every((name) => {
        const rest = readJson(removeMember(reading.minified, [name]));
        if (!rest.ok || !isJsonObject(rest.value)) return false;
        const expected = [...object].filter(([other]) => other !== name);
        const found = [...rest.value.keys()];
        return (
          JSON.stringify(found) === JSON.stringify(expected.map(([other]) => other)) &&
          expected.every(([other, value]) => sameTokens(memberText(rest.minified, [other]), value))
        );
      });
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});

describe("text with whitespace", () => {
  const SPACED = ' { "a" : [ 1 , {"b" : 2 } ] ,\n\t"c" : { } , "d" : null } ';

  it.each([
    ["the text of a member", memberText(SPACED, ["c"]), "{ }"],
    ["the text of a number in an object", memberText('{ "a" : { "b" : 12 } }', ["a", "b"]), "12"],
    [
      "a value that is replaced",
      setMember('{ "id" : "7" , "x" : 1 }', ["id"], "7"),
      '{ "id" : 7 , "x" : 1 }',
    ],
    ["a member that is added", setMember('{ "x" : { } }', ["x", "y"], "1"), '{ "x" : { "y":1} }'],
    ["a member in place of null", setMember('{ "x" : null }', ["x", "y"], "1"), '{ "x" : {"y":1} }'],
    ["a first member that is removed", removeMember('{ "x" : 1 , "y" : 2 }', ["x"]), '{ "y" : 2 }'],
    ["a last member that is removed", removeMember('{ "x" : 1 , "y" : 2 }', ["y"]), '{ "x" : 1  }'],
    ["an only member that is removed", removeMember('{ "x" : 1 }', ["x"]), "{  }"],
    ["elements that are removed", removeElements("[ 1 , 2 , 3 ]", [], (at) => at === 1), "[ 1,3 ]"],
  ])("has %s", (_what, text, expected) => {
    expect(text).toBe(expected);
  });

  it("is edited as the same text without it, in any JSON", () => {
    const claim = property(integer(), (seed) => {
      const { text } = randomJsonText(seed);
      const reading = readJson(text);
      if (!reading.ok || !isJsonObject(reading.value)) return true;
      return [...reading.value.keys(), "absent"].every((name) =>
        [
          [setMember(text, [name], "[0]"), setMember(reading.minified, [name], "[0]")],
          [setMember(text, [name, "x"], "{}"), setMember(reading.minified, [name, "x"], "{}")],
          [removeMember(text, [name]), removeMember(reading.minified, [name])],
          [
            removeElements(text, [name], (at) => at % 2 === 0),
            removeElements(reading.minified, [name], (at) => at % 2 === 0),
          ],
        ].every(([spaced = "", plain = ""]) => {
          const again = readJson(spaced);
          return again.ok && again.minified === plain;
        }),
      );
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});
