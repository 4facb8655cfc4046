/** Decisions about arguments that do not fit the tool's inputSchema, under each setting of "arguments". */

import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { effectOf } from "../../src/policy/decision.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";
import { withoutArgumentChecks } from "../../src/policy/policy.ts";
import { callOf, type CallLiteral, fromLiteral, policyOf, problemsOf, UNUSED } from "./policies.ts";

function schemaOf(literal: object): JsonObject {
  const value = fromLiteral(literal);
  if (!isJsonObject(value)) throw new Error("an object expected");
  return value;
}

const FORCE = schemaOf({ type: "object", properties: { force: { type: "boolean" } } });

/** The decision about `{ "force": "true" }`, which the schema does not allow. */
function decideOn(
  document: object,
  call: CallLiteral = {},
  inputSchema: JsonObject | null = FORCE,
): Decision {
  const policy = policyOf({ version: "1", default: "allow", ...document });
  const given = callOf("t", { args: { force: "true" }, ...call });
  return decide(policy, inputSchema === null ? given : { ...given, inputSchema }, UNUSED);
}

const TEXT = "args.force must be a boolean, got a string";

describe("arguments that do not fit", () => {
  it.each([
    ["the tool", { tools: { t: { arguments: "validate" } } }, "/tools/t/arguments"],
    ["the category", { categories: { write: { arguments: "validate" } } }, "/categories/write/arguments"],
    ["the document", { arguments: "validate" }, "/arguments"],
    [
      "the tool, against its category and the document",
      {
        arguments: "off",
        categories: { write: { arguments: "observe" } },
        tools: { t: { arguments: "validate" } },
      },
      "/tools/t/arguments",
    ],
    [
      "the category, against the document",
      { arguments: "off", categories: { write: { arguments: "validate" } } },
      "/categories/write/arguments",
    ],
    [
      "the category, for a tool with an entry of its own",
      { categories: { write: { arguments: "validate" } }, tools: { t: {} } },
      "/categories/write/arguments",
    ],
  ])("are denied by the rule of %s", (_place, document, rule) => {
    const decision = decideOn(document, { category: "write" });
    expect(decision.denial).toEqual({
      effect: "deny",
      reason: "arguments_invalid",
      rule,
      mode: "enforce",
      condition: TEXT,
    });
    expect(decision.arguments).toEqual({
      check: "validate",
      cause: "invalid",
      path: "args.force",
      text: TEXT,
    });
  });

  it.each([
    ["by default", {}],
    ["where the tool is observed", { arguments: "validate", tools: { t: { arguments: "observe" } } }],
  ])("pass and are recorded %s", (_place, document) => {
    const decision = decideOn(document);
    expect(decision.denial).toBeUndefined();
    expect(decision.arguments).toMatchObject({ check: "observe", cause: "invalid", path: "args.force" });
  });

  it.each([
    ["of the tool", { arguments: "validate", tools: { t: { arguments: "off" } } }],
    ["of the document", { arguments: "off" }],
  ])("are not looked at where the check %s is off", (_place, document) => {
    expect(decideOn(document)).toEqual({ charges: [], unevaluable: [] });
  });

  it("are counted and pass in shadow mode", () => {
    const decision = decideOn({ arguments: "validate", tools: { t: { mode: "shadow" } } });
    expect([effectOf(decision), decision.denial?.mode]).toEqual(["would_deny", "shadow"]);
    expect(decideOn({ arguments: "validate", mode: "shadow" }).denial?.mode).toBe("shadow");
  });

  it("are charged to no limit", () => {
    const limits = [{ counter: "c", window: "minute", max: 1 }];
    expect(decideOn({ tools: { t: { arguments: "validate", limits } } }).charges).toEqual([]);
    expect(decideOn({ tools: { t: { limits } } })).toMatchObject({ charges: [{ amount: 1 }], arguments: {} });
  });

  it("are denied before a condition is evaluated or a person is asked", () => {
    const deny_if = [{ conditions: [{ path: "args.force", op: "eq", value: true }] }];
    const decision = decideOn({ tools: { t: { arguments: "validate", action: "approve", deny_if } } });
    expect(decision.denial?.reason).toBe("arguments_invalid");
    expect(decision.unevaluable).toEqual([]);
  });

  it.each([
    ["hidden", { hide: ["t"] }],
    ["denied_by_rule", { tools: { t: { action: "deny" } } }],
    ["default_deny", { default: "deny" }],
  ])("are not looked at when the call is %s", (reason, document) => {
    const decision = decideOn({ arguments: "validate", ...document });
    expect(decision.denial?.reason).toBe(reason);
    expect(decision).not.toHaveProperty("arguments");
  });

  it("are denied as missing when the call has none", () => {
    const required = schemaOf({ required: ["force"] });
    expect(decideOn({ arguments: "validate" }, { args: {} }, required).denial?.condition).toBe(
      "args.force is required",
    );
  });
});

