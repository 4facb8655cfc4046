/** Windows and limits at their bounds, in the reader and in the JSON Schema. */

import { describe, expect, it } from "vitest";
import { policySchema } from "../../../src/policy/document/document.ts";
import { LIMITS } from "../../../src/policy/document/rule-entry.ts";
import { problemsOf } from "../policies.ts";

function windowProblems(window: unknown): string[] {
  const limits = [{ counter: "c", window, max: 1 }];
  return problemsOf({ version: "1", default: "deny", tools: { t: { limits } } });
}

describe("a window in seconds", () => {
  it.each([1, 31_622_400])("may be %s", (window) => {
    expect(windowProblems(window)).toEqual([]);
  });

  it.each([0, 0.5, 31_622_401])("may not be %s", (window) => {
    expect(windowProblems(window)).toEqual([
      `tools.t.limits[0].window: must be a whole number of seconds from 1 to 31622400, got ${window}`,
    ]);
  });
});

describe("the schema of limits", () => {
  it("has the bounds that the reader has", () => {
    expect(LIMITS.schema).toMatchObject({
      type: "array",
      items: {
        anyOf: [
          {
            properties: {
              window: {
                anyOf: [
                  { enum: ["second", "minute", "hour", "day", "week", "month", "concurrent"] },
                  { type: "integer", minimum: 1, maximum: 31_622_400 },
                ],
              },
              max: { type: "number", minimum: 0 },
              increment: { type: "number", exclusiveMinimum: 0 },
              counter: { type: "string", minLength: 1 },
              shared: { type: "boolean" },
              algorithm: { enum: ["aligned", "sliding"] },
            },
            required: ["counter", "window", "max"],
          },
          {
            properties: { concurrent: { type: "integer", minimum: 0 } },
            required: ["concurrent"],
          },
        ],
      },
    });
    expect(JSON.stringify(policySchema())).toContain('"exclusiveMinimum":0');
  });
});

describe("problems of entries", () => {
  it("are the keys that calls in flight do not have", () => {
    const limit = { counter: "c", window: "concurrent", max: 1, increment: 2, algorithm: "sliding" };
    expect(problems({ a: { limits: [limit] } })).toEqual([
      "tools.a.limits[0].increment: must not stand in a limit of calls in flight",
      "tools.a.limits[0].algorithm: must not stand in a limit of calls in flight",
    ]);
    expect(problems({ a: { concurrent: 1.5, limits: [{ concurrent: -1 }] } })).toEqual([
      "tools.a.limits[0].concurrent: must be a whole number of 0 or more, got -1",
      "tools.a.concurrent: must be a whole number of 0 or more, got 1.5",
    ]);
  });

  it("are the digests of a pin under a pattern", () => {
    expect(
      problems({ "a*": { pin: { digest: "x" } }, "b*": { pin: "deny" }, c: { pin: { digest: "x" } } }),
    ).toEqual([
      'tools.a*.pin: must be "deny" or "warn": digests are those of one tool, and this is a pattern',
    ]);
  });
});

function problems(tools: object): string[] {
  return problemsOf({ version: "1", default: "deny", tools });
}
