/** Arguments that a server may find where the policy does not look. */

import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { argumentAmbiguity, mayBeOther } from "../../src/policy/argument-ambiguity.ts";
import { type ArgumentPath, EVERY_ITEM } from "../../src/json/path.ts";
import type { Operator } from "../../src/policy/operator.ts";
import { callOf, json, policyOf, UNUSED } from "./policies.ts";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";

function object(text: string): JsonObject {
  const value = json(text);
  if (!isJsonObject(value)) throw new TypeError("not an object");
  return value;
}

const GUARD = policyOf({
  version: "1",
  default: "allow",
  tools: {
    pay: {
      deny_if: [
        { conditions: [{ path: "args.amount", op: "gt", value: 100 }] },
        { conditions: [{ path: "args.opts.force", op: "eq", value: true }] },
      ],
      require: [{ conditions: [{ path: "args.to.account", op: "neq", value: "mine" }] }],
    },
    spend: { limits: [{ counter: "c", window: "minute", max: 9, increment_from: "args.amount" }] },
  },
});

describe("a call is denied as unevaluable", () => {
  it.each([
    ["another case", '{"to":{"account":"a"},"Amount":500}'],
    ["beside the very name", '{"to":{"account":"a"},"amount":1,"AMOUNT":500}'],
    ["an escape that is no plain letter", '{"to":{"account":"a"},"amount\\u0000":500}'],
    ["a NUL that ends it", '{"to":{"account":"a"},"amount\\u0000x":500}'],
    ["a zero-width character", '{"to":{"account":"a"},"am\\u200bount":500}'],
    ["full-width letters", '{"to":{"account":"a"},"\\uff41mount":500}'],
    ["a parent of another case", '{"To":{"account":"mine"},"to":{"account":"a"}}'],
    ["a child of another case", '{"to":{"account":"a","ACCOUNT":"mine"}}'],
    ["an object in a text", '{"to":{"account":"a"},"opts":" {\\"force\\":true}"}'],
    ["a list in a text", '{"to":{"account":"a"},"opts":"[]"}'],
    ["a plain text in place of an object", '{"to":{"account":"a"},"opts":"force"}'],
    ["a list in place of an object", '{"to":{"account":"a"},"opts":[true]}'],
    ["a truth value in place of an object", '{"to":true}'],
  ])("for %s", (_name, args) => {
    const { denial } = decide(GUARD, { ...callOf("pay"), args: object(args) }, UNUSED);
    expect(denial).toMatchObject({ effect: "deny", reason: "condition_unevaluable" });
  });

  it("by its rule where that objects to what it can read", () => {
    for (const args of ['{"to":{}}', '{"Amount":1,"amount":500,"to":{"account":"a"}}']) {
      const { denial } = decide(GUARD, { ...callOf("pay"), args: object(args) }, UNUSED);
      expect(denial).toMatchObject({ effect: "deny", reason: "condition" });
    }
  });

  it("where a limit adds up an argument with a look-alike, and says so", () => {
    const { denial, unevaluable } = decide(
      GUARD,
      { ...callOf("spend"), args: object('{"amount":1,"Amount":500}') },
      UNUSED,
    );
    expect(denial?.reason).toBe("condition_unevaluable");
    expect(unevaluable.map(({ cause }) => cause)).toEqual(["look_alike"]);
  });
});

describe("misreading", () => {
  it.each([
    ["no other name", '{"amount":1}', ["amount"]],
    ["names that are merely near", '{"amounts":1,"amoun":2,"am_ount":3}', ["amount"]],
    ["a look-alike where the policy names nothing", '{"to":{"Amount":1},"amount":1}', ["amount"]],
    ["a text at the end of the path", '{"amount":"{}"}', ["amount"]],
    ["a plain text on the path", '{"to":"a@b"}', ["to", "account"]],
    ["nothing on the path", '{"to":null}', ["to", "account"]],
    ["a list", '{"to":[{"account":1}]}', ["to", "0", "account"]],
  ])("is none for %s", (_name, args, path) => {
    expect(argumentAmbiguity(object(args), path)).toBeUndefined();
  });

  const both = object('{"properties":{"a":{},"A":{},"in":{"properties":{"b":{},"B":{}}}}}');
  it.each([
    ["at the top", '{"a":1,"A":2}', ["a"]],
    ["further down", '{"in":{"b":1,"B":2}}', ["in", "b"]],
  ])("is none for two names that the tool declares beside each other, %s", (_name, args, path) => {
    expect(argumentAmbiguity(object(args), path)).toBe("look_alike");
    expect(argumentAmbiguity(object(args), path, both)).toBeUndefined();
  });

  it("is there when the tool declares one of the two only", () => {
    const one = object('{"properties":{"A":{}}}');
    expect(argumentAmbiguity(object('{"A":2}'), ["a"], one)).toBe("look_alike");
    expect(argumentAmbiguity(object('{"a":1,"\\u212a":2}'), ["a"], both)).toBeUndefined();
    expect(argumentAmbiguity(object('{"a":1,"a\\u200b":2}'), ["a"], both)).toBe("look_alike");
  });

  it("is assumed of an object with more names than are compared", () => {
    const names = Array.from({ length: 10_001 }, (_, index): [string, string] => [`n${index}`, ""]);
    expect(argumentAmbiguity(new Map(names), ["amount"])).toBe("look_alike");
    expect(argumentAmbiguity(new Map(names.slice(1)), ["amount"])).toBeUndefined();
  });
});