describe("a tool whose schema is not known", () => {
  it("is denied under validate", () => {
    const decision = decideOn({ arguments: "validate" }, {}, null);
    expect(decision.denial).toMatchObject({ reason: "arguments_invalid", rule: "/arguments" });
    expect(decision.arguments?.cause).toBe("schema_unknown");
  });

  it("passes and is recorded under observe", () => {
    const decision = decideOn({ arguments: "observe" }, {}, null);
    expect(decision.denial).toBeUndefined();
    expect(decision.arguments).toMatchObject({ check: "observe", cause: "schema_unknown" });
  });

  it("is not recorded when the document says nothing about arguments", () => {
    expect(decideOn({}, {}, null)).toEqual({ charges: [], unevaluable: [] });
  });
});

describe("a tool whose schema cannot be used", () => {
  const unusable = schemaOf({ properties: { force: { $ref: "https://a.example/b" } } });

  it("is denied under validate", () => {
    const decision = decideOn({ arguments: "validate" }, {}, unusable);
    expect(decision.denial?.reason).toBe("arguments_invalid");
    expect(decision.arguments?.cause).toBe("schema_unusable");
  });

  it("passes and is recorded by default", () => {
    const decision = decideOn({}, {}, unusable);
    expect(decision.denial).toBeUndefined();
    expect(decision.arguments).toMatchObject({ check: "observe", cause: "schema_unusable" });
  });
});

it("arguments that fit leave no trace in the decision", () => {
  expect(decideOn({ arguments: "validate" }, { args: { force: true } })).toEqual({
    charges: [],
    unevaluable: [],
  });
});

it("a policy without checks of arguments decides all else", () => {
  const policy = withoutArgumentChecks(policyOf({ version: "1", default: "deny", arguments: "validate" }));
  expect(decide(policy, callOf("t"), UNUSED).denial?.reason).toBe("default_deny");
  const open = withoutArgumentChecks(policyOf({ version: "1", default: "allow", arguments: "validate" }));
  expect(decide(open, callOf("t"), UNUSED).denial).toBeUndefined();
});

it("a policy without checks of arguments allows a call that its tool's entry would check", () => {
  const tools = { t: { arguments: "validate" }, u: {} };
  const policy = withoutArgumentChecks(policyOf({ version: "1", default: "deny", tools }));
  for (const tool of ["t", "u"]) expect(decide(policy, callOf(tool), UNUSED).denial).toBeUndefined();
});

describe("the setting", () => {
  it.each([
    ["arguments", { arguments: "strict" }],
    ["tools.t.arguments", { tools: { t: { arguments: true } } }],
    ["categories.write.arguments", { categories: { write: { arguments: "deny" } } }],
  ])("is refused with another value at %s", (path, document) => {
    const [problem] = problemsOf({ version: "1", default: "allow", ...document });
    expect(problem).toContain(`${path}: must be "validate", "observe" or "off"`);
  });

  it.each([
    ["all_tools", { all_tools: { arguments: "validate" } }],
    ["methods", { methods: { ping: { action: "allow", arguments: "validate" } } }],
  ])("is no key of %s", (_place, document) => {
    expect(problemsOf({ version: "1", default: "allow", ...document })).toHaveLength(1);
  });
});
