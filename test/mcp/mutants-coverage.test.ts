/** What is found wrong between the names of a policy and those of a server, and what a definition is made of. */

import { describe, expect, it } from "vitest";
import {
  describeTool,
  digestDefinition,
  digestInputs,
  readDefinitions,
  type ToolDefinition,
} from "../../src/mcp/tool-definition.ts";
import { documentRoot, placedEntries, placedRules } from "../../src/policy/lint/finding.ts";
import { findingsOf, toolOf } from "../policy/lint/findings.ts";
import { json, policyOf } from "../policy/policies.ts";

const NUMBER = { type: "number" };
const PAY = toolOf("pay", { amount: NUMBER, note: { type: "string" } }, ["amount", "note"]);

/** Names that are each near one of the server's. */
function wrongNames(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`tool_${index}x`, {}]));
}

describe("names", () => {
  const get = toolOf("get_x", {});

  it.each<[string, object, object[], string[]]>([
    [
      "unknown in the list",
      { tools: { pya: {}, get_x: {} } },
      [get],
      ["error unknown-tool tools.pya: `pya` is no tool of the server"],
    ],
    [
      "near one of the server's",
      { tools: { get_y: {}, get_x: {} } },
      [get],
      ['error unknown-tool tools.get_y: `get_y` is no tool of the server, did you mean "get_x"?'],
    ],
    [
      "hidden in vain",
      { hide: ["get_x", "zzzzzz"] },
      [get],
      ["warning unknown-tool hide[1]: `zzzzzz` is no tool of the server"],
    ],
    [
      "hidden, and meant otherwise",
      { hide: ["get_x", "get_y"] },
      [get],
      ['error unknown-tool hide[1]: `get_y` is no tool of the server, did you mean "get_x"?'],
    ],
    [
      "listed and hidden",
      { tools: { zzzzzz: {}, get_x: {} }, hide: ["zzzzzz"] },
      [get],
      [
        "error unknown-tool tools.zzzzzz: `zzzzzz` is no tool of the server",
        "warning unknown-tool hide[0]: `zzzzzz` is no tool of the server",
      ],
    ],
    [
      "uncovered, denied",
      {},
      [get],
      ["warning uncovered-tool tools: no rule covers `get_x`: it is denied by default; list it, or hide it"],
    ],
    [
      "uncovered, allowed",
      { default: "allow" },
      [get],
      [
        "warning uncovered-tool tools: no rule covers `get_x`: it is allowed without a check; list it, hide it, or deny by default",
      ],
    ],
    [
      "of a category that the policy names for it",
      { default: "allow", categories: { write: {} }, tools: { y: { category: "write" } } },
      [get, toolOf("y", {})],
      [
        "warning uncovered-tool tools: no rule covers `get_x`: it is allowed without a check; list it, hide it, or deny by default",
      ],
    ],
  ])("%s", (_what, policy, tools, findings) => {
    expect(findingsOf(policy, ...tools)).toEqual(findings);
  });

  it("are compared with names only where that is quick", () => {
    const tools = Array.from({ length: 448 }, (_, index) => toolOf(`tool_${index}`, {}));
    const [near = ""] = findingsOf({ tools: wrongNames(446) }, ...tools);
    const [far = ""] = findingsOf({ tools: wrongNames(447) }, ...tools);
    expect([near.includes("did you mean"), far.includes("did you mean")]).toEqual([true, false]);
  });
});

