/** The words for arguments that do not fit: the path of the argument, and what it must be. */

import { describe, expect, it } from "vitest";
import { compileSchema } from "../../../src/policy/arguments/compile-schema.ts";
import { expectationOf } from "../../../src/policy/arguments/expectation.ts";
import { PlainValue } from "../../../src/policy/arguments/plain-value.ts";
import { objectOf } from "../policies.ts";

/** The sentence about arguments that do not fit the schema. */
function sentence(schema: string, args: string): string {
  const compiled = compileSchema(objectOf(schema));
  if (!compiled.ok) throw new Error(compiled.problem);
  const expectation = compiled.check(objectOf(args));
  return expectation === undefined ? "fits" : `${expectation.path} ${expectation.text}`;
}

/** The sentence about the argument `x`. */
function about(schema: string, value: string): string {
  return sentence(`{"properties":{"x":${schema}}}`, `{"x":${value}}`);
}

describe("one argument", () => {
  it.each([
    [`{"type":"boolean"}`, `"true"`, "args.x must be a boolean, got a string"],
    [`{"type":"integer"}`, "1.5", "args.x must be an integer, got a number"],
    [`{"type":["string","null"]}`, "1", "args.x must be a string or null, got a number"],
    [`{"type":"object"}`, "[]", "args.x must be an object, got an array"],
    [`{"type":"string"}`, "null", "args.x must be a string, got null"],
    [`{"minimum":1}`, "0", "args.x must be at least 1"],
    [`{"maximum":9007199254740993}`, "9007199254740994", "args.x must be at most 9007199254740993"],
    [`{"exclusiveMinimum":0}`, "0", "args.x must be more than 0"],
    [`{"exclusiveMaximum":1}`, "1", "args.x must be less than 1"],
    [`{"multipleOf":0.5}`, "0.3", "args.x must be a multiple of 0.5"],
    [`{"minLength":2}`, `"a"`, "args.x must have at least 2 characters"],
    [`{"maxLength":2}`, `"abc"`, "args.x must have at most 2 characters"],
    [`{"minItems":1}`, "[]", "args.x must have at least 1 items"],
    [`{"maxItems":1}`, "[1,2]", "args.x must have at most 1 items"],
    [`{"minProperties":1}`, "{}", "args.x must have at least 1 members"],
    [`{"maxProperties":0}`, `{"a":1}`, "args.x must have at most 0 members"],
    [`{"uniqueItems":true}`, "[1,1]", "args.x must not have two equal items"],
    [`{"pattern":"^a$"}`, `"b"`, `args.x must match the pattern "^a$"`],
    [`{"const":"live"}`, `"test"`, `args.x must be "live"`],
    [`{"enum":["a","b",3]}`, `"c"`, `args.x must be "a", "b" or 3`],
    [
      `{"enum":[${Array.from({ length: 14 }, (_, at) => at).join(",")}]}`,
      "99",
      "args.x must be 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 or one of 2 more values",
    ],
    [
      `{"enum":[${Array.from({ length: 12 }, (_, at) => at).join(",")}]}`,
      "99",
      "args.x must be 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 or 11",
    ],
    [
      `{"contains":{"type":"string"}}`,
      "[1]",
      "args.x has too few or too many items of the kind that it must contain",
    ],
    [`{"not":{"type":"string"}}`, `"a"`, "args.x has a form that its schema excludes"],
    [`{"prefixItems":[{}],"items":false}`, "[1,2]", "args.x has too many items"],
    [`{"prefixItems":[{}],"unevaluatedItems":false}`, "[1,2]", "args.x has too many items"],
    [`{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, "args.x has a member with a name that is not allowed"],
    ["false", "1", "args.x must be left out"],
    [`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "args.x.b is required beside the others"],
    [`{"if":{"type":"string"},"then":{"minLength":1}}`, `""`, "args.x must have at least 1 characters"],
  ])("%s on %s", (schema, value, expected) => {
    expect(about(schema, value)).toBe(expected);
  });

  it("names a keyword without words of its own", () => {
    const schema = new PlainValue(new Map());
    const error = { keyword: "x-odd", instancePath: "/a", schemaPath: "#", params: {} };
    const expected = { path: "args.a", text: "does not fit its schema (x-odd)" };
    expect(expectationOf([error], objectOf(`{"a":1}`), schema)).toEqual(expected);
  });

  it("names no type of a value that is not there", () => {
    const error = { keyword: "type", instancePath: "/a", schemaPath: "#", params: { type: "string" } };
    const expected = { path: "args.a", text: "must be a string" };
    expect(expectationOf([error], new Map(), new PlainValue(new Map()))).toEqual(expected);
  });

  it("has words when the library gives no error", () => {
    const expected = { path: "args", text: "must fit the tool's input schema" };
    for (const errors of [[], null, undefined]) {
      expect(expectationOf(errors, new Map(), new PlainValue(new Map()))).toEqual(expected);
    }
  });

  it("reads the list of items of draft-07", () => {
    const schema = `{"$schema":"http://json-schema.org/draft-07/schema","properties":{"x":{"items":[{}],"additionalItems":false}}}`;
    expect(sentence(schema, `{"x":[1,2]}`)).toBe("args.x has too many items");
  });
});

