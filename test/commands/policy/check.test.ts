/** `tollgate policy check` reports each fault with its path, and reports nothing else. */

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
const onPay = (entry: object, more: object = {}): object => deny({ pay: entry }, more);
type Row = readonly [path: string, op: string, value: unknown, of?: string];
const rule = (...conditions: readonly Row[]): object => ({
  conditions: conditions.map(([path, op, value, of]) => ({ path, op, value, ...(of && { of }) })),
});
const denyIf = (...conditions: readonly Row[]): object => onPay({ deny_if: [rule(...conditions)] });
const require = (...conditions: readonly Row[]): object => onPay({ require: [rule(...conditions)] });
const limit = (counter: string, max: number, more: object = {}): object => ({
  counter,
  window: "minute",
  max,
  ...more,
});
const limited = (more: object): object => onPay({ limits: [limit("a", 9, more)] });
const pay = (properties: object = {}, ...required: string[]): object => toolOf("pay", properties, required);
/** The tool `pay` with this input schema. */
const payBy = (inputSchema: object): object => ({ name: "pay", inputSchema });

const ONE = rule(["args.a", "eq", 1]);
const BOTH = rule(["args.a", "eq", 1], ["args.b", "eq", 1]);

describe("a policy alone", () => {
  it.each<[string, object, string]>([
    ["eq with two values", denyIf(["args.a", "eq", 1], ["args.a", "eq", 2]), "deny_if"],
    ["an empty range", denyIf(["args.a", "gt", 5], ["args.a", "lt", 5]), "deny_if"],
    ["an empty range, upper bound first", denyIf(["args.a", "lte", 1], ["args.a", "gte", 2]), "deny_if"],
    ["in without values", require(["args.a", "in", []]), "require"],
    ["a length below zero", denyIf(["args.a", "lt", 0, "length"]), "deny_if"],
    ["a length with a fraction", denyIf(["args.a", "eq", 1.5, "length"]), "deny_if"],
    ["missing and compared", denyIf(["args.a", "exists", false], ["args.a", "gt", 1]), "deny_if"],
    ["missing and given", require(["args.a", "not_exists", true], ["args.a", "exists", true]), "require"],
    ["eq outside of the range", denyIf(["args.a", "eq", 1], ["args.a", "gt", 1]), "deny_if"],
    ["a value of another length", denyIf(["args.a", "eq", "abc"], ["args.a", "gt", 3, "length"]), "deny_if"],
    ["disjoint lists", denyIf(["args.a", "in", ["x", "y"]], ["args.a", "not_in", ["y", "x"]]), "deny_if"],
  ])("finds a rule that never matches: %s", async (_what, policy, list) => {
    expect(await wordsOf(policy)).toEqual([`error never-matches tools.pay.${list}[0]`]);
  });

  it.each<[string, object, string[]]>([
    [
      "patterns that are equally specific",
      deny({ "read_*": {}, "*_file": {} }),
      ['error ambiguous-pattern tools.*_file: is as specific as "read_*", and both match `read_file`'],
    ],
    ["patterns that a more specific one decides", deny({ "a?": {}, "?b": {}, ab: {} }), []],
    [
      "patterns without a common name",
      deny({ "a*": {}, "b*": {}, "*c": {}, "*d": {} }),
      [
        'error ambiguous-pattern tools.*c: is as specific as "a*", and both match `ac`',
        'error ambiguous-pattern tools.*d: is as specific as "a*", and both match `ad`',
        'error ambiguous-pattern tools.*c: is as specific as "b*", and both match `bc`',
        'error ambiguous-pattern tools.*d: is as specific as "b*", and both match `bd`',
      ],
    ],
    ["patterns of which one is longer", deny({ "a*": {}, "*bc": {} }), []],
    [
      "a category that means to allow under default deny",
      deny({}, { categories: { read: { action: "allow" }, write: { action: "deny" } } }),
      ['warning no-effect categories.read.action: allows no tool: "default": "deny" denies the tools'],
    ],
  ])("finds in %s what they leave open", async (_what, policy, expected) => {
    const findings = await findingsOf(policy);
    const texts = findings.map(
      ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
    );
    expect(texts.map((text, index) => text.slice(0, expected[index]?.length))).toEqual(expected);
  });

  it("finds the rules of a category without effect when no tool is listed at all", async () => {
    const policy = { version: "1", default: "deny", categories: { read: { limits: [limit("a", 1)] } } };
    expect(await wordsOf(policy)).toEqual(["warning shadowed categories.read.limits[0]"]);
  });

  it("does not take the unnamed counters of calls in flight for one", async () => {
    const entry = { limits: [{ concurrent: 1 }] };
    expect(await wordsOf(deny({ pay: entry, get: entry }))).toEqual([]);
  });

  it("says which rules of a hidden tool are never asked, by name and by pattern", async () => {
    const ruled = { limits: [limit("a", 1)] };
    expect(await wordsOf(deny({ pay: ruled, "get_*": ruled }, { hide: ["p*", "get_*"] }))).toEqual([
      "warning shadowed tools.pay.limits[0]",
      "warning shadowed tools.get_*.limits[0]",
      "warning counter-not-shared tools.pay.limits[0].counter",
    ]);
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
    ["of a hidden tool", onPay({ limits: [limit("a", 1)] }, { hide: ["pay"] }), "tools.pay.limits[0]"],
    ["under hide *", onPay({ limits: [limit("a", 1)] }, { hide: ["*"] }), "tools.pay.limits[0]"],
    ["after an action", onPay({ action: "deny", deny_if: [ONE] }), "tools.pay.deny_if[0]"],
    [
      "after a rule that always denies",
      onPay({ deny_if: [rule()], limits: [limit("a", 1)] }),
      "tools.pay.limits[0]",
    ],
    ["by a narrower rule", onPay({ deny_if: [ONE, BOTH] }), "tools.pay.deny_if[1]"],
    ["by the same rule", onPay({ require: [ONE, ONE] }), "tools.pay.require[1]"],
    [
      "by a category under default deny",
      deny({}, { categories: { read: { limits: [limit("a", 1)] } } }),
      "categories.read.limits[0]",
    ],
    [
      "by a category that no listed tool inherits",
      deny({ pay: { inherit: false } }, { categories: { read: { limits: [limit("a", 1)] } } }),
      "categories.read.limits[0]",
    ],
    [
      "of a denied method",
      deny({}, { methods: { ping: { action: "deny", limits: [limit("a", 1)] } } }),
      "methods.ping.limits[0]",
    ],
  ])("finds a check without effect: %s", async (_what, policy, path) => {
    expect(await wordsOf(policy)).toEqual([`warning shadowed ${path}`]);
  });

  it.each<[string, object]>([
    ["an action in shadow mode", onPay({ action: "deny", mode: "shadow", limits: [limit("a", 1)] })],
    ["a rule that asks", onPay({ deny_if: [{ ...rule(), effect: "approve" }], limits: [limit("a", 1)] })],
    ["a rule in shadow mode", onPay({ deny_if: [{ ...rule(), mode: "shadow" }, ONE] })],
    ["a narrower require", onPay({ require: [ONE, BOTH] })],
  ])("finds no check without effect after %s", async (_what, policy) => {
    expect(await wordsOf(policy)).toEqual([]);
  });

  it("finds a require without conditions", async () => {
    expect(await wordsOf(require())).toEqual(["warning no-effect tools.pay.require[0]"]);
  });

  it.each([
    ["max 0", limit("a", 0)],
    ["an increment above max", limit("a", 5, { increment: 6 })],
  ])("finds a limit that admits nothing: %s", async (_what, each) => {
    expect(await wordsOf(onPay({ limits: [each] }))).toEqual([
      "warning never-admits tools.pay.limits[0].max",
    ]);
  });

  it("finds a counter name that two tools use", async () => {
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

  it("finds a counter marked as shared in one place only", async () => {
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
    ["in one tool", onPay({ limits: [limit("a", 1), { ...limit("a", 9), window: "hour" }] })],
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

  it("suggests the name that was probably meant", async () => {
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

  it.each<[string, string, Row, unknown]>([
    ["gt on a string", "wrong-type", ["args.a", "gt", 1], { type: "string" }],
    ["regex on a number", "wrong-type", ["args.a", "regex", "x"], { type: "integer" }],
    ["a length of a number", "wrong-type", ["args.a", "gt", 1, "length"], { type: "number" }],
    ["contains of a number in a text", "wrong-type", ["args.a", "contains", 1], { type: "string" }],
    ["gt on a constant that is no number", "wrong-type", ["args.a", "gt", 1], { const: true }],
    ["gt on an enum without numbers", "wrong-type", ["args.a", "gt", 1], { enum: ["x", [2], { a: null }] }],
    ["eq with another type", "impossible-value", ["args.a", "eq", "1"], { type: "number" }],
    ["eq outside of the enum", "impossible-value", ["args.a", "eq", "z"], { enum: ["x", "y"] }],
  ])("finds a condition that never holds for the argument: %s", async (_what, code, row, schema) => {
    expect(await wordsOf(denyIf(row), [pay({ a: schema }, "a")])).toEqual([
      `error ${code} tools.pay.deny_if[0].conditions[0]`,
    ]);
  });

  const GT_1 = rule(["args.amount", "gt", 1]);

  it.each<[string, object, object]>([
    ["an optional argument", denyIf(["args.amount", "gt", 100]), pay(amount)],
    ["a denied default", denyIf(["args.n", "gt", 5]), pay({ n: { type: "number", default: 6 } })],
    ["a default of null", denyIf(["args.n", "gt", 5]), pay({ n: { type: "number", default: null } })],
    ["a default without length", denyIf(["args.n", "gt", 5, "length"]), pay({ n: { default: 1 } })],
    ["null among the values", denyIf(["args.a", "eq", 1]), pay({ a: { enum: [1, null] } }, "a")],
    ["null among the types", denyIf(["args.a", "gt", 1]), pay({ a: { type: ["integer", "null"] } }, "a")],
    [
      "an alternative of null",
      denyIf(["args.a", "gt", 1]),
      pay({ a: { anyOf: [{ type: "number" }, { type: "null" }] } }, "a"),
    ],
    [
      "an argument that one alternative requires",
      denyIf(["args.a", "gt", 1]),
      payBy({ anyOf: [{ properties: { a: { type: "number" } }, required: ["a"] }, {}] }),
    ],
    [
      "a require rule in shadow mode",
      onPay({ deny_if: [GT_1], require: [{ ...rule(["args.amount", "exists", true]), mode: "shadow" }] }),
      pay(amount),
    ],
    [
      "a require rule that asks",
      onPay({ deny_if: [GT_1], require: [{ ...rule(["args.amount", "exists", true]), effect: "approve" }] }),
      pay(amount),
    ],
    [
      "a rule that denies absence only with another condition",
      onPay({ deny_if: [GT_1, rule(["args.amount", "exists", false], ["args.other", "eq", 1])] }),
      pay({ ...amount, other: {} }, "other"),
    ],
  ])("finds a rule that a call can avoid: %s", async (_what, policy, tool) => {
    expect(await wordsOf(policy, [tool])).toEqual(["warning avoidable tools.pay.deny_if[0]"]);
  });

  it.each<[string, Row, object, "error" | "warning"]>([
    ["an unknown argument", ["args.amont", "gt", 1], pay(amount, "amount"), "error"],
    ["an unknown argument that must not exist", ["args.profile", "exists", true], pay(amount), "warning"],
    [
      "an unknown nested argument",
      ["args.a.c", "eq", 1],
      pay({ a: { type: "object", properties: { b: {} } } }),
      "error",
    ],
    ["a member of a text", ["args.a.b", "exists", true], pay({ a: { type: "string" } }), "warning"],
    ["an absence that always holds", ["args.b", "exists", false], pay(amount), "error"],
  ])("finds %s in deny_if", async (_what, row, tool, severity) => {
    expect(await wordsOf(denyIf(row), [tool])).toEqual([
      `${severity} unknown-argument tools.pay.deny_if[0].conditions[0]`,
    ]);
  });

  it.each<[string, object, object, string]>([
    [
      "a required argument that is unknown",
      require(["args.reason", "exists", true]),
      pay(amount),
      "error unknown-argument tools.pay.require[0].conditions[0]",
    ],
    [
      "a required absence that always holds",
      require(["args.b", "not_exists", true]),
      pay(amount),
      "warning unknown-argument tools.pay.require[0].conditions[0]",
    ],
    [
      "in outside of the enum",
      require(["args.a", "in", ["z"]]),
      pay({ a: { type: "string", enum: ["x", "y"] } }),
      "error impossible-value tools.pay.require[0].conditions[0]",
    ],
    [
      "an unknown argument under strict",
      { ...denyIf(["args.b", "gt", 1]), strict: true },
      pay(amount),
      "error unknown-argument tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "a type behind a reference",
      denyIf(["args.a", "gt", 1]),
      payBy({
        $defs: { "x/y": { type: "boolean" } },
        properties: { a: { $ref: "#/$defs/x~1y" } },
        required: ["a"],
      }),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an enum behind a reference",
      denyIf(["args.a", "eq", 3]),
      payBy({
        $defs: { e: { enum: [1, [2]] } },
        properties: { a: { $ref: "#/$defs/e" } },
        required: ["a"],
      }),
      "error impossible-value tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "neq with another type",
      denyIf(["args.a", "neq", "x"]),
      pay({ a: { type: "number" } }, "a"),
      "error wrong-type tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an equality that a server's rounding passes",
      denyIf(["args.a", "eq", 0]),
      pay({ a: { type: "integer" } }, "a"),
      "warning coerced tools.pay.deny_if[0].conditions[0]",
    ],
    [
      "an amount without bounds",
      limited({ increment_from: "args.amount" }),
      pay(amount),
      "warning unbounded-amount tools.pay.limits[0].increment_from",
    ],
  ])("finds %s", async (_what, policy, tool, words) => {
    expect(await wordsOf(policy, [tool])).toEqual([words]);
  });

  it.each<[string, object, object, string]>([
    ["is unknown", { increment_from: "args.sum" }, amount, "unknown-argument"],
    ["is a text", { increment_from: "args.a" }, { a: { type: "string" } }, "wrong-type"],
    ["is the length of a number", { increment_from: "args.amount", of: "length" }, amount, "wrong-type"],
  ])("finds an amount that %s", async (_what, from, properties, code) => {
    expect(await wordsOf(limited(from), [pay(properties)])).toEqual([
      `error ${code} tools.pay.limits[0].increment_from`,
    ]);
  });

  it.each<[string, Row, unknown]>([
    ["a value of the enum", ["args.a", "eq", "x"], { enum: ["x"] }],
    ["a constant", ["args.a", "in", [1, 2]], { const: 1 }],
    ["contains in a list", ["args.a", "contains", 1], { type: "array" }],
    ["contains in a text", ["args.a", "contains", "x"], { type: "string" }],
    ["bytes of any type", ["args.a", "gt", 1, "bytes"], { type: "boolean" }],
    ["a schema without type", ["args.a", "gt", 1], {}],
    ["an unknown type", ["args.a", "gt", 1], { type: "odd" }],
    ["a schema that admits any value", ["args.a", "gt", 1], true],
    ["alternatives that admit any value", ["args.a", "gt", 1], { anyOf: [{ type: "string" }, true] }],
  ])("finds nothing in a condition on a required argument with %s", async (_what, row, schema) => {
    expect(await wordsOf(denyIf(row), [pay({ a: schema }, "a")])).toEqual([]);
  });

  it.each<[string, Row, unknown]>([
    ["a reference that leads nowhere", ["args.a.b", "exists", true], { $ref: "#/gone/b" }],
    ["a reference to another document", ["args.a.b", "exists", true], { $ref: "https://elsewhere/" }],
    ["several item schemas", ["args.a[0]", "exists", true], { type: "array", items: [{}, {}] }],
    ["a free-form object", ["args.a.b", "exists", true], { type: "object" }],
    [
      "an item with properties",
      ["args.a[0].b", "exists", true],
      { type: "array", items: { properties: { b: {} } } },
    ],
    ["an allowed default", ["args.a", "gt", 5], { type: "number", default: 5 }],
    ["a default of an allowed length", ["args.a", "gt", 1, "length"], { type: "string", default: "x" }],
  ])("finds nothing in a condition on an optional argument with %s", async (_what, row, schema) => {
    const words = await wordsOf(denyIf(row), [pay({ a: schema })]);
    expect(words.filter((word) => !word.includes("one-item"))).toEqual([]);
  });

  const GT_100 = rule(["args.amount", "gt", 100]);

  it.each<[string, object, object]>([
    ["a required argument", denyIf(["args.amount", "gt", 1]), pay(amount, "amount")],
    [
      "an amount that fits",
      limited({ increment_from: "args.amount" }),
      pay({ amount: { type: "number", minimum: 1, maximum: 9 } }),
    ],
    [
      "a length as an amount",
      limited({ increment_from: "args.a", of: "length" }),
      pay({ a: { type: "array" } }),
    ],
    [
      "bytes as an amount",
      limited({ increment_from: "args.a", of: "bytes" }),
      pay({ a: { type: "boolean" } }),
    ],
    [
      "an amount without type",
      onPay({ limits: [limit("a", 9, { increment_from: "args.a" }), limit("b", 9)] }),
      pay({ a: {} }),
    ],
    ["an amount in an open schema", limited({ increment_from: "args.a" }), payBy({})],
    [
      "additional properties",
      denyIf(["args.b", "exists", true]),
      payBy({ properties: { a: {} }, additionalProperties: true }),
    ],
    [
      "properties by pattern",
      denyIf(["args.b", "exists", true]),
      payBy({ properties: { a: {} }, patternProperties: { "^b": {} } }),
    ],
    [
      "an argument that every alternative requires",
      denyIf(["args.a", "gt", 1]),
      payBy({ oneOf: [1, 2].map(() => ({ properties: { a: { type: "number" } }, required: ["a"] })) }),
    ],
    [
      "an argument that allOf requires",
      denyIf(["args.a", "gt", 1]),
      payBy({ properties: { a: { type: "number" } }, allOf: [{ required: ["a"] }] }),
    ],
    ["a condition on existence", require(["args.amount", "exists", true]), pay(amount)],
    ["all arguments together", denyIf(["args", "gt", 9, "length"]), pay(amount)],
    ["an open schema", denyIf(["args.any.thing", "exists", true]), payBy({ type: "object" })],
    ["strict", { ...denyIf(["args.amount", "gt", 1]), strict: true }, pay(amount)],
    [
      "a rule that requires the argument",
      onPay({ deny_if: [GT_100], require: [rule(["args.amount", "exists", true])] }),
      pay(amount),
    ],
    [
      "a rule that denies its absence",
      onPay({ deny_if: [GT_100, rule(["args.amount", "exists", false])] }),
      pay(amount),
    ],
    [
      "all_tools requiring the argument",
      onPay({ deny_if: [GT_100] }, { all_tools: { require: [rule(["args.amount", "lt", 999])] } }),
      pay(amount),
    ],
    ["a tool without schema", denyIf(["args.a", "gt", 1]), { name: "pay" }],
  ])("finds nothing with %s", async (_what, policy, tool) => {
    expect(await wordsOf(policy, [tool])).toEqual([]);
  });

  it("follows references, alternatives and nested parts of a schema", async () => {
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

  it("terminates on a schema that refers to itself", async () => {
    const inputSchema = {
      $defs: { a: { $ref: "#/$defs/a", anyOf: [{ $ref: "#/$defs/a" }] } },
      properties: { a: { $ref: "#/$defs/a" } },
    };
    expect(await wordsOf(denyIf(["args.a.b.c", "exists", true]), [{ name: "pay", inputSchema }])).toEqual([]);
  });

  it("requires that at least one tool has the argument of a rule for all tools", async () => {
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
  ])("reports one finding for %i tools", async (size, text) => {
    const policy = deny(
      {},
      { default: "allow", all_tools: { require: [rule(["args.reason", "exists", true])] } },
    );
    const tools = ["a", "b", "c"].slice(0, size).map((name) => toolOf(name));
    const findings = await findingsOf(policy, tools);
    const asked = findings.filter(({ path }) => path.startsWith("all_tools"));
    expect(asked.map(({ message }) => message)).toEqual([expect.stringMatching(text)]);
  });

  it("reports a rule for all tools that denies every call of the tools without the argument", async () => {
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
      fileOf("p.json", onPay({})),
      "--tools",
      fileOf(name, content),
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
  });

  it.each([
    ["a policy", { version: "1" }],
    ["no JSON", "{"],
  ])("exits with 1 for a list of tools that is %s", async (_what, content) => {
    const tools = fileOf("tools.json", content);
    const { code, stderr } = await run("check", fileOf("p.json", deny({})), "--tools", tools);
    expect(code).toBe(1);
    expect(stderr).toContain("tools.json: ");
  });
});

describe("the output", () => {
  it("has one line for each finding, with file, path, message and code", async () => {
    const file = fileOf("policy.json", denyIf(["args.a", "eq", 1], ["args.a", "eq", 2]));
    const { code, stdout } = await run("check", file);
    expect(code).toBe(1);
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      `error   ${file}: tools.pay.deny_if[0]: can never match, since \`args.a eq 1\` and \`args.a eq 2\` exclude each other: the rule never denies [never-matches]`,
      `${file}: 1 error, 0 warnings`,
    ]);
  });

  it("states that names were not compared when no tools are given", async () => {
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

  it("is only the normal form on stdout with --print", async () => {
    const { stdout, stderr } = await run("check", fileOf("p.json", onPay({})), "--print");
    expect(JSON.parse(stdout)).toEqual(onPay({}));
    expect(stderr).toContain("nothing wrong");
  });

  it("contains no control character of a name", async () => {
    const policy = fileOf("p.json", deny({ "\u001B[2J": {} }));
    const { stdout } = await run("check", policy, "--tools", fileOf("t.json", [toolOf("a")]));
    expect(stdout).not.toContain("\u001B");
  });

  it("is the whole report with --format json", async () => {
    const files = [fileOf("p.json", "{}"), fileOf("q.json", deny({}))];
    const { code, stdout } = await run("check", ...files, "--format", "json");
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

  it("makes the command exit with 1", () => {
    expect(checked.code).toBe(1);
  });

  it("has at least one schema finding in each fixture", () => {
    const files: readonly { file: string; findings: readonly Finding[] }[] = JSON.parse(checked.stdout).files;
    expect(files.filter(({ findings }) => findings.every(({ code }) => code !== "schema"))).toEqual([]);
  });

  it("has findings with a path separate from the message", async () => {
    const [finding] = await findingsOf(onPay({ limits: [{ counter: "a", window: "fortnight", max: 1 }] }));
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

describe("rules about the caller", () => {
  const tool = pay({ user: { type: "string" }, groups: { type: "array" } });

  it.each([
    ["a user, although the tool has an argument of that name", denyIf(["caller.user", "eq", 1])],
    ["groups that are required", require(["caller.groups", "contains", "a"])],
    ["a claim that no argument is called", denyIf(["caller.claims.tier", "eq", "trial"])],
  ])("are not held against the arguments of tools: %s", async (_what, policy) => {
    expect(await wordsOf(policy, [tool])).toEqual([]);
  });

  it("do not exclude a rule about an argument of the same name", async () => {
    const policy = require(["caller.user", "eq", "a"], ["args.user", "eq", "b"]);
    expect(await wordsOf(policy)).toEqual([]);
  });

  it("exclude each other like others", async () => {
    const policy = denyIf(["caller.user", "eq", "a"], ["caller.user", "eq", "b"]);
    const words = (await findingsOf(policy)).map(({ message }) => message);
    expect(words.join()).toContain("exclude each other");
  });
});
