/** `tollgate policy check`: each fault is found, named by its place, and nothing else is. */

import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fileOf, type Run, run, toolOf } from "./run.ts";

interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

async function findingsOf(policy: unknown, tools?: readonly object[]): Promise<readonly Finding[]> {
  const file = fileOf("policy.json", policy);
  const given = tools === undefined ? [] : ["--tools", fileOf("tools.json", { tools })];
  const { stdout } = await run("check", file, ...given, "--format", "json");
  return JSON.parse(stdout).files[0].findings;
}

/** `severity code path`. */
async function wordsOf(policy: unknown, tools?: readonly object[]): Promise<readonly string[]> {
  const findings = await findingsOf(policy, tools);
  return findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

const deny = (tools: object, more: object = {}): object => ({
  version: "1",
  default: "deny",
  tools,
  ...more,
});
type Row = readonly [path: string, op: string, value: unknown, of?: string];
const rule = (...conditions: readonly Row[]): object => ({
  conditions: conditions.map(([path, op, value, of]) => ({
    path,
    op,
    value,
    ...(of !== undefined && { of }),
  })),
});
const denyIf = (...conditions: readonly Row[]): object => deny({ pay: { deny_if: [rule(...conditions)] } });
const require = (...conditions: readonly Row[]): object => deny({ pay: { require: [rule(...conditions)] } });
const limit = (counter: string, max: number, more: object = {}): object => ({
  counter,
  window: "minute",
  max,
  ...more,
});

describe("a policy alone", () => {
  it.each<[string, object, string[]]>([
    ["eq with two values", denyIf(["args.a", "eq", 1], ["args.a", "eq", 2]), ["tools.pay.deny_if[0]"]],
    ["an empty range", denyIf(["args.a", "gt", 5], ["args.a", "lt", 5]), ["tools.pay.deny_if[0]"]],
    [
      "an empty range, upper bound first",
      denyIf(["args.a", "lte", 1], ["args.a", "gte", 2]),
      ["tools.pay.deny_if[0]"],
    ],
    ["in without values", require(["args.a", "in", []]), ["tools.pay.require[0]"]],
    ["a length below zero", denyIf(["args.a", "lt", 0, "length"]), ["tools.pay.deny_if[0]"]],
    ["a length with a fraction", denyIf(["args.a", "eq", 1.5, "length"]), ["tools.pay.deny_if[0]"]],
    [
      "missing and compared",
      denyIf(["args.a", "exists", false], ["args.a", "gt", 1]),
      ["tools.pay.deny_if[0]"],
    ],
    [
      "missing and given",
      require(["args.a", "not_exists", true], ["args.a", "exists", true]),
      ["tools.pay.require[0]"],
    ],
    ["eq outside of the range", denyIf(["args.a", "eq", 1], ["args.a", "gt", 1]), ["tools.pay.deny_if[0]"]],
    [
      "a value of another length",
      denyIf(["args.a", "eq", "abc"], ["args.a", "gt", 3, "length"]),
      ["tools.pay.deny_if[0]"],
    ],
    [
      "in without a common value",
      denyIf(["args.a", "in", ["x", "y"]], ["args.a", "not_in", ["y", "x"]]),
      ["tools.pay.deny_if[0]"],
    ],
  ])("finds that a rule never matches: %s", async (_what, policy, paths) => {
    expect(await wordsOf(policy)).toEqual(paths.map((path) => `error never-matches ${path}`));
  });

  it.each<[string, object]>([
    ["a range", denyIf(["args.a", "gte", 5], ["args.a", "lte", 5])],
    ["bounds on different arguments", denyIf(["args.a", "gt", 5], ["args.b", "lt", 5])],
    ["a value and its length", denyIf(["args.a", "eq", "abc"], ["args.a", "lte", 3, "length"])],
    ["bounds on value and length", denyIf(["args.a", "gt", 5], ["args.a", "lt", 3, "length"])],
    ["values in common", denyIf(["args.a", "in", [1, 2]], ["args.a", "gt", 1])],
    ["a length of several", denyIf(["args.a", "eq", 2, "length"], ["args.a", "starts_with", "x"])],
    ["given and compared", denyIf(["args.a", "exists", true], ["args.a", "gt", 1])],
  ])("finds nothing in %s", async (_what, policy) => {
    expect(await wordsOf(policy)).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      "behind a hidden tool",
      deny({ pay: { limits: [limit("a", 1)] } }, { hide: ["pay"] }),
      "tools.pay.limits[0]",
    ],
    ["behind hide *", deny({ pay: { limits: [limit("a", 1)] } }, { hide: ["*"] }), "tools.pay.limits[0]"],
    [
      "behind an action",
      deny({ pay: { action: "deny", deny_if: [rule(["args.a", "eq", 1])] } }),
      "tools.pay.deny_if[0]",
    ],
    [
      "behind a rule that always denies",
      deny({ pay: { deny_if: [rule()], limits: [limit("a", 1)] } }),
      "tools.pay.limits[0]",
    ],
    [
      "a rule that says less",
      deny({ pay: { deny_if: [rule(["args.a", "eq", 1]), rule(["args.a", "eq", 1], ["args.b", "eq", 1])] } }),
      "tools.pay.deny_if[1]",
    ],
    [
      "the same rule again",
      deny({ pay: { require: [rule(["args.a", "eq", 1]), rule(["args.a", "eq", 1])] } }),
      "tools.pay.require[1]",
    ],
    [
      "a category under default deny",
      deny({}, { categories: { read: { limits: [limit("a", 1)] } } }),
      "categories.read.limits[0]",
    ],
    [
      "limits of a denied method",
      deny({}, { methods: { ping: { action: "deny", limits: [limit("a", 1)] } } }),
      "methods.ping.limits[0]",
    ],
  ])("finds what is never asked: %s", async (_what, policy, path) => {
    expect(await wordsOf(policy)).toEqual([`warning shadowed ${path}`]);
  });

  it.each<[string, object]>([
    ["an action in shadow", deny({ pay: { action: "deny", mode: "shadow", limits: [limit("a", 1)] } })],
    [
      "a rule that only asks",
      deny({ pay: { deny_if: [{ ...rule(), effect: "approve" }], limits: [limit("a", 1)] } }),
    ],
    [
      "a rule in shadow",
      deny({ pay: { deny_if: [{ ...rule(), mode: "shadow" }, rule(["args.a", "eq", 1])] } }),
    ],
    [
      "a require with more",
      deny({ pay: { require: [rule(["args.a", "eq", 1]), rule(["args.a", "eq", 1], ["args.b", "eq", 1])] } }),
    ],
  ])("does not take %s for one that shadows", async (_what, policy) => {
    expect(await wordsOf(policy)).toEqual([]);
  });

  it("finds a require without conditions", async () => {
    expect(await wordsOf(require())).toEqual(["warning no-effect tools.pay.require[0]"]);
  });

  it.each([
    ["max 0", limit("a", 0)],
    ["an increment above max", limit("a", 5, { increment: 6 })],
  ])("finds a limit that admits nothing: %s", async (_what, each) => {
    expect(await wordsOf(deny({ pay: { limits: [each] } }))).toEqual([
      "warning never-admits tools.pay.limits[0].max",
    ]);
  });

  it("finds one counter name in two tools", async () => {
    const [finding] = await findingsOf(
      deny({ pay: { limits: [limit("a", 1)] }, get: { limits: [limit("a", 1)] } }),
    );
    expect(finding).toMatchObject({
      severity: "warning",
      code: "counter-not-shared",
      path: "tools.pay.limits[0].counter",
    });
    expect(finding?.message).toContain("is 2 counters, one in each of tools.pay, tools.get");
  });

  it("finds a counter that is shared in one place only", async () => {
    const policy = deny({
      pay: { limits: [limit("a", 1, { shared: true })] },
      get: { limits: [limit("a", 1)] },
    });
    expect(await wordsOf(policy)).toEqual(["warning counter-not-shared tools.get.limits[0].counter"]);
  });

  it.each([
    [
      "shared",
      deny({
        pay: { limits: [limit("a", 1, { shared: true })] },
        get: { limits: [limit("a", 1, { shared: true })] },
      }),
    ],
    ["in one tool", deny({ pay: { limits: [limit("a", 1), { ...limit("a", 9), window: "hour" }] } })],
    [
      "of the short form",
      deny({ pay: { rate_limit: { max: 1, window: 60 } }, get: { rate_limit: "1/hour" } }),
    ],
  ])("finds nothing in counters that are %s", async (_what, policy) => {
    expect(await wordsOf(policy)).toEqual([]);
  });
});

