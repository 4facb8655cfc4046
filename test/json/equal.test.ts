/** Equality of JSON values. */

import { describe, expect, it } from "vitest";
import { equalityKey, isEqualJson } from "../../src/json/equal.ts";
import { json } from "../policy/policies.ts";

describe("isEqualJson", () => {
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
    expect(equalityKey(json(one)) === equalityKey(json(other))).toBe(expected);
  });
});

describe("equalityKey", () => {
  it.each([
    ["[1.0,10e-1,1]", "[1,1,1]", true],
    ["9007199254740993", "9007199254740992", false],
    ["-0", "0", true],
    ['{"a":{"b":[null,true]}}', '{"a":{"b":[null,true]}}', true],
    ['["a,b"]', '["a","b"]', false],
    ['{"a":"b"}', '"{a:b}"', false],
  ])("of %s and %s is shared: %s", (one, other, expected) => {
    expect(equalityKey(json(one)) === equalityKey(json(other))).toBe(expected);
  });
});
