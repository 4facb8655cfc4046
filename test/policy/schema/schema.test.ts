/** Shapes by themselves: what they read, what they report, and the schema that says the same. */

import { describe, expect, it } from "vitest";
import { DocumentPath, type Problem } from "../../../src/policy/schema/document-path.ts";
import {
  record,
  boolean,
  array,
  explained,
  listWords,
  number,
  object,
  optional,
  required,
  type Shape,
  string,
  oneOf,
} from "../../../src/policy/schema/schema.ts";
import { fromLiteral } from "../policies.ts";

/** The value and the problems, as `path: message`. */
function reading<T>(shape: Shape<T>, literal: unknown): { value: T | undefined; problems: string[] } {
  const problems: Problem[] = [];
  const value = shape.read(fromLiteral(literal), DocumentPath.root(problems));
  return { value, problems: problems.map(({ path, message }) => `${path}: ${message}`) };
}

const PAIR = object<{ a: string; b?: boolean }>({ a: required(string()), b: optional(boolean()) });

describe("a shape", () => {
  it("has the schema of what it reads", () => {
    expect(string().schema).toStrictEqual({ type: "string" });
    expect(string(1).schema).toStrictEqual({ type: "string", minLength: 1 });
    expect(boolean().schema).toStrictEqual({ type: "boolean" });
    expect(oneOf("a").schema).toStrictEqual({ const: "a" });
    expect(oneOf("a", "b").schema).toStrictEqual({ enum: ["a", "b"] });
    expect(array(boolean()).schema).toStrictEqual({ type: "array", items: { type: "boolean" } });
    expect(PAIR.schema).toStrictEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "boolean" } },
      patternProperties: { "^x-": {} },
      additionalProperties: false,
      required: ["a"],
    });
    expect(object<{ b?: boolean }>({ b: optional(boolean()) }).schema).not.toHaveProperty("required");
  });

  it("explains the keys of an object, and the words of a closed set, to editors", () => {
    const words = explained(["a", "b"], { a: "the first", b: "the second" });
    expect(words.schema).toStrictEqual({ enum: ["a", "b"], enumDescriptions: ["the first", "the second"] });
    expect(reading(words, "b")).toEqual({ value: "b", problems: [] });
    expect(reading(words, "other").problems).toEqual([': must be "a" or "b", got "other"']);
    const pair = object<{ a: string; b?: boolean }>(
      { a: required(string()), b: optional(boolean()) },
      { a: "A text.", b: "A truth value." },
    );
    expect(pair.schema["properties"]).toStrictEqual({
      a: { description: "A text.", type: "string" },
      b: { description: "A truth value.", type: "boolean" },
    });
    expect(pair.schema["required"]).toEqual(["a"]);
  });

  it("leaves out what it could not read", () => {
    expect(reading(array(boolean()), [true, 1, false])).toEqual({
      value: [true, false],
      problems: ["[1]: must be true or false, got 1"],
    });
    expect(reading(record(boolean()), { a: true, b: 1 })).toEqual({
      value: new Map([["a", true]]),
      problems: ["b: must be true or false, got 1"],
    });
  });

  it("of an object knows its keys", () => {
    expect(reading(PAIR, { a: "x", b: true, "x-c": 1 })).toEqual({
      value: { a: "x", b: true },
      problems: [],
    });
    expect(reading(PAIR, { a: "x", other: 1 }).problems).toEqual(["other: is not a known key"]);
    expect(reading(PAIR, { b: 1, other: 1 })).toEqual({
      value: undefined,
      problems: ["b: must be true or false, got 1", "other: is not a known key", "a: is required"],
    });
  });

  it("of a number has its range", () => {
    const positive = number("a number above 0", (value) => value > 0, { exclusiveMinimum: 0 });
    expect(positive.schema).toStrictEqual({ type: "number", exclusiveMinimum: 0 });
    expect(reading(positive, 0.5)).toEqual({ value: 0.5, problems: [] });
    expect(reading(positive, 0).problems).toEqual([": must be a number above 0, got 0"]);
    expect(reading(positive, "1").problems).toEqual([': must be a number above 0, got "1"']);
  });

  it("lists words as people do", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((words) => listWords(words))).toEqual([
      "",
      "a",
      "a or b",
      "a, b or c",
    ]);
  });
});

describe("a place", () => {
  it("is written as a person would write it", () => {
    const root = DocumentPath.root([]);
    expect(root.path()).toBe("");
    expect(root.at("tools").at("a.b").at(0).at("x-y").path()).toBe('tools["a.b"][0].x-y');
    expect(root.at(0).path()).toBe("[0]");
    expect(root.at("").path()).toBe('[""]');
  });
});