describe("a policy with its tools", () => {
  const amount = { amount: { type: "number" } };

  it.each<[string, object, readonly object[], string[]]>([
    [
      "a listed name",
      deny({ pya: {} }),
      [toolOf("pay")],
      ["error unknown-tool tools.pya", "warning uncovered-tool tools"],
    ],
    [
      "a hidden name that is near another",
      deny({ pay: {} }, { hide: ["dele"] }),
      [toolOf("pay"), toolOf("del")],
      ["error unknown-tool hide[0]", "warning uncovered-tool tools"],
    ],
    [
      "a hidden name that is near none",
      deny({ pay: {} }, { hide: ["zzzzzz"] }),
      [toolOf("pay")],
      ["warning unknown-tool hide[0]"],
    ],
    [
      "a name that needs quotes",
      deny({ "a.b": {} }),
      [toolOf("pay")],
      ['error unknown-tool tools["a.b"]', "warning uncovered-tool tools"],
    ],
  ])("finds a name that does not exist: %s", async (_what, policy, tools, words) => {
    expect(await wordsOf(policy, tools)).toEqual(words);
  });

  it("says which name was meant", async () => {
    const [finding] = await findingsOf(deny({ executequery: {} }), [toolOf("ExecuteQuery")]);
    expect(finding?.message).toBe('`executequery` is no tool of the server, did you mean "ExecuteQuery"?');
  });

  it.each<[string, object, number]>([
    ["default deny", deny({}), 1],
    ["default allow", { version: "1", default: "allow", tools: {} }, 1],
    ["a category that speaks of it", { version: "1", default: "allow", categories: { financial: {} } }, 0],
    ["hide", deny({}, { hide: ["pay"] }), 0],
    ["hide *", deny({}, { hide: ["*"] }), 0],
  ])("counts the tools that no rule covers under %s", async (_what, policy, uncovered) => {
    const findings = await findingsOf(policy, [toolOf("pay")]);
    expect(findings.filter(({ code }) => code === "uncovered-tool")).toHaveLength(uncovered);
  });

  it.each<[string, object, object, string]>([
    [
      "an argument that is not there",
      denyIf(["args.amont", "gt", 1]),
      toolOf("pay", amount, ["amount"]),
      "error unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a required one that is not there",
      require(["args.reason", "exists", true]),
      toolOf("pay", amount),
      "error unknown-argument tools.pay.require[0].conditions[0]",
    ],
    [
      "a forbidden one that is not there",
      denyIf(["args.profile", "exists", true]),
      toolOf("pay", amount),
      "warning unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an inner one that is not there",
      denyIf(["args.a.c", "eq", 1]),
      toolOf("pay", { a: { type: "object", properties: { b: {} } } }),
      "error unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "gt on a string",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { type: "string" } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "regex on a number",
      denyIf(["args.a", "regex", "x"]),
      toolOf("pay", { a: { type: "integer" } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a length of a number",
      denyIf(["args.a", "gt", 1, "length"]),
      toolOf("pay", { a: { type: "number" } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "eq with another type",
      denyIf(["args.a", "eq", "1"]),
      toolOf("pay", { a: { type: "number" } }, ["a"]),
      "error impossible-value tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "eq outside of the enum",
      denyIf(["args.a", "eq", "z"]),
      toolOf("pay", { a: { enum: ["x", "y"] } }, ["a"]),
      "error impossible-value tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "in outside of the enum",
      require(["args.a", "in", ["z"]]),
      toolOf("pay", { a: { type: "string", enum: ["x", "y"] } }),
      "error impossible-value tools.pay.require[0].conditions[0]",
    ],
    [
      "an optional argument",
      denyIf(["args.amount", "gt", 100]),
      toolOf("pay", amount),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a default that the rule denies",
      denyIf(["args.n", "gt", 5]),
      toolOf("pay", { n: { type: "number", default: 6 } }),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a default that is null",
      denyIf(["args.n", "gt", 5]),
      toolOf("pay", { n: { type: "number", default: null } }),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a default that has no length",
      denyIf(["args.n", "gt", 5, "length"]),
      toolOf("pay", { n: { default: 1 } }),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "an argument that one alternative requires",
      denyIf(["args.a", "gt", 1]),
      {
        name: "pay",
        inputSchema: { anyOf: [{ properties: { a: { type: "number" } }, required: ["a"] }, {}] },
      },
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a rule that only in shadow requires it",
      deny({
        pay: {
          deny_if: [rule(["args.amount", "gt", 1])],
          require: [{ ...rule(["args.amount", "exists", true]), mode: "shadow" }],
        },
      }),
      toolOf("pay", amount),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a rule that only asks when it is missing",
      deny({
        pay: {
          deny_if: [rule(["args.amount", "gt", 1])],
          require: [{ ...rule(["args.amount", "exists", true]), effect: "approve" }],
        },
      }),
      toolOf("pay", amount),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a rule that denies its absence only with another",
      deny({
        pay: {
          deny_if: [
            rule(["args.amount", "gt", 1]),
            rule(["args.amount", "exists", false], ["args.other", "eq", 1]),
          ],
        },
      }),
      toolOf("pay", { ...amount, other: {} }, ["other"]),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "a member of a text",
      denyIf(["args.a.b", "exists", true]),
      toolOf("pay", { a: { type: "string" } }),
      "warning unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "contains of a number in a text",
      denyIf(["args.a", "contains", 1]),
      toolOf("pay", { a: { type: "string" } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a type behind a reference",
      denyIf(["args.a", "gt", 1]),
      {
        name: "pay",
        inputSchema: {
          $defs: { "x/y": { type: "boolean" } },
          properties: { a: { $ref: "#/$defs/x~1y" } },
          required: ["a"],
        },
      },
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a type of a constant",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { const: true } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "types of an enum",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { enum: ["x", [2], { a: null }] } }, ["a"]),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an enum behind a reference",
      denyIf(["args.a", "eq", 3]),
      {
        name: "pay",
        inputSchema: {
          $defs: { e: { enum: [1, [2]] } },
          properties: { a: { $ref: "#/$defs/e" } },
          required: ["a"],
        },
      },
      "error impossible-value tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a length of a number as an amount",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.amount", of: "length" })] } }),
      toolOf("pay", amount),
      "error wrong-type tools.pay.limits[0].increment_from",
    ],
    [
      "an absence that is always there",
      denyIf(["args.b", "exists", false]),
      toolOf("pay", amount),
      "error unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an absence that is required for nothing",
      require(["args.b", "not_exists", true]),
      toolOf("pay", amount),
      "warning unknown-argument tools.pay.require[0].conditions[0]",
    ],
    [
      "an argument that is not there under strict",
      { ...denyIf(["args.b", "gt", 1]), strict: true },
      toolOf("pay", amount),
      "error unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "null among the values",
      denyIf(["args.a", "eq", 1]),
      toolOf("pay", { a: { enum: [1, null] } }, ["a"]),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "null among the types",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { type: ["integer", "null"] } }, ["a"]),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "an argument that may be null",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { anyOf: [{ type: "number" }, { type: "null" }] } }, ["a"]),
      "warning avoidable tools.pay.deny_if[0]",
    ],
    [
      "an amount that is not there",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.sum" })] } }),
      toolOf("pay", amount),
      "error unknown-argument tools.pay.limits[0].increment_from",
    ],
    [
      "an amount that is a text",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.a" })] } }),
      toolOf("pay", { a: { type: "string" } }),
      "error wrong-type tools.pay.limits[0].increment_from",
    ],
  ])("finds %s", async (_what, policy, tool, words) => {
    expect(await wordsOf(policy, [tool])).toEqual([words]);
  });

  const pair = { ...rule(["args.amount", "gt", 100]) };

  it.each<[string, object, object]>([
    ["a required argument", denyIf(["args.amount", "gt", 1]), toolOf("pay", amount, ["amount"])],
    [
      "a default that the rule allows",
      denyIf(["args.n", "gt", 5]),
      toolOf("pay", { n: { type: "number", default: 5 } }),
    ],
    [
      "a default whose length the rule allows",
      denyIf(["args.n", "gt", 1, "length"]),
      toolOf("pay", { n: { type: "string", default: "x" } }),
    ],
    [
      "a value that the enum has",
      denyIf(["args.a", "eq", "x"]),
      toolOf("pay", { a: { enum: ["x"] } }, ["a"]),
    ],
    ["a constant", denyIf(["args.a", "in", [1, 2]]), toolOf("pay", { a: { const: 1 } }, ["a"])],
    ["contains in a list", denyIf(["args.a", "contains", 1]), toolOf("pay", { a: { type: "array" } }, ["a"])],
    [
      "contains in a text",
      denyIf(["args.a", "contains", "x"]),
      toolOf("pay", { a: { type: "string" } }, ["a"]),
    ],
    [
      "bytes of anything",
      denyIf(["args.a", "gt", 1, "bytes"]),
      toolOf("pay", { a: { type: "boolean" } }, ["a"]),
    ],
    [
      "neq with another type",
      denyIf(["args.a", "neq", "x"]),
      toolOf("pay", { a: { type: "number" } }, ["a"]),
    ],
    ["a type that the schema does not say", denyIf(["args.a", "gt", 1]), toolOf("pay", { a: {} }, ["a"])],
    ["a type of an unknown word", denyIf(["args.a", "gt", 1]), toolOf("pay", { a: { type: "odd" } }, ["a"])],
    ["an argument that any value may be", denyIf(["args.a", "gt", 1]), toolOf("pay", { a: true }, ["a"])],
    [
      "alternatives of which one may be anything",
      denyIf(["args.a", "gt", 1]),
      toolOf("pay", { a: { anyOf: [{ type: "string" }, true] } }, ["a"]),
    ],
    [
      "a reference that leads nowhere",
      denyIf(["args.a.b", "exists", true]),
      toolOf("pay", { a: { $ref: "#/gone/b" } }),
    ],
    [
      "a reference to elsewhere",
      denyIf(["args.a.b", "exists", true]),
      toolOf("pay", { a: { $ref: "https://elsewhere/" } }),
    ],
    [
      "an amount that fits",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.amount" })] } }),
      toolOf("pay", amount),
    ],
    [
      "a length as an amount",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.a", of: "length" })] } }),
      toolOf("pay", { a: { type: "array" } }),
    ],
    [
      "bytes as an amount",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.a", of: "bytes" })] } }),
      toolOf("pay", { a: { type: "boolean" } }),
    ],
    [
      "an amount that is not described",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.a" }), limit("b", 9)] } }),
      toolOf("pay", { a: {} }),
    ],
    [
      "an amount in an open schema",
      deny({ pay: { limits: [limit("a", 9, { increment_from: "args.a" })] } }),
      { name: "pay", inputSchema: {} },
    ],
    [
      "more properties than are named",
      denyIf(["args.b", "exists", true]),
      { name: "pay", inputSchema: { properties: { a: {} }, additionalProperties: true } },
    ],
    [
      "properties by pattern",
      denyIf(["args.b", "exists", true]),
      { name: "pay", inputSchema: { properties: { a: {} }, patternProperties: { "^b": {} } } },
    ],
    [
      "items of several schemas",
      denyIf(["args.a[0]", "exists", true]),
      toolOf("pay", { a: { type: "array", items: [{}, {}] } }),
    ],
    [
      "an argument that every alternative requires",
      denyIf(["args.a", "gt", 1]),
      {
        name: "pay",
        inputSchema: {
          oneOf: [1, 2].map(() => ({ properties: { a: { type: "number" } }, required: ["a"] })),
        },
      },
    ],
    [
      "an argument that a part requires",
      denyIf(["args.a", "gt", 1]),
      { name: "pay", inputSchema: { properties: { a: { type: "number" } }, allOf: [{ required: ["a"] }] } },
    ],
    [
      "a condition that only asks whether it is there",
      require(["args.amount", "exists", true]),
      toolOf("pay", amount),
    ],
    ["all arguments together", denyIf(["args", "gt", 9, "length"]), toolOf("pay", amount)],
    [
      "an open schema",
      denyIf(["args.any.thing", "exists", true]),
      { name: "pay", inputSchema: { type: "object" } },
    ],
    ["a free-form object", denyIf(["args.a.b", "exists", true]), toolOf("pay", { a: { type: "object" } })],
    [
      "an item of a list",
      denyIf(["args.a[0].b", "exists", true]),
      toolOf("pay", { a: { type: "array", items: { properties: { b: {} } } } }),
    ],
    ["strict", { ...denyIf(["args.amount", "gt", 1]), strict: true }, toolOf("pay", amount)],
    [
      "a rule that requires it",
      deny({ pay: { deny_if: [pair], require: [rule(["args.amount", "exists", true])] } }),
      toolOf("pay", amount),
    ],
    [
      "a rule that denies its absence",
      deny({ pay: { deny_if: [pair, rule(["args.amount", "exists", false])] } }),
      toolOf("pay", amount),
    ],
    [
      "all_tools requiring it",
      deny({ pay: { deny_if: [pair] } }, { all_tools: { require: [rule(["args.amount", "lt", 999])] } }),
      toolOf("pay", amount),
    ],
    ["no schema", denyIf(["args.a", "gt", 1]), { name: "pay" }],
  ])("finds nothing with %s", async (_what, policy, tool) => {
    expect(await wordsOf(policy, [tool])).toEqual([]);
  });

  it("follows references, alternatives and parts of a schema", async () => {
    const inputSchema = {
      $defs: { batch: { type: "object", properties: { size: { type: "integer" } }, required: ["size"] } },
      properties: {
        batch: { $ref: "#/$defs/batch" },
        other: { oneOf: [{ properties: { x: {} } }, { allOf: [{ properties: { y: {} } }] }] },
      },
      required: ["batch"],
    };
    const policy = denyIf(["args.batch.size", "gt", 1]);
    expect(await wordsOf(policy, [{ name: "pay", inputSchema }])).toEqual([]);
    const nested = denyIf(["args.other.y", "exists", true], ["args.batch.sizes", "eq", 1]);
    expect(await wordsOf(nested, [{ name: "pay", inputSchema }])).toEqual([
      "error unknown-argument tools.pay.deny_if[0].conditions[1]",
    ]);
  });

  it("ends on a schema that refers to itself", async () => {
    const inputSchema = {
      $defs: { a: { $ref: "#/$defs/a", anyOf: [{ $ref: "#/$defs/a" }] } },
      properties: { a: { $ref: "#/$defs/a" } },
    };
    expect(await wordsOf(denyIf(["args.a.b.c", "exists", true]), [{ name: "pay", inputSchema }])).toEqual([]);
  });

  it("asks of rules for all tools that some tool has the argument", async () => {
    const policy = deny(
      { pay: {}, get: {} },
      { all_tools: { deny_if: [rule(["args.amount", "exists", true])] } },
    );
    expect(await wordsOf(policy, [toolOf("pay", amount), toolOf("get")])).toEqual([]);
    expect(await wordsOf(policy, [toolOf("pay"), toolOf("get")])).toEqual([
      "warning unknown-argument all_tools.deny_if[0].conditions[0]",
    ]);
  });

  it.each([
    [1, /no call can meet the rule$/],
    [2, /; and so for 1 other tool$/],
    [3, /; and so for 2 other tools$/],
  ])("says it once of %i tools", async (size, text) => {
    const policy = deny(
      {},
      { default: "allow", all_tools: { require: [rule(["args.reason", "exists", true])] } },
    );
    const tools = ["a", "b", "c"].slice(0, size).map((name) => toolOf(name));
    const findings = await findingsOf(policy, tools);
    const asked = findings.filter(({ path }) => path.startsWith("all_tools"));
    expect(asked.map(({ message }) => message)).toEqual([expect.stringMatching(text)]);
  });

  it("says when a rule for all tools denies every call of those without the argument", async () => {
    const policy = deny(
      { pay: {}, get: {} },
      { all_tools: { require: [rule(["args.reason", "exists", true])] } },
    );
    const findings = await findingsOf(policy, [toolOf("pay", { reason: {} }), toolOf("get")]);
    expect(findings).toMatchObject([{ severity: "error", code: "unknown-argument" }]);
  });

  it.each(["tools.json", "result.json", "list.json"])("reads the tools in %s", async (name) => {
    const tools = [toolOf("pay")];
    const content = {
      "tools.json": { tools },
      "result.json": { jsonrpc: "2.0", id: 1, result: { tools } },
      "list.json": tools,
    }[name];
    const { code, stdout } = await run(
      "check",
      fileOf("policy.json", deny({ pay: {} })),
      "--tools",
      fileOf(name, content),
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
  });

  it.each([
    ["a policy", { version: "1" }],
    ["no JSON", "{"],
  ])("ends with 1 for a list of tools that is %s", async (_what, content) => {
    const { code, stderr } = await run(
      "check",
      fileOf("p.json", deny({})),
      "--tools",
      fileOf("tools.json", content),
    );
    expect(code).toBe(1);
    expect(stderr).toContain("tools.json: ");
  });
});

describe("what is printed", () => {
  it("is one line for each finding, with file, place, message and code", async () => {
    const file = fileOf("policy.json", denyIf(["args.a", "eq", 1], ["args.a", "eq", 2]));
    const { code, stdout } = await run("check", file);
    expect(code).toBe(1);
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      `error   ${file}: tools.pay.deny_if[0]: can never match, since \`args.a eq 1\` and \`args.a eq 2\` exclude each other: the rule never denies [never-matches]`,
      `${file}: 1 error, 0 warnings`,
    ]);
  });

  it("says that names were not compared without tools", async () => {
    expect((await run("check", fileOf("p.json", deny({})))).stdout).toContain(
      "were not compared with a server",
    );
  });

  it("is the normal form of a file in another published form", async () => {
    const { code, stdout } = await run("check", fileOf("p.json", { pay: { rate_limit: "3/hour" } }));
    expect(code).toBe(0);
    expect(stdout).toContain("note ");
    expect(
      JSON.parse(stdout.slice(stdout.indexOf("The normal form:") + 16, stdout.lastIndexOf("}") + 1)),
    ).toMatchObject({
      version: "1",
      tools: { pay: { limits: [{ counter: "calls", window: "hour", max: 3 }] } },
    });
  });

  it("is nothing but the normal form on stdout with --print", async () => {
    const { stdout, stderr } = await run("check", fileOf("p.json", deny({ pay: {} })), "--print");
    expect(JSON.parse(stdout)).toEqual(deny({ pay: {} }));
    expect(stderr).toContain("nothing wrong");
  });

  it("holds no control character that a name has", async () => {
    const { stdout } = await run(
      "check",
      fileOf("p.json", deny({ "\u001B[2J": {} })),
      "--tools",
      fileOf("t.json", [toolOf("a")]),
    );
    expect(stdout).not.toContain("\u001B");
  });

  it("is the whole report with --format json", async () => {
    const { code, stdout } = await run(
      "check",
      fileOf("p.json", "{}"),
      fileOf("q.json", deny({})),
      "--format",
      "json",
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      files: [{ normal_form: null }, { findings: [], normal_form: deny({}) }],
    });
  });
});

