/** Arguments as an input schema declares them, in every form that a schema has for it. */

import { describe, expect, it } from "vitest";
import { type Argument, findArgument, numberRange, typeOfJson } from "../../src/mcp/input-schema.ts";
import { parseArgumentPath } from "../../src/json/path.ts";
import { fromLiteral, json } from "../policy/policies.ts";

/** The argument, with its set of types as a list. */
function argumentOf(path: string, schema: unknown): unknown {
  const root = fromLiteral(schema);
  if (!(root instanceof Map)) throw new Error("the schema is no object");
  const found: Argument = findArgument(root, parseArgumentPath(path) ?? []);
  return found.kind === "present" && found.types !== undefined
    ? { ...found, types: Array.from(found.types).toSorted() }
    : found;
}

function inProperty(schema: unknown, more: object = {}): unknown {
  return argumentOf("args.a", { type: "object", properties: { a: schema }, ...more });
}

const STRING = { type: "string" };
const OPEN = { kind: "open" };
const OPTIONAL = { kind: "present", isRequired: false };
const NEEDED = { kind: "present", isRequired: true };

describe("an argument", () => {
  it.each<[string, unknown, unknown]>([
    ["its type", STRING, { ...OPTIONAL, types: ["string"] }],
    ["integer", { type: "integer" }, { ...OPTIONAL, types: ["number"] }],
    ["several types", { type: ["string", "null"] }, { ...OPTIONAL, types: ["null", "string"] }],
    [
      "every type",
      { type: ["boolean", "array", "object", "number"] },
      { ...OPTIONAL, types: ["array", "boolean", "number", "object"] },
    ],
    ["a type that is none", { type: ["string", "date"] }, OPTIONAL],
    ["no types", { type: [] }, OPTIONAL],
    ["nothing", {}, OPTIONAL],
    ["no schema", true, OPTIONAL],
    ["a constant", { const: 1 }, { ...OPTIONAL, types: ["number"], values: fromLiteral([1]) }],
    [
      "values",
      { enum: ["x", 1, null] },
      { ...OPTIONAL, types: ["null", "number", "string"], values: fromLiteral(["x", 1, null]) },
    ],
    ["values that are no list", { enum: "x" }, OPTIONAL],
    ["a default", { ...STRING, default: "x" }, { ...OPTIONAL, types: ["string"], fallback: "x" }],
    ["a default of null", { default: null }, OPTIONAL],
    ["alternatives", { anyOf: [STRING, { type: "null" }] }, { ...OPTIONAL, types: ["null", "string"] }],
    ["one of", { oneOf: [STRING, { type: "array" }] }, { ...OPTIONAL, types: ["array", "string"] }],
    ["an alternative of any type", { anyOf: [STRING, {}] }, OPTIONAL],
    ["all of", { allOf: [{ title: "t" }, STRING] }, { ...OPTIONAL, types: ["string"] }],
    ["all of nothing", { allOf: [{ title: "t" }] }, OPTIONAL],
    ["alternatives that are no list", { anyOf: STRING }, OPTIONAL],
  ])("has what its schema says: %s", (_what, schema, expected) => {
    expect(inProperty(schema)).toStrictEqual(expected);
  });

  it("is required where every call has it, and never null", () => {
    const required = ["a"];
    expect(inProperty(STRING, { required })).toStrictEqual({ ...NEEDED, types: ["string"] });
    expect(inProperty({ type: ["string", "null"] }, { required })).toMatchObject({ isRequired: false });
    expect(inProperty({}, { required })).toStrictEqual(NEEDED);
    expect(inProperty({}, { required: ["b"] })).toStrictEqual(OPTIONAL);
    expect(inProperty({}, { required: "a" })).toStrictEqual(OPTIONAL);
  });

  it.each<[string, object, boolean]>([
    ["all of", { allOf: [{}, { required: ["a"] }] }, true],
    ["any of, in each", { anyOf: [{ required: ["a"] }, { required: ["a", "b"] }] }, true],
    ["any of, in one", { anyOf: [{ required: ["a"] }, { required: ["b"] }] }, false],
    ["one of, in each", { oneOf: [{ required: ["a"] }] }, true],
    ["one of nothing", { oneOf: [] }, false],
    ["a reference", { $ref: "#/$defs/need", $defs: { need: { required: ["a"] } } }, true],
    ["a reference elsewhere", { $ref: "other.json#/need", $defs: { need: { required: ["a"] } } }, false],
    ["no schema", { allOf: [true, 5] }, false],
  ])("is required through %s: %s", (_what, more, isRequired) => {
    expect(inProperty({}, more)).toMatchObject({ kind: "present", isRequired });
  });

  it("is read through references", () => {
    const $defs = { text: STRING, "a/b~c": { enum: ["x"] }, again: { $ref: "#/$defs/again" } };
    expect(inProperty({ $ref: "#/$defs/text" }, { $defs })).toStrictEqual({ ...OPTIONAL, types: ["string"] });
    expect(inProperty({ $ref: "#/$defs/a~1b~0c" }, { $defs })).toStrictEqual({
      ...OPTIONAL,
      types: ["string"],
      values: ["x"],
    });
    for (const $ref of ["#/$defs/again", "#/$defs/none", "#/$defs/none/none", "text", "x/$defs/text", 5])
      expect(inProperty({ $ref }, { $defs })).toStrictEqual(OPTIONAL);
  });

  it("is followed through eight alternatives in alternatives, and no further", () => {
    const nested = (depth: number): object => (depth === 0 ? STRING : { anyOf: [nested(depth - 1)] });
    expect(inProperty(nested(8))).toStrictEqual({ ...OPTIONAL, types: ["string"] });
    expect(inProperty(nested(9))).toStrictEqual(OPTIONAL);
  });
});

