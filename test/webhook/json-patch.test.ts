/** Differences of JSON values as JSON Patches. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffJson } from "../../src/webhook/json-patch.ts";
import { applyJsonPatch } from "../fixtures/apply-json-patch.ts";

describe("the JSON Patch of two values", () => {
  it("makes the one of the other, whatever they are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (before, after) => {
        expect(applyJsonPatch(before, diffJson(before, after))).toEqual(after);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["nothing of equal values", { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ["an item put first as an addition", [2, 3], [1, 2, 3], [{ op: "add", path: "/0", value: 1 }]],
    ["an item put last as an addition", [1], [1, 2], [{ op: "add", path: "/1", value: 2 }]],
    [
      "two items put between as additions",
      [1, 4],
      [1, 2, 3, 4],
      [
        { op: "add", path: "/1", value: 2 },
        { op: "add", path: "/2", value: 3 },
      ],
    ],
    ["a list that became shorter as a whole", [1, 2], [2], [{ op: "replace", path: "", value: [2] }]],
    [
      "a changed item alone",
      [{ a: 1 }, { a: 2 }],
      [{ a: 1 }, { a: 3 }],
      [{ op: "replace", path: "/1/a", value: 3 }],
    ],
    [
      "a key with / and ~ in the form of a pointer",
      {},
      { "a/b~c": 1 },
      [{ op: "add", path: "/a~1b~0c", value: 1 }],
    ],
    ["a list that became a map as a whole", { a: [] }, { a: {} }, [{ op: "replace", path: "/a", value: {} }]],
    ["a removed key", { a: 1, b: 2 }, { b: 2 }, [{ op: "remove", path: "/a" }]],
  ])("has %s", (_name, before, after, patch) => {
    expect(diffJson(before, after)).toEqual(patch);
  });
});
