/** Fragments, the short form and Intercept's rules: what exactly they become, and what is not taken for one. */

import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../src/policy/document/document.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { fromLiteral, problemsOf } from "../policies.ts";

function normalForm(literal: unknown): unknown {
  const parsed = parsePolicy(fromLiteral(literal));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return JSON.parse(printJson(parsed.document.json));
}

const HEAD = { version: "1", default: "deny" };

function intercept(...rules: readonly object[]): object {
  return { ...HEAD, tools: { t: { rules } } };
}

const CONDITION = { path: "args.x", op: "eq", value: 1 };
const STATE = { counter: "n", window: "day" };
const COUNTED = { path: "state.t.n", op: "lte", value: 3 };
const LIMIT = { counter: "n", window: "day", max: 3, scope: "server" };

describe("a document", () => {
  it.each(["version", "default", "hide", "all_tools", "tools", "categories", "methods", "mode", "strict"])(
    "with nothing but %s is no fragment",
    (key) => {
      const problems = problemsOf({ [key]: {} });
      if (key !== "version") expect(problems).toContain("version: is required");
      if (key !== "default") expect(problems).toContain("default: is required");
    },
  );

  it("whose values are not all objects is no fragment", () => {
    expect(problemsOf({ t: { limits: [] }, u: 5 })).toEqual([
      "t: is not a known key",
      "u: is not a known key",
      "version: is required",
      "default: is required",
    ]);
    expect(problemsOf({})).toEqual(["version: is required", "default: is required"]);
  });

  it("in the short form must say its default", () => {
    expect(problemsOf({ version: "1", tools: { t: { rate_limit: "3/day" } } })).toEqual([
      "default: is required",
    ]);
  });

  it("with one tool in Intercept's form need not", () => {
    const tools = { t: { rate_limit: "3/day" }, u: { rules: [] } };
    expect(normalForm({ version: "1", tools })).toMatchObject({ default: "allow", tools: { u: {} } });
  });

  it("has a star moved to all_tools, whatever stands under it", () => {
    expect(normalForm({ ...HEAD, tools: { "*": { description: "d" }, a: {} } })).toEqual({
      ...HEAD,
      tools: { a: {} },
      all_tools: { description: "d" },
    });
    expect(problemsOf({ ...HEAD, tools: { "*": 5 } })).toEqual(["tools.*: must be an object, got 5"]);
  });
});

describe("an entry in two forms", () => {
  it("has the lists of both, its own first", () => {
    const own = { conditions: [{ path: "args.y", op: "eq", value: 2 }] };
    const entry = {
      require: [own],
      limits: [LIMIT],
      rules: [{ conditions: [CONDITION] }, { rate_limit: "5/hour" }],
    };
    expect(normalForm({ ...HEAD, tools: { t: entry } })).toEqual({
      ...HEAD,
      tools: {
        t: {
          require: [own, { conditions: [CONDITION] }],
          limits: [LIMIT, { counter: "calls", window: "hour", max: 5, scope: "server" }],
        },
      },
    });
  });

  it("joins what all_tools denies", () => {
    const deny_if = [{ conditions: [CONDITION] }];
    const tools = { "*": { rules: [{ action: "deny", on_deny: "shut" }] } };
    expect(normalForm({ ...HEAD, all_tools: { deny_if }, tools })).toEqual({
      ...HEAD,
      tools: {},
      all_tools: { deny_if: [...deny_if, { conditions: [], on_deny: "shut" }] },
    });
  });
});