describe("an inner argument", () => {
  const inner = { type: "object", properties: { b: STRING }, required: ["b"] };

  it("is required when each step is", () => {
    const schema = { type: "object", properties: { a: inner } };
    const needed = argumentOf("args.a.b", { ...schema, required: ["a"] });
    expect(needed).toStrictEqual({ ...NEEDED, types: ["string"] });
    expect(argumentOf("args.a.b", schema)).toStrictEqual({ ...OPTIONAL, types: ["string"] });
  });

  it("is sought in every alternative", () => {
    const other = { type: "object", properties: { b: { type: "number" }, c: {} }, required: ["b"] };
    const schema = { properties: { a: { anyOf: [inner, other] } }, required: ["a"] };
    expect(argumentOf("args.a.b", schema)).toStrictEqual({ ...NEEDED, types: ["number", "string"] });
    expect(argumentOf("args.a.c", schema)).toStrictEqual(OPTIONAL);
    expect(argumentOf("args.a.d", schema)).toStrictEqual({ kind: "absent", known: ["b", "b", "c"] });
  });

  it("is optional where one alternative leaves it out, and open where one is open", () => {
    const schema = { properties: { a: { oneOf: [inner, { ...inner, required: [] }] } }, required: ["a"] };
    expect(argumentOf("args.a.b", schema)).toStrictEqual({ ...OPTIONAL, types: ["string"] });
    const deeper = {
      properties: {
        a: { anyOf: [{ properties: { x: inner } }, { properties: { x: { properties: { b: {} } } } }] },
      },
    };
    expect(argumentOf("args.a.x.b", { ...deeper, required: ["a"] })).toStrictEqual(OPTIONAL);
    const open = { properties: { a: { oneOf: [inner, { ...inner, additionalProperties: true }] } } };
    expect(argumentOf("args.a.none", open)).toStrictEqual(OPEN);
  });

  it("has no values or default when alternatives differ", () => {
    const anyOf = ["x", "y"].map((value) => ({ properties: { b: { const: value, default: value } } }));
    const schema = { properties: { a: { anyOf } } };
    expect(argumentOf("args.a.b", schema)).toStrictEqual({ ...OPTIONAL, types: ["string"] });
  });

  it("of a list is its item, and never required", () => {
    const schema = { properties: { a: { type: "array", items: STRING } }, required: ["a"] };
    expect(argumentOf("args.a[12]", schema)).toStrictEqual({ ...OPTIONAL, types: ["string"] });
    expect(argumentOf("args.a.x", schema)).toStrictEqual(OPEN);
    expect(argumentOf('args.a["1x"]', schema)).toStrictEqual(OPEN);
    expect(argumentOf("args.a[0]", { properties: { a: { type: "array" } } })).toStrictEqual(OPEN);
    const tuple = { properties: { a: { type: "array", items: [STRING] } } };
    expect(argumentOf("args.a[0]", tuple)).toStrictEqual(OPEN);
    expect(argumentOf("args.a.x1", { properties: { a: { type: "array", items: {} } } })).toStrictEqual(OPEN);
  });

  it.each<[string, object, unknown]>([
    ["of a string", STRING, { kind: "absent", known: [] }],
    ["of an object that says nothing", { type: "object" }, OPEN],
    ["of anything", {}, OPEN],
    ["of an object with names", inner, { kind: "absent", known: ["b"] }],
    ["of an open object", { ...inner, additionalProperties: true }, OPEN],
    ["of an object with a schema for others", { ...inner, additionalProperties: STRING }, OPEN],
    ["of a closed object", { ...inner, additionalProperties: false }, { kind: "absent", known: ["b"] }],
    ["of an object with patterns", { ...inner, patternProperties: {} }, OPEN],
    ["of names without a type", { properties: { b: {} } }, { kind: "absent", known: ["b"] }],
    ["of a string or an object", { type: ["string", "object"] }, OPEN],
    ["of properties that are no object", { type: "object", properties: [] }, OPEN],
  ])("that no schema names: %s", (_what, schema, expected) => {
    expect(argumentOf("args.a.none", { properties: { a: schema } })).toStrictEqual(expected);
  });

  it("ends where a schema holds itself", () => {
    const node = { properties: { a: { $ref: "#/$defs/node" } }, required: ["a"] };
    const schema = { $ref: "#/$defs/node", $defs: { node } };
    expect(argumentOf("args.a.a.a", schema)).toStrictEqual(NEEDED);
    expect(argumentOf("args.a.b", schema)).toStrictEqual({ kind: "absent", known: ["a"] });
    const circle = { anyOf: [{ $ref: "#/$defs/circle" }], properties: { a: {} } };
    expect(argumentOf("args.a", { ...circle, $defs: { circle } })).toStrictEqual(OPTIONAL);
  });
});

describe("the type of a value", () => {
  it.each([
    ["null", "null"],
    ["true", "boolean"],
    ['"x"', "string"],
    ["1", "number"],
    ["[]", "array"],
    ["{}", "object"],
  ])("of %s is %s", (text, type) => {
    expect(typeOfJson(json(text))).toBe(type);
  });
});

describe("the numbers that an argument may be", () => {
  it("are unbounded where the schema does not have the argument", () => {
    const root = fromLiteral({ properties: { a: { type: "integer", minimum: 1, maximum: 5 } } });
    if (!(root instanceof Map)) throw new Error("the schema is no object");
    expect(numberRange(root, ["b"])).toEqual(numberRange(new Map(), []));
    expect(numberRange(root, ["a"])).not.toEqual(numberRange(root, ["b"]));
  });
});
