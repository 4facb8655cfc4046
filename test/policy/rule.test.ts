/** Rules without conditions. */

import { describe, expect, it } from "vitest";
import { evaluateRule, type Rule } from "../../src/policy/rule.ts";

describe("a rule without conditions", () => {
  const rule: Rule = {
    kind: "deny_if",
    pointer: "/p",
    conditions: [],
    effect: "deny",
    mode: "enforce",
    isStrict: false,
  };

  it("objects without naming any", () => {
    expect(evaluateRule(rule, { agent: "a", args: new Map() }, [])).toStrictEqual({ reason: "condition" });
    expect(evaluateRule({ ...rule, kind: "require" }, { agent: "a", args: new Map() }, [])).toBeUndefined();
  });
});
