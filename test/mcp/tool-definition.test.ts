/** Tool definitions: the texts that a pin digests, and the description that a category is guessed from. */

import { describe, expect, it } from "vitest";
import {
  describeTool,
  digestDefinition,
  digestInputs,
  readDefinitions,
  type ToolDefinition,
} from "../../src/mcp/tool-definition.ts";
import { fromLiteral, json } from "../policy/policies.ts";

function definitionOf(text: string): ToolDefinition {
  const [tool] = readDefinitions(json(`[${text}]`));
  if (tool === undefined) throw new Error("no tool");
  return tool;
}

describe("a definition", () => {
  const text =
    '{"name":"n","title":"t","description":"d","inputSchema":{"b":[1.0,"x",null],"a":{"z":true,"y":1e2}},"outputSchema":{"c":[]},"annotations":{}}';

  it("is four texts that the order of names and the writing of numbers do not change", () => {
    expect(digestInputs(definitionOf(text))).toStrictEqual({
      name: '"n"\n"t"',
      description: '"d"',
      schema: '{"a":{"y":100,"z":true},"b":[1,"x",null]}\n{"c":[]}',
      annotations: "{}",
    });
    expect(digestInputs(definitionOf('{"name":"n"}'))).toStrictEqual({
      name: '"n"\nnull',
      description: "null",
      schema: "null\nnull",
      annotations: "null",
    });
  });

  it("is digested in its parts and as a whole", () => {
    expect(
      digestDefinition(definitionOf('{"name":"n","description":"d"}'), (part) => `<${part}>`),
    ).toStrictEqual({
      digest: '<"n"\nnull\n"d"\nnull\nnull\nnull>',
      name: '<"n"\nnull>',
      description: '<"d">',
      schema: "<null\nnull>",
      annotations: "<null>",
    });
  });

  it("is described by what is of the right type", () => {
    const full =
      '{"name":"n","description":"d","annotations":{"a":true,"b":1},"inputSchema":{"properties":{"x":{}}}}';
    expect(describeTool(definitionOf(full))).toStrictEqual({
      name: "n",
      description: "d",
      annotations: { a: true },
      argumentNames: ["x"],
    });
    const odd = '{"name":"n","description":1,"annotations":[],"inputSchema":[]}';
    expect(describeTool(definitionOf(odd))).toStrictEqual({ name: "n" });
    expect(describeTool(definitionOf('{"name":"n","inputSchema":{"properties":[]}}'))).toStrictEqual({
      name: "n",
    });
  });
});

describe("a list of definitions", () => {
  it("leaves out elements that are not tools", () => {
    expect(readDefinitions(fromLiteral([1, null, {}, { name: 2 }, { name: "a" }]))).toHaveLength(1);
    expect(readDefinitions(fromLiteral("none"))).toEqual([]);
  });
});
