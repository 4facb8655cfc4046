/** Places of entries and rules in a document. */

import { describe, expect, it } from "vitest";
import { documentRoot, placedEntries, placedRules } from "../../../src/policy/lint/finding.ts";
import { policyOf } from "../policies.ts";

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
