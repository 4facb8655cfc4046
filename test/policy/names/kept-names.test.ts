/** A kept finding for a name is that of a search. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/policy/decide.ts";
import { keepByName } from "../../../src/policy/names/kept-names.ts";
import { callOf, policyOf, problemsOf, UNUSED } from "../policies.ts";

/** Counts the searches that the kept names spare. */
function countedSearch() {
  const searched: string[] = [];
  const find = keepByName((name) => {
    searched.push(name);
    return name.length > 1;
  });
  return { find, searched };
}

describe("a finding for a name", () => {
  it("is found once, whether it is true or false", () => {
    const { find, searched } = countedSearch();
    expect(["a", "ab", "a", "ab"].map(find)).toEqual([false, true, false, true]);
    expect(searched).toEqual(["a", "ab"]);
  });

  it("is kept for names of up to 128 characters", () => {
    const { find, searched } = countedSearch();
    const [kept, long] = ["a".repeat(128), "a".repeat(129)];
    for (const name of [kept, long, kept, long]) find(name);
    expect(searched).toEqual([kept, long, long]);
  });

  it("is kept for 10,000 names, and then for none of them", () => {
    const { find, searched } = countedSearch();
    const names = Array.from({ length: 10_000 }, (_, index) => `n${index}`);
    for (const name of [...names, ...names]) find(name);
    expect(searched).toHaveLength(10_000);
    for (const name of ["one more", "n9999", "n9999"]) find(name);
    expect(searched.slice(10_000)).toEqual(["one more", "n9999"]);
  });
});

describe("a policy that has met names before", () => {
  const unit = fc.constantFrom("a", "A", "b", "_", " ", "\u200b", "*", "?");
  const key = fc.string({ unit, minLength: 1, maxLength: 5 });
  const entry = fc.constantFrom<object>({}, { action: "deny" }, { hide: true }, { action: "approve" });
  const document = fc.record({
    version: fc.constant("1"),
    default: fc.constantFrom("allow", "deny"),
    hide: fc.uniqueArray(key, { maxLength: 2 }),
    tools: fc.dictionary(key, entry, { maxKeys: 6, noNullPrototype: true }),
  });

  it("decides as one that has met none", () => {
    fc.assert(
      fc.property(document, fc.array(key, { maxLength: 12 }), (literal, names) => {
        fc.pre(problemsOf(literal).length === 0);
        const policy = policyOf(literal);
        for (const name of [...names, ...names.toReversed()])
          expect(decide(policy, callOf(name), UNUSED)).toEqual(
            decide(policyOf(literal), callOf(name), UNUSED),
          );
      }),
      { numRuns: 300 },
    );
  });
});
