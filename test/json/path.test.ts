/** Paths into the arguments of a call. */

import { describe, expect, it } from "vitest";
import {
  EVERY_ITEM,
  parseArgumentPath,
  resolveArgument,
  resolveItems,
  WRONG_CONTAINER,
} from "../../src/json/path.ts";
import type { Json } from "../../src/json/json.ts";
import { json, num } from "../policy/policies.ts";
import { words } from "../fixtures/tables.ts";

function args(value: Json): ReadonlyMap<string, Json> {
  return new Map([["v", value]]);
}

describe("paths", () => {
  it.each([
    ...words(`amount arg args. args..a args[a] args[-1] args["a] args.a]`),
    `args.${"a".repeat(1_024)}`,
  ])("%s is none", (text) => {
    expect(parseArgumentPath(text)).toBeUndefined();
  });

  it("has no segments for the arguments as a whole", () => {
    expect(parseArgumentPath("args")).toEqual([]);
  });

  it("takes no index with a leading zero, a sign or a fraction", () => {
    const list = args(json("[1,2]"));
    for (const index of ["00", "01", "-0", "1e0"])
      expect(resolveArgument(list, ["v", index])).toBe(WRONG_CONTAINER);
    expect(resolveArgument(list, ["v", "1"])).toEqual(num("2"));
    expect(resolveArgument(list, ["v", 1])).toEqual(num("2"));
    expect(resolveArgument(list, ["v", "2"])).toBeUndefined();
  });

  it.each([
    ["args[10]", [10]],
    ["args.a[12].b", ["a", 12, "b"]],
    ["args[01][1234567890].2", ["01", "1234567890", "2"]],
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
    expect(resolveArgument(args, ["list", "1x"])).toBe(WRONG_CONTAINER);
    expect(resolveArgument(args, ["none", "none", "none"])).toBeUndefined();
  });

  it.each<[string, string, readonly (string | number)[]]>([
    ["a list where the path names a member", '{"v":[1]}', ["v", "a"]],
    ["an object where the path names an item", '{"v":{"0":1}}', ["v", 0]],
    ["a text on the path", '{"v":"a"}', ["v", "a"]],
    ["a number on the path", '{"v":1}', ["v", 0]],
    ["a truth value on the path", '{"v":{"a":true}}', ["v", "a", "b"]],
  ])("do not fit %s", (_name, text, path) => {
    const args = json(text);
    expect(args instanceof Map && resolveArgument(args, path)).toBe(WRONG_CONTAINER);
  });

  it("find null as an item that is missing", () => {
    expect(resolveItems(json('{"list":["a",null]}'), ["list", EVERY_ITEM])).toEqual(["a", undefined]);
  });

  it("end at null as at an argument that is missing", () => {
    expect(resolveArgument(args(json('{"a":null}')), ["v", "a"])).toBeUndefined();
    expect(resolveArgument(args(null), ["v", "a", 0])).toBeUndefined();
  });
});
