/** The check of arguments that are read when they are looked at: the same faults, and no value that no keyword asks for. */

import { describe, expect, it } from "vitest";
import { LazyObject } from "../../../src/json/lazy/lazy-object.ts";
import { checkArguments } from "../../../src/policy/arguments/check-arguments.ts";
import { objectOf } from "../policies.ts";

/** Members, each with the text of its value; some values may be no JSON, so that reading them throws. */
function lazyObject(members: Readonly<Record<string, string>>): LazyObject {
  let text = "{";
  const spans = Object.entries(members).map(([name, value]) => {
    const nameStart = text.length + 1;
    text += `"${name}":${value},`;
    const end = text.length - 1;
    return { nameStart, nameEnd: nameStart + name.length, start: end - value.length, end };
  });
  text = `${text.slice(0, -1)}}`;
  return new LazyObject(text, { start: 0, end: text.length }, spans);
}

const UNREAD = { rows: "x", more: "y" };

describe("the check of lazy arguments", () => {
  it.each([
    ['{"properties":{"a":{"type":"string"}},"required":["a"]}', { a: '"b"' }, undefined],
    ['{"properties":{"a":{"type":"string"}}}', { a: "1" }, "args.a must be a string, got a number"],
    ['{"properties":{"a":{"type":"string"}}}', { a: "null" }, "args.a must be a string, got null"],
    ['{"required":["b"]}', { a: "1" }, "args.b is required"],
    ['{"maxProperties":3}', { a: "1", b: "2" }, "args must have at most 3 members"],
    [
      '{"properties":{"a":{},"rows":true},"additionalProperties":false}',
      {},
      "args.more is no argument of this tool",
    ],
    ['{"properties":{"a":{"maximum":9007199254740992}}}', { a: "9007199254740992" }, undefined],
  ])("of %s reads no other value of %j", (schema, members, fault) => {
    expect(checkArguments(lazyObject({ ...members, ...UNREAD }), objectOf(schema))?.text).toBe(fault);
  });

  it.each(["9007199254740993", "0.1000000000000000055511151231257827021181583404541015625"])(
    "compares %s as it was written, whatever was read before",
    (number) => {
      const schema = objectOf(
        `{"properties":{"b":{"type":"number"},"a":{"exclusiveMinimum":9007199254740992,"enum":[9007199254740993]}}}`,
      );
      for (const members of [
        { a: "9007199254740993", b: number },
        { b: number, a: "9007199254740993" },
      ])
        expect(checkArguments(lazyObject(members), schema)).toBeUndefined();
      expect(checkArguments(lazyObject({ a: "9007199254740992", b: "1" }), schema)?.cause).toBe("invalid");
    },
  );

  it("leaves arguments unchecked whose values cannot be read", () => {
    const fault = checkArguments(lazyObject(UNREAD), objectOf('{"properties":{"rows":{"type":"array"}}}'));
    expect(fault?.cause).toBe("unchecked");
  });
});
