/** Comparison of a policy with the server's tools, which the running sidecar also performs. */

import { describe, expect, it } from "vitest";
import { comparePolicyWithTools } from "../../../src/policy/lint/coverage.ts";
import type { CompiledPolicy } from "../../../src/policy/document/compile.ts";
import { readDefinitions, type ToolDefinition } from "../../../src/mcp/tool-definition.ts";
import { fromLiteral, policyOf as compiled } from "../policies.ts";
import { findingsOf, toolOf } from "./findings.ts";
import { processorMs } from "../../fixtures/processor-time.ts";

function policyOf(document: object): CompiledPolicy {
  return compiled({ version: "1", default: "deny", ...document });
}

function toolsOf(...names: readonly string[]): ToolDefinition[] {
  return readDefinitions(fromLiteral(names.map((name) => ({ name }))));
}

describe("policy and tools", () => {
  it("are compared by name", () => {
    const { unknown, uncovered } = comparePolicyWithTools(
      policyOf({ tools: { a: {}, gone: {} }, hide: ["h", "gone-too"] }),
      toolsOf("a", "h", "new"),
    );
    expect({ unknown, uncovered }).toEqual({ unknown: ["gone", "gone-too"], uncovered: ["new"] });
  });

  it("have no unknown name as long as the server lists no tool", () => {
    expect(comparePolicyWithTools(policyOf({ tools: { a: {} } }), [])).toEqual({
      unknown: [],
      uncovered: [],
      findings: [],
    });
  });

  it("count a tool once even if it is listed twice", () => {
    expect(comparePolicyWithTools(policyOf({}), toolsOf("a", "a")).uncovered).toEqual(["a"]);
  });

  it.each(["constructor", "__proto__", "toString", "💥", "a".repeat(128)])(
    "distinguish a tool named %s from a missing tool",
    (name) => {
      const policy = policyOf({ hide: [name] });
      expect(comparePolicyWithTools(policy, toolsOf(name)).unknown).toEqual([]);
      expect(comparePolicyWithTools(policy, toolsOf("other")).unknown).toEqual([name]);
    },
  );

  it("cover a tool in shadow mode, and a tool whose category has an entry", () => {
    const policy = policyOf({ default: "allow", mode: "shadow", hide: ["a"], categories: { read: {} } });
    expect(comparePolicyWithTools(policy, toolsOf("a", "get_b", "drop_c")).uncovered).toEqual(["drop_c"]);
  });

  it(
    "are compared in time that grows as their number does, when both are large and have no name in common",
    { retry: 3 },
    () => {
      const [some = 1, many = 0] = [2_000, 20_000].map((count) => {
        const names = Array.from({ length: count }, (_, index) => `tool_number_${index}`);
        const policy = policyOf({ tools: Object.fromEntries(names.map((name) => [`other_${name}`, {}])) });
        const tools = toolsOf(...names);
        const elapsedMs = Array.from({ length: 3 }, () => {
          const startMs = processorMs();
          expect(comparePolicyWithTools(policy, tools).unknown).toHaveLength(count);
          return processorMs() - startMs;
        });
        return Math.min(...elapsedMs);
      });
      // Ten times the names: comparing every pair would take a hundred times as long.
      expect(many / some).toBeLessThan(40);
    },
  );
});

const NUMBER = { type: "number" };
const PAY = toolOf("pay", { amount: NUMBER, note: { type: "string" } }, ["amount", "note"]);

/** Names that are each similar to one of the server's names. */
function wrongNames(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`tool_${index}x`, {}]));
}

function unknown(severity: string, place: string, name: string, suggestion = ""): string {
  return `${severity} unknown-tool ${place}: \`${name}\` is no tool of the server${suggestion}`;
}