describe("rules for every tool", () => {
  const other = toolOf("other", { note: NUMBER }, ["note"]);
  const third = toolOf("third", { note: NUMBER }, ["note"]);
  const tools = { pay: {}, other: {}, third: {} };
  const rule = { conditions: [{ path: "args.amount", op: "gt", value: 1 }] };

  it("say nothing of an argument that one tool has", () => {
    expect(findingsOf({ tools, all_tools: { deny_if: [rule] } }, PAY, other, third)).toEqual([]);
  });

  it("say nothing of what forbids or allows an argument that only others have", () => {
    const gone = { conditions: [{ path: "args.amount", op: "not_exists" }] };
    expect(findingsOf({ tools, all_tools: { require: [gone] } }, PAY, other, third)).toEqual([]);
  });

  it("are held against no tool without a schema", () => {
    const found = findingsOf({ tools: { other: {}, bare: {} }, all_tools: { deny_if: [rule] } }, other, {
      name: "bare",
    });
    expect(found).toEqual([
      "error unknown-argument all_tools.deny_if[0].conditions[0]: `args.amount` is no argument of `other`: the rule never denies",
    ]);
  });

  it("speak of each fault of each rule", () => {
    const all_tools = {
      require: [
        { conditions: [{ path: "args.note", op: "eq", value: "x" }] },
        { conditions: [{ path: "args.note", op: "regex", value: "x" }] },
      ],
    };
    expect(findingsOf({ tools: { other: {}, third: {}, pay: {} }, all_tools }, other, third, PAY)).toEqual([
      'error impossible-value all_tools.require[0].conditions[0]: `args.note eq "x"` never holds, since `args.note` is a number: no call can meet the rule; and so for 1 other tool',
      "error wrong-type all_tools.require[1].conditions[0]: `regex` needs a string, and `args.note` is a number: a call that gives it is denied; and so for 1 other tool",
    ]);
    const deny_if = [{ conditions: [{ path: "args.note", op: "eq", value: "x" }] }];
    expect(findingsOf({ tools, all_tools: { deny_if } }, PAY, other, third)).toEqual([
      'error impossible-value all_tools.deny_if[0].conditions[0]: `args.note eq "x"` never holds, since `args.note` is a number: the rule never denies; and so for 1 other tool',
    ]);
  });

  it("speak of one that no tool has, and of one that others must have, once", () => {
    const place = "all_tools.deny_if[0].conditions[0]: `args.amount` is no argument of";
    expect(findingsOf({ tools: { other: {} }, all_tools: { deny_if: [rule] } }, other)).toEqual([
      `error unknown-argument ${place} \`other\`: the rule never denies`,
    ]);
    expect(
      findingsOf({ tools: { other: {}, third: {} }, all_tools: { deny_if: [rule] } }, other, third),
    ).toEqual([`error unknown-argument ${place} \`other\`: the rule never denies; and so for 1 other tool`]);
    expect(findingsOf({ tools, all_tools: { require: [rule] } }, PAY, other, third)).toEqual([
      "error unknown-argument all_tools.require[0].conditions[0]: `args.amount` is no argument of `other`: no call can meet the rule; and so for 1 other tool",
    ]);
    const note = { conditions: [{ path: "args.note", op: "gt", value: 1, of: "length" }] };
    const fourth = { ...third, name: "fourth" };
    expect(
      findingsOf(
        { tools: { ...tools, fourth: {} }, all_tools: { deny_if: [note] } },
        PAY,
        other,
        third,
        fourth,
      ),
    ).toEqual([
      'error wrong-type all_tools.deny_if[0].conditions[0]: `"of": "length"` needs a string, an array or an object, and `args.note` is a number: a call that gives it is denied; and so for 2 other tools',
    ]);
  });
});

describe("rules for one tool", () => {
  it("are not held against another", () => {
    const tools = {
      pay: { deny_if: [{ conditions: [{ path: "args.amount", op: "gt", value: 1 }] }] },
      other: {},
    };
    expect(findingsOf({ tools }, PAY, toolOf("other", {}))).toEqual([]);
  });
});

describe("rules of a category", () => {
  const deny_if = [{ conditions: [{ path: "args.gone", op: "eq", value: 1 }] }];

  it("are held against the tools of that category that have no entry", () => {
    const policy = { default: "allow", categories: { read: { deny_if } }, tools: { get_a: {} } };
    expect(
      findingsOf(policy, toolOf("get_a", { x: {} }), toolOf("get_b", { x: {} }), toolOf("put_c", { x: {} })),
    ).toEqual([
      "warning uncovered-tool tools: no rule covers `put_c`: it is allowed without a check; list it, hide it, or deny by default",
      "error unknown-argument categories.read.deny_if[0].conditions[0]: `args.gone` is no argument of `get_b`: the rule never denies",
    ]);
  });

  it("say nothing of a tool without a schema", () => {
    expect(findingsOf({ categories: { read: { deny_if } } }, { name: "get_b" })).toEqual([]);
  });
});

describe("places", () => {
  it("are those of all entries, and of their rules in order", () => {
    const rule = { conditions: [] };
    const entry = { deny_if: [rule], require: [rule, rule] };
    const policy = {
      version: "1",
      default: "deny",
      tools: { a: entry },
      categories: { read: {} },
      all_tools: {},
    };
    const entries = placedEntries(policyOf(policy).document);
    expect(entries.map(({ kind, name, place }) => [kind, name, place.path()])).toEqual([
      ["tool", "a", "tools.a"],
      ["category", "read", "categories.read"],
      ["every", "", "all_tools"],
    ]);
    expect(entries.flatMap(placedRules).map(({ kind, place }) => `${kind} ${place.path()}`)).toEqual([
      "deny_if tools.a.deny_if[0]",
      "require tools.a.require[0]",
      "require tools.a.require[1]",
    ]);
    const reversed = policyOf({ ...policy, tools: { a: { require: [rule], deny_if: [rule] } } });
    expect(
      placedEntries(reversed.document)
        .flatMap(placedRules)
        .map(({ kind }) => kind),
    ).toEqual(["require", "deny_if"]);
    expect(placedEntries(policyOf({ version: "1", default: "deny" }).document)).toEqual([]);
    expect(documentRoot().path()).toBe("");
  });
});

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