function requiring(condition: object) {
  const conditions = [{ path: "args.v", ...condition }];
  return policyOf({ version: "1", default: "deny", tools: { t: { require: [{ conditions }] } } });
}

function on(condition: object) {
  const conditions = [{ path: "args.v", ...condition }];
  return policyOf({ version: "1", default: "deny", tools: { t: { deny_if: [{ conditions }] } } });
}

describe("a text that is JSON of a list or an object", () => {
  const MEASURED = policyOf({
    version: "1",
    default: "deny",
    tools: {
      t: { limits: [{ counter: "c", window: "day", max: 99, increment_from: "args.v", of: "length" }] },
    },
  });
  const CASES = [
    ["contains", on({ op: "contains", value: "rm" })],
    ["the length", on({ op: "eq", of: "length", value: 0 })],
    ["the bytes", on({ op: "gt", of: "bytes", value: 99 })],
    ["an amount", MEASURED],
  ] as const;
  const reason = (policy: (typeof CASES)[number][1], text: string, schema?: string) => {
    const args: JsonObject = new Map([["v", text]]);
    const inputSchema = schema === undefined ? undefined : object(schema);
    return decide(policy, { ...callOf("t"), args, inputSchema }, UNUSED).denial?.reason;
  };

  it.each(CASES)("cannot be tested by %s", (_name, policy) => {
    for (const text of ["[]", ' ["\\u0072m"] ', '{"a":1}', "[NaN]", "\t[-Infinity, 1]\n"]) {
      expect(reason(policy, text)).toBe("condition_unevaluable");
      expect(reason(policy, text, '{"properties":{"v":{"type":["string","array"]}}}')).toBe(
        "condition_unevaluable",
      );
      expect(reason(policy, text, '{"properties":{"v":{}}}')).toBe("condition_unevaluable");
    }
  });

  it.each(CASES)("is a text to %s where the schema declares strings alone", (_name, policy) => {
    expect(reason(policy, "[]x", '{"properties":{"v":{"type":"string"}}}')).toBeUndefined();
    expect(reason(policy, "[1]", '{"properties":{"v":{"type":"string"}}}')).toBeUndefined();
  });

  it.each(CASES)("is not what %s takes a mere bracket for", (_name, policy) => {
    for (const text of ["[urgent] call me", '{job="x"}', "[1] and [2]", "]["]) {
      expect(reason(policy, text)).toBeUndefined();
    }
  });

  it.each([
    ["eq", "x"],
    ["in", ["x", "y"]],
    ["regex", "^x"],
    ["starts_with", "x"],
    ["ends_with", "x"],
    ["contains", "y"],
    ["matches", "x*"],
  ])("cannot be tested by %s", (op, value) => {
    for (const text of ['["x"]', '{"x":1}', " null "]) {
      expect(reason(on({ op, value }), text)).toBe("condition_unevaluable");
      expect(reason(on({ op, value }), text, '{"properties":{"v":{"type":"string"}}}')).toBeUndefined();
      expect(reason(on({ op, value }), text, '{"properties":{"v":{"type":["string","null"]}}}')).toBe(
        "condition_unevaluable",
      );
    }
    expect(reason(on({ op, value }), "[/etc/passwd]")).toBeUndefined();
  });

  it.each([
    ["neq", "x"],
    ["not_in", ["x"]],
    ["regex", "etc"],
    ["ends_with", "]"],
    ["path_within", "/srv"],
  ])("meets no requirement of %s", (op, value) => {
    for (const text of ['["/etc/passwd"]', '["x"]', '{"path":"/etc"}']) {
      const isMet = reason(requiring({ op, value }), text) === undefined;
      expect(isMet).toBe(false);
    }
  });

  it("is the text that the policy names where it names it", () => {
    for (const [op, value] of [
      ["eq", "[1]"],
      ["in", ["{}", "[1]"]],
    ] as const) {
      expect(reason(requiring({ op, value }), "[1]")).toBeUndefined();
      expect(reason(requiring({ op, value }), "[2]")).toBe("condition");
    }
    for (const [op, value] of [
      ["neq", "[1]"],
      ["not_in", ["[1]"]],
    ] as const) {
      expect(reason(on({ op, value }), "[1]")).toBeUndefined();
      expect(reason(on({ op, value }), "[2]")).toBe("condition");
      expect(reason(requiring({ op, value }), "[2]")).toBe("condition_unevaluable");
    }
  });

  it("is found in the items of a list, and in a part of a URL there is none", () => {
    const items = { path: "args.v[*]", items: "every", op: "path_within", value: "/srv" };
    const args = object('{"v":["/srv/a","[\\"/etc\\"]"]}');
    expect(decide(requiring(items), { ...callOf("t"), args }, UNUSED).denial?.reason).toBe(
      "condition_unevaluable",
    );
    const url = requiring({ of: "host", op: "eq", value: "a.example" });
    expect(reason(url, '["https://a.example/"]')).toBe("condition_unevaluable");
  });

  it("is present even where it may be null to the server, unless it is null's name", () => {
    expect(reason(requiring({ op: "exists", value: true }), "[]")).toBeUndefined();
    expect(reason(requiring({ op: "exists", value: true }), "null")).toBe("condition_unevaluable");
    expect(reason(on({ op: "not_exists" }), "null")).toBe("condition_unevaluable");
    expect(reason(requiring({ op: "exists", value: true }), "nullable")).toBeUndefined();
  });

  it("is none where there is no text", () => {
    const { denial } = decide(
      on({ op: "contains", value: 1 }),
      { ...callOf("t"), args: object('{"v":[2]}') },
      UNUSED,
    );
    expect(denial).toBeUndefined();
    expect(decide(on({ op: "contains", value: 1 }), callOf("t"), UNUSED).denial).toBeUndefined();
  });
});