describe("names", () => {
  const get = toolOf("get_x", {});

  const MEANT = ', did you mean "get_x"?';
  const UNCOVERED = "warning uncovered-tool tools: no rule covers `get_x`:";
  const ALLOWED = `${UNCOVERED} it is allowed without a check; list it, hide it, or deny by default`;
  const WRITERS = { default: "allow", categories: { write: {} }, tools: { y: { category: "write" } } };
  const LISTED_AND_HIDDEN = { tools: { zzzzzz: {}, get_x: {} }, hide: ["zzzzzz"] };

  it.each<[string, object, object[], string[]]>([
    ["unknown", { tools: { pya: {}, get_x: {} } }, [get], [unknown("error", "tools.pya", "pya")]],
    ["near", { tools: { get_y: {}, get_x: {} } }, [get], [unknown("error", "tools.get_y", "get_y", MEANT)]],
    ["hidden in vain", { hide: ["get_x", "zzzzzz"] }, [get], [unknown("warning", "hide[1]", "zzzzzz")]],
    ["hidden, near", { hide: ["get_x", "get_y"] }, [get], [unknown("error", "hide[1]", "get_y", MEANT)]],
    [
      "listed and hidden",
      LISTED_AND_HIDDEN,
      [get],
      [unknown("error", "tools.zzzzzz", "zzzzzz"), unknown("warning", "hide[0]", "zzzzzz")],
    ],
    ["uncovered, denied", {}, [get], [`${UNCOVERED} it is denied by default; list it, or hide it`]],
    [
      "that are patterns which match nothing",
      { tools: { "get_*": {}, "put_*": {} }, hide: ["*_secret", "g?", "*"], default: "allow" },
      [get],
      [
        "warning unmatched-pattern tools.put_*: the pattern `put_*` matches no tool of the server",
        "warning unmatched-pattern hide[0]: the pattern `*_secret` matches no tool of the server",
        "warning unmatched-pattern hide[1]: the pattern `g?` matches no tool of the server",
      ],
    ],
    [
      "that two patterns match",
      { tools: { "ge*": {}, "*_x": {}, "?et_x": {}, "get_?": {} } },
      [toolOf("get_x", {})],
      [
        'error ambiguous-pattern tools["?et_x"]: "?et_x" and "get_?" are equally specific for `get_x`, so that it is denied: make one more specific, or list the name',
      ],
    ],
    ["uncovered, allowed", { default: "allow" }, [get], [ALLOWED]],
    ["of a category that the policy assigns", WRITERS, [get, toolOf("y", {})], [ALLOWED]],
  ])("%s", (_what, policy, tools, findings) => {
    expect(findingsOf(policy, ...tools)).toEqual(findings);
  });

  it("are not searched for a pattern's match when the server lists very many", () => {
    const tools = Array.from({ length: 10_001 }, (_, index) => toolOf(`tool_${index}`, {}));
    expect(findingsOf({ tools: { "put_*": {} }, hide: ["tool_*"] }, ...tools)).toEqual([]);
  });

  it("are compared for similarity only when that is fast", () => {
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

  it("cause no finding for an argument that at least one tool has", () => {
    expect(findingsOf({ tools, all_tools: { deny_if: [rule] } }, PAY, other, third)).toEqual([]);
  });

  it("cause no finding for a rule about the absence of an argument that only some tools have", () => {
    const gone = { conditions: [{ path: "args.amount", op: "not_exists" }] };
    expect(findingsOf({ tools, all_tools: { require: [gone] } }, PAY, other, third)).toEqual([]);
  });

  it("are not compared with a tool without a schema", () => {
    const found = findingsOf({ tools: { other: {}, bare: {} }, all_tools: { deny_if: [rule] } }, other, {
      name: "bare",
    });
    expect(found).toEqual([
      "error unknown-argument all_tools.deny_if[0].conditions[0]: `args.amount` is no argument of `other`: the rule never denies",
    ]);
  });

  it("cause a finding for each fault of each rule", () => {
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
      'error impossible-value all_tools.deny_if[0].conditions[0]: `args.note eq "x"` never holds, since `args.note` is a number: a call that gives it is denied; and so for 1 other tool',
    ]);
  });

  it("cause one finding for an argument that no tool has, or that only some tools require", () => {
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
  it("are not compared with another tool", () => {
    const tools = {
      pay: { deny_if: [{ conditions: [{ path: "args.amount", op: "gt", value: 1 }] }] },
      other: {},
    };
    expect(findingsOf({ tools }, PAY, toolOf("other", {}))).toEqual([]);
  });
});

describe("rules of a category", () => {
  const deny_if = [{ conditions: [{ path: "args.gone", op: "eq", value: 1 }] }];

  it("are compared with the tools of that category, and not with those that do not inherit them", () => {
    const tools = { get_a: { inherit: false }, get_d: {} };
    const policy = { default: "allow", categories: { read: { deny_if } }, tools };
    expect(
      findingsOf(policy, ...["get_a", "get_b", "put_c", "get_d"].map((name) => toolOf(name, { x: {} }))),
    ).toEqual([
      "warning uncovered-tool tools: no rule covers `put_c`: it is allowed without a check; list it, hide it, or deny by default",
      "error unknown-argument categories.read.deny_if[0].conditions[0]: `args.gone` is no argument of `get_b`: the rule never denies",
      "error unknown-argument categories.read.deny_if[0].conditions[0]: `args.gone` is no argument of `get_d`: the rule never denies",
    ]);
  });

  it("are compared with the tools whose calls may have that category by an argument", () => {
    const tools = { get_a: { category_by: { arg: "x", drop: "destructive" } }, get_b: {} };
    const policy = { categories: { destructive: { deny_if } }, tools };
    expect(findingsOf(policy, ...["get_a", "get_b"].map((name) => toolOf(name, { x: {} })))).toEqual([
      "error unknown-argument categories.destructive.deny_if[0].conditions[0]: `args.gone` is no argument of `get_a`: the rule never denies",
    ]);
  });

  it("cause no finding for a tool without a schema", () => {
    expect(findingsOf({ default: "allow", categories: { read: { deny_if } } }, { name: "get_b" })).toEqual(
      [],
    );
  });
});

describe("names and patterns of a policy", () => {
  it.each<[string, object, string[]]>([
    ["a pattern that one of two tools matches", { default: "allow", tools: { "a*": {} }, hide: ["b*"] }, []],
    ["a list that is hidden whole", { hide: ["*"] }, []],
    [
      "a pattern that no tool matches, in both places",
      { default: "allow", tools: { "x*": {}, a: {}, b: {} }, hide: ["x*"] },
      [
        "warning unmatched-pattern tools.x*: the pattern `x*` matches no tool of the server",
        "warning unmatched-pattern hide[0]: the pattern `x*` matches no tool of the server",
      ],
    ],
    [
      "a category that allows under default deny",
      { categories: { unknown: {}, read: {} }, tools: { a: {} } },
      ["warning uncovered-tool tools: no rule covers `b`: it is denied by default; list it, or hide it"],
    ],
  ])("%s", (_name, policy, expected) => {
    expect(findingsOf(policy, { name: "a" }, { name: "b" })).toEqual(expected);
  });
});
