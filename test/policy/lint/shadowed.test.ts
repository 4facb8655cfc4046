/** Rules that are never reached, and counters that are not shared. */

import { describe, expect, it } from "vitest";
import { counterFindings } from "../../../src/policy/lint/separate-counters.ts";
import { shadowedFindings } from "../../../src/policy/lint/shadowed.ts";
import { policyOf } from "../policies.ts";

const RULE = { conditions: [{ path: "args.x", op: "eq", value: 1 }] };
const LIMIT = { counter: "c", window: "minute", max: 1 };

function documentOf(policy: object) {
  return policyOf({ version: "1", default: "allow", ...policy }).document;
}

describe("a rule that is never asked", () => {
  it.each<[string, object, string]>([
    ["alone", { tools: { a: { action: "deny", deny_if: [RULE] } } }, 'is never asked: "action" is "deny"'],
    [
      "with others",
      { tools: { a: { action: "deny", deny_if: [RULE], limits: [LIMIT] } } },
      'is never asked, and so are 1 more: "action" is "deny"',
    ],
    [
      "in a hidden category",
      { categories: { write: { hide: true, deny_if: [RULE] } } },
      "is never asked: the entry hides its tools",
    ],
    [
      "when all is hidden",
      { hide: ["*"], tools: { a: { deny_if: [RULE] } } },
      "is never asked: `hide` hides every tool",
    ],
  ])("is found %s", (_where, policy, message) => {
    expect(shadowedFindings(documentOf(policy)).map((finding) => finding.message)).toEqual([message]);
  });
});

describe("a counter in several entries", () => {
  it("is found, and at most three of the entries are named", () => {
    const tools = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, { limits: [LIMIT] }]));
    expect(counterFindings(documentOf({ tools }), new Set())).toMatchObject([
      {
        code: "counter-not-shared",
        message: expect.stringContaining("one in each of tools.a, tools.b, tools.c, 1 more"),
      },
    ]);
  });
});