describe("Intercept's rules", () => {
  it.each<[string, object[], object]>([
    ["none", [], {}],
    ["a denial", [{ action: "deny", on_deny: "no" }], { action: "deny", reason: "no" }],
    ["a silent denial", [{ action: "deny" }], { action: "deny" }],
    [
      "conditions",
      [{ name: "n", conditions: [CONDITION], on_deny: "no" }],
      { require: [{ name: "n", conditions: [CONDITION], on_deny: "no" }] },
    ],
    ["a counter", [{ conditions: [COUNTED], state: STATE }], { limits: [LIMIT] }],
    [
      "a counter below 2",
      [{ conditions: [{ ...COUNTED, op: "lt", value: 2 }], state: STATE }],
      { limits: [{ ...LIMIT, max: 1 }] },
    ],
    [
      "a counter up to 1",
      [{ conditions: [{ ...COUNTED, value: 1 }], state: STATE }],
      { limits: [{ ...LIMIT, max: 1 }] },
    ],
    [
      "a counter of more than 1",
      [{ conditions: [COUNTED], state: { ...STATE, increment: 2 } }],
      { limits: [{ ...LIMIT, increment: 2 }] },
    ],
    [
      "a counter of amounts",
      [{ conditions: [COUNTED], state: { ...STATE, increment: 2, increment_from: "args.n" } }],
      { limits: [{ ...LIMIT, increment_from: "args.n" }] },
    ],
    [
      "a counter beside conditions",
      [{ name: "n", conditions: [CONDITION, COUNTED], state: STATE, on_deny: "no" }],
      {
        require: [{ name: "n", conditions: [CONDITION], on_deny: "no" }],
        limits: [{ name: "n", ...LIMIT, on_deny: "no" }],
      },
    ],
    [
      "a rate",
      [{ name: "n", rate_limit: "5/hour" }],
      { limits: [{ name: "n", counter: "calls", window: "hour", max: 5, scope: "server" }] },
    ],
  ])("with %s", (_what, rules, entry) => {
    expect(normalForm(intercept(...rules))).toEqual({ ...HEAD, tools: { t: entry } });
  });

  it("of all tools count in the name `_global`", () => {
    const rules = [{ conditions: [{ ...COUNTED, path: "state._global.n" }], state: STATE }];
    expect(normalForm({ ...HEAD, tools: { "*": { rules } } })).toEqual({
      ...HEAD,
      tools: {},
      all_tools: { limits: [LIMIT] },
    });
    const wrong = [{ conditions: [{ ...COUNTED, path: "state.*.n" }], state: STATE }];
    expect(problemsOf({ ...HEAD, tools: { "*": { rules: wrong } } })).toEqual([
      'tools.*.rules[0].conditions[0].path: must be state._global.<counter> of a state block in these rules, got "state.*.n"',
    ]);
  });

  const DENIES = 'must have no conditions, state or rate_limit with action "deny"';
  const EITHER = "must have either rate_limit, or conditions and state";
  it.each<[object, string]>([
    [{ action: "deny", state: STATE }, DENIES],
    [{ action: "deny", rate_limit: "5/hour" }, DENIES],
    [{ action: "deny", conditions: [{ ...COUNTED, path: "state.u.n" }] }, DENIES],
    [{ rate_limit: "5/hour", state: STATE }, EITHER],
    [{ rate_limit: "5/hour", conditions: [CONDITION] }, EITHER],
    [{ state: STATE }, 'must have conditions, rate_limit, or action "deny"'],
    [{ conditions: [] }, 'must have conditions, rate_limit, or action "deny"'],
  ])("refuse %j", (rule, problem) => {
    expect(problemsOf(intercept(rule))).toEqual([`tools.t.rules[0]: ${problem}`]);
  });

  it("name the place of a fault in the author's own form", () => {
    expect(problemsOf(intercept({ rate_limit: "many" }))).toEqual([
      'tools.t.rules[0].rate_limit: must be a rate such as "30/hour" or { "max": 30, "window": 3600 }, got "many"',
    ]);
    expect(problemsOf(intercept({ conditions: [CONDITION, { ...CONDITION, path: 5 }] }))).toEqual([
      "tools.t.rules[0].conditions[1].path: must be a string that is not empty, got 5",
    ]);
    expect(problemsOf(intercept({ conditions: [5] }))).toEqual([
      "tools.t.rules[0].conditions[0]: must be an object, got 5",
    ]);
    expect(problemsOf(intercept({ conditions: [{ ...COUNTED, value: 1.5 }], state: STATE }))).toEqual([
      "tools.t.rules[0].conditions[0].value: must be a whole number above 0, got 1.5",
    ]);
  });
});
