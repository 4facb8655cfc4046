import { describe, expect, it } from "vitest";
import { isWellFormedBeside, isWellFormedJson } from "../../src/json/well-formed.ts";
import { readArguments } from "../../src/json/message-bounds.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { Json } from "../../src/json/json.ts";

function read(text: string): Json {
  const reading = readJson(text, { allowsLoneSurrogates: true });
  if (!reading.ok) throw new Error(reading.detail);
  return reading.value;
}

describe("a value", () => {
  it.each([
    ['"\\ud800"', false],
    ['["x",{"a":"\\udc00"}]', false],
    ['{"a":{"b":[1,"x\\ud83d"]}}', false],
    ['{"a":["\\ud83d\\ude00",1,null,true]}', true],
    ["7", true],
  ])("%s holds no lone surrogate: %s", (text, expected) => {
    expect(isWellFormedJson(read(text))).toBe(expected);
  });

  it.each([
    ['{"p":{"a":"\\ud800","b":1}}', true],
    ['{"p":{"a":["\\ud800"],"b":"\\ud800"}}', false],
    ['{"p":{"a":"\\ud800"},"q":"\\ud800"}', false],
    ['{"p":"\\ud800"}', false],
    ['{"p":"x"}', true],
    ['{"q":1}', true],
  ])("%s holds none beside the path p, a: %s", (text, expected) => {
    expect(isWellFormedBeside(read(text), ["p", "a"])).toBe(expected);
  });
});

describe("arguments that are read again", () => {
  it("may hold a lone surrogate, and be as deep as settings allow", () => {
    expect(readArguments('{"a":"\\ud800"}')).toEqual(new Map([["a", "\ud800"]]));
    expect(readArguments(`{"a":${"[".repeat(500)}${"]".repeat(500)}}`)?.size).toBe(1);
  });

  it.each(['{"a":', "[1]"])("are absent for %s", (text) => {
    expect(readArguments(text)).toBeUndefined();
  });
});