describe("an amount", () => {
  it.each([
    ["1e-400", "precision"],
    ["0.10000000000000001", "precision"],
    ["-1", "type"],
    ['"1"', "type"],
    ["[1]", "type"],
    ["null", "missing"],
  ])("of %s is denied, and the cause is %s", (amount, cause) => {
    const args = object(`{"amount":${amount}}`);
    const { denial, unevaluable } = decide(GUARD, { ...callOf("spend"), args }, UNUSED);
    expect(denial?.reason).toBe("condition_unevaluable");
    expect(unevaluable.map((one) => one.cause)).toEqual([cause]);
  });

  it("below a value without parts is denied", () => {
    const deep = policyOf({
      version: "1",
      default: "deny",
      tools: { t: { limits: [{ counter: "c", window: "day", max: 9, increment_from: "args.a.b" }] } },
    });
    const { unevaluable } = decide(deep, { ...callOf("t"), args: object('{"a":[1]}') }, UNUSED);
    expect(unevaluable.map((one) => one.cause)).toEqual(["type"]);
  });
});

describe("argumentAmbiguity", () => {
  it.each<[string, ArgumentPath, ReturnType<typeof argumentAmbiguity>]>([
    ['{"Undefined":1}', [], undefined],
    ['{"a":{"UNDEFINED":1}}', ["a"], undefined],
    ['{"items":[{"a":1},{"A":1}]}', ["items", EVERY_ITEM, "a"], "look_alike"],
    ['{"items":[{"a":1},{"a":1}]}', ["items", EVERY_ITEM, "a"], undefined],
  ])("of %s at %j", (args, path, expected) => {
    expect(argumentAmbiguity(object(args), path)).toBe(expected);
  });
});

const isX = (subject: unknown): boolean => subject === "x";

describe("a text that a server may parse", () => {
  it.each<[Operator, string, boolean]>([
    ["not_exists", "[1]", false],
    ["not_exists", " null ", true],
    ["exists", "[1]", false],
    ["exists", "null", true],
    ["contains", "[1]", true],
    ["contains", " null", true],
    ["contains", "[1", false],
    ["contains", "x[1]", false],
    ["contains", "nullx", false],
    ["contains", '{"a":NaN}', true],
    ["eq", "[1]", true],
    ["neq", "[1]", true],
  ])("may be another value to %s: %j", (operator, text, expected) => {
    expect(mayBeOther({ segments: ["a"], operator, test: isX }, text)).toBe(
      operator === "neq" ? false : expected,
    );
  });
});