describe("the path", () => {
  it.each([
    [`{"required":["amount"]}`, "{}", "args.amount is required"],
    [
      `{"properties":{"a":{"items":{"properties":{"b":{"type":"string"}}}}}}`,
      `{"a":[{"b":"x"},{"b":1}]}`,
      "args.a[1].b must be a string, got a number",
    ],
    [`{"properties":{"a":{"required":["b"]}}}`, `{"a":{}}`, "args.a.b is required"],
    [`{"properties":{"a.b":{"type":"string"}}}`, `{"a.b":1}`, `args["a.b"] must be a string, got a number`],
    [
      `{"properties":{"a/b~c":{"type":"string"}}}`,
      `{"a/b~c":1}`,
      `args["a/b~c"] must be a string, got a number`,
    ],
    [
      `{"properties":{"a":{"properties":{"0":{"type":"string"}}}}}`,
      `{"a":{"0":1}}`,
      "args.a.0 must be a string, got a number",
    ],
    [
      `{"properties":{"force":{}},"additionalProperties":false}`,
      `{"frce":1}`,
      `args.frce is no argument of this tool, did you mean "force"?`,
    ],
    [`{"additionalProperties":false}`, `{"frce":1}`, "args.frce is no argument of this tool"],
    [
      `{"properties":{"force":{}},"unevaluatedProperties":false}`,
      `{"x y":1}`,
      `args["x y"] is no argument of this tool`,
    ],
    [`{"minProperties":1}`, "{}", "args must have at least 1 members"],
  ])("%s on %s", (schema, args, expected) => {
    expect(sentence(schema, args)).toBe(expected);
  });

  it("shortens a long name", () => {
    const text = sentence(`{"additionalProperties":false}`, `{"${"a b".repeat(200)}":1}`);
    expect(text.length).toBeLessThan(120);
  });
});

describe("alternatives", () => {
  it.each([
    [`{"anyOf":[{"type":"string"},{"type":"null"}]}`, "1", "args.x must be a string or null, got a number"],
    [
      `{"anyOf":[{"type":"string"},{"minimum":5}]}`,
      "1",
      "args.x must be a string, got a number, or must be at least 5",
    ],
    [`{"anyOf":[{"minimum":5}]}`, "1", "args.x must be at least 5"],
    [
      `{"anyOf":[{"type":"null"},{"properties":{"a":{"type":"string"}},"required":["a"]}]}`,
      `{"a":1}`,
      "args.x.a must be a string, got a number",
    ],
    [`{"anyOf":[{"type":"null"},{"required":["a"]}]}`, "{}", "args.x.a is required"],
    [
      `{"anyOf":[{"const":1},{"const":2},{"const":3},{"const":4},{"const":5}]}`,
      "9",
      "args.x fits none of the alternatives of its schema",
    ],
    [
      `{"anyOf":[{"const":1},{"const":2},{"const":3},{"const":4}]}`,
      "9",
      "args.x must be 1, or must be 2, or must be 3, or must be 4",
    ],
    [
      `{"anyOf":[{"properties":{"longer":{"type":"null"}}},{"properties":{"a":{"properties":{"b":{"type":"null"}}}}}]}`,
      `{"longer":1,"a":{"b":1}}`,
      "args.x.a.b must be null, got a number",
    ],
    [
      `{"contains":{"const":1}}`,
      "[2]",
      "args.x has too few or too many items of the kind that it must contain",
    ],
    [`{"anyOf":[{"contains":{"const":1}},{"const":5}]}`, "[2]", "args.x[0] must be 1"],
    [`{"if":{"const":1},"then":{"minimum":5},"else":{"minimum":7}}`, "1", "args.x must be at least 5"],
    [`{"anyOf":[{"anyOf":[]},false]}`, "9", "args.x must be left out"],
    [
      `{"oneOf":[{"type":"string"},{"type":"boolean"}]}`,
      "1",
      "args.x must be a string or a boolean, got a number",
    ],
    [
      `{"oneOf":[{"type":"number"},{"minimum":0}]}`,
      "1",
      "args.x fits more than one of its alternatives, and must fit exactly one",
    ],
    [
      `{"anyOf":[{"oneOf":[{"type":"string"},{"type":"null"}]},{"type":"array"}]}`,
      "1",
      "args.x must be a string, null or an array, got a number",
    ],
    [
      `{"anyOf":[{"items":{"type":"string"}},{"items":{"type":"null"}}]}`,
      "[1]",
      "args.x[0] must be a string, got a number",
    ],
  ])("%s on %s", (schema, value, expected) => {
    expect(about(schema, value)).toBe(expected);
  });

  it("have words when the library gives no error of theirs", () => {
    const union = { keyword: "anyOf", instancePath: "", schemaPath: "#", params: {} };
    const expected = { path: "args", text: "fits none of the alternatives of its schema" };
    expect(expectationOf([union], new Map(), new PlainValue(new Map()))).toEqual(expected);
  });
});

it("never repeats a value of the agent", () => {
  const schemas = [
    `{"type":"number"}`,
    `{"pattern":"^a$"}`,
    `{"maxLength":2}`,
    `{"enum":["a"]}`,
    `{"const":"a"}`,
  ];
  for (const schema of schemas) expect(about(schema, `"s3cret-value"`)).not.toContain("s3cret");
});