describe("a bad policy", () => {
  const FOLDER = "test/fixtures/policies/bad";
  const bad = readdirSync(FOLDER).filter((name) => /\.(?:json|ya?ml)$/.test(name));
  let checked: Run;

  beforeAll(async () => {
    checked = await run("check", ...bad.map((name) => `${FOLDER}/${name}`), "--format", "json");
  });

  it("ends with 1", () => {
    expect(checked.code).toBe(1);
  });

  it("has at least one finding of its schema in each fixture", () => {
    const files: readonly { file: string; findings: readonly Finding[] }[] = JSON.parse(checked.stdout).files;
    expect(files.filter(({ findings }) => findings.every(({ code }) => code !== "schema"))).toEqual([]);
  });

  it("names the place apart from the message", async () => {
    const [finding] = await findingsOf(
      deny({ pay: { limits: [{ counter: "a", window: "fortnight", max: 1 }] } }),
    );
    expect(finding?.path).toBe("tools.pay.limits[0].window");
    expect(finding?.message).toMatch(/^must be second, minute/);
  });
});

it.each(readdirSync("policies").filter((name) => name.endsWith(".json") && !name.endsWith(".schema.json")))(
  "finds no error in policies/%s",
  async (name) => {
    const { code, stdout } = await run("check", `policies/${name}`);
    expect([code, stdout]).toEqual([0, expect.not.stringMatching(/^error/m)]);
  },
);
