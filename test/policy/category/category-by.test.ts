/** `category_by`: the category of a call by one of its arguments. The corpus has its decisions. */

import { describe, expect, it } from "vitest";
import { adviceFor } from "../../../src/policy/explain/advice.ts";
import { CATEGORY_BY } from "../../../src/policy/document/category-by-entry.ts";
import { explainCall } from "../../../src/policy/explain/steps.ts";
import { assignmentOfCall } from "../../../src/policy/policy.ts";
import { callOf, policyOf, problemsOf } from "../policies.ts";

const BY = { arg: "action", "delete*": "destructive", "*": "write" };

function documentOf(entry: object): object {
  return { version: "1", default: "deny", tools: { manage: entry } };
}

const POLICY = policyOf(
  documentOf({ category: "read", category_by: { arg: "action", "delete*": "destructive" } }),
);

describe("category_by", () => {
  it.each([
    ["delete_user", "destructive"],
    ["get_user", "read"],
    [undefined, "read"],
  ])("gives a call with the action %s the category %s in metrics and records", (action, category) => {
    const call = callOf("manage", { args: { action }, category: "read" });
    const assigned = assignmentOfCall(POLICY, call);
    expect(assigned.category).toBe(category);
    if (category === "destructive")
      expect(assigned).toEqual({
        category,
        source: "policy",
        confidence: 1,
        reason: "the policy says so, by args.action",
      });
    else expect(assigned).toBe(call.category);
  });

  it("leaves the category of other tools, and that of calls without a policy, as it was assigned", () => {
    const call = callOf("other", { category: "financial" });
    expect(assignmentOfCall(POLICY, call)).toBe(call.category);
    expect(assignmentOfCall(undefined, call)).toBe(call.category);
  });

  it("takes no text with a lone surrogate for the name of an action", () => {
    const call = callOf("manage", { args: { action: "get_\ud800" } });
    const { decision, steps } = explainCall(POLICY, call);
    expect(decision).toMatchObject({
      denial: { reason: "condition_unevaluable", condition: "args.action" },
      unevaluable: [{ rule: "/tools/manage/category_by", cause: "encoding" }],
    });
    expect(JSON.stringify(steps)).toContain("a surrogate that stands alone");
  });

  it("takes no value for the name of an action that is longer than any name", () => {
    const call = callOf("manage", { args: { action: "delete".repeat(100) } });
    expect(explainCall(POLICY, call).decision).toMatchObject({
      denial: { reason: "condition_unevaluable", condition: "args.action" },
      unevaluable: [{ rule: "/tools/manage/category_by", cause: "type" }],
    });
  });

  it.each([
    [
      "Delete",
      "denies",
      "which category it is cannot be evaluated: args.action or its value looks like another one",
    ],
    [7, "denies", "which category it is cannot be evaluated: args.action is no text"],
    [null, "denies", "which category it is cannot be evaluated: args.action is missing"],
    ["delete", "passes", "by args.action, the rules of destructive apply"],
  ])("explains the category of the action %s", (action, verdict, why) => {
    const call = callOf("manage", { args: { action } });
    const explained = explainCall(POLICY, call);
    const step = explained.steps.find(({ step: name }) => name === "/tools/manage/category_by");
    expect(step).toMatchObject({ verdict, why });
    expect(adviceFor(POLICY, call, explained)).toEqual(
      verdict === "passes"
        ? []
        : [
            "give the argument that says the category, as a text in the spelling of the policy",
            "or change the rule /tools/manage/category_by",
          ],
    );
  });

  it.each([
    [
      { category_by: 7 },
      'tools.manage.category_by: must be an object with "arg" and categories by its values, got 7',
    ],
    [{ category_by: { "*": "read" } }, "tools.manage.category_by.arg: is required"],
    [
      { category_by: { ...BY, arg: "" } },
      'tools.manage.category_by.arg: must be the name of an argument, or a path such as args.batch.kind, got ""',
    ],
    [
      { category_by: { ...BY, arg: "args.x[*]" } },
      'tools.manage.category_by.arg: must be the name of an argument, or a path such as args.batch.kind, got "args.x[*]"',
    ],
    [
      { category_by: { arg: "a" } },
      'tools.manage.category_by: must name from 1 to 200 values, such as "delete*": "destructive"',
    ],
    [{ category_by: { arg: "a", x: "reading" } }, "tools.manage.category_by.x: must be "],
    [
      { category_by: { arg: "a", "a*": "read", "*b": "write" } },
      'tools.manage.category_by.*b: is as specific as "a*", and both match `ab`',
    ],
  ])("refuses %j", (entry, problem) => {
    expect(problemsOf(documentOf(entry)).map((each) => each.slice(0, problem.length))).toEqual([problem]);
  });

  it("takes a name that has a path in its middle for a name", () => {
    const policy = policyOf(documentOf({ category_by: { ...BY, arg: "my args.kind" } }));
    const { path } = policy.forTool("manage").categoryBy ?? {};
    expect(path).toBe("args.my args.kind");
  });

  it("has a schema by which editors check the argument's name and the categories", () => {
    expect(CATEGORY_BY.schema).toEqual({
      type: "object",
      properties: { arg: { type: "string", minLength: 1, description: expect.stringMatching(/./) } },
      additionalProperties: expect.objectContaining({}),
      required: ["arg"],
      minProperties: 2,
    });
  });

  it("reads equally specific patterns that a more specific one decides between, or that match nothing in common", () => {
    const values = { "a*": "read", "*b": "write", "a*b": "execute", ca: "read", cb: "read" };
    expect(problemsOf(documentOf({ category_by: { arg: "a", ...values } }))).toEqual([]);
  });

  it("lets the author of a category's rules see a name that no tool would have without it", () => {
    const policy = policyOf({
      ...documentOf({ category_by: BY }),
      categories: { destructive: { hide: true } },
    });
    const hidden = callOf("manage", { args: { action: "delete" } });
    const explained = explainCall(policy, hidden);
    expect(explained.decision.denial?.reason).toBe("hidden");
    expect(adviceFor(policy, hidden, explained)).toEqual([
      'say "inherit": false in the entry "manage": its category is hidden',
    ]);
  });
});
