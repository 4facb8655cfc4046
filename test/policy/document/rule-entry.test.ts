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
