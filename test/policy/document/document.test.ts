/** The document: normal form, dialects, schema. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parsePolicy, policySchema } from "../../../src/policy/document/document.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { fromLiteral, json, policyOf, problemsOf } from "../policies.ts";

const STORIES = readdirSync(new URL("../../corpus/", import.meta.url)).filter((file) =>
  file.endsWith(".json"),
);

function normalForm(literal: unknown): { json: unknown; notes: readonly string[] } {
  const parsed = parsePolicy(fromLiteral(literal));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { json: JSON.parse(printJson(parsed.document.json)), notes: parsed.document.notes };
}

describe("the normal form", () => {
  it("leaves a version 1 document as it is, numbers by their token", () => {
    const text =
      '{"version":"1","default":"deny","x-note":{"n":1.0},"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1e3}]}}}';
    const parsed = parsePolicy(json(text));
    expect(parsed.ok && printJson(parsed.document.json)).toBe(text);
    expect(parsed.ok && parsed.document.notes).toEqual([]);
  });

  it("wraps a bare fragment, and says what that means for other tools", () => {
    const { json: normal, notes } = normalForm({ t: { limits: [] } });
    expect(normal).toEqual({ version: "1", default: "allow", tools: { t: { limits: [] } } });
    expect(notes[0]).toContain("bare fragment");
  });

  it("turns the short form into a limit", () => {
    const { json: normal } = normalForm({
      version: "1",
      default: "deny",
      tools: {
        t: { rate_limit: { max: 10, window: 60 }, limits: [{ counter: "x", window: "day", max: 1 }] },
      },
    });
    expect(normal).toMatchObject({
      tools: { t: { limits: [{ counter: "x" }, { counter: "calls", window: 60, max: 10 }] } },
    });
  });

  it("keeps what all_tools has when Intercept's star joins it", () => {
    const limits = [{ counter: "x", window: "day", max: 1 }];
    const { json: normal } = normalForm({
      version: "1",
      default: "deny",
      all_tools: { limits },
      tools: { "*": { rate_limit: "5/minute", description: "all" } },
    });
    expect(normal).toMatchObject({
      tools: {},
      all_tools: {
        description: "all",
        limits: [{ counter: "x" }, { counter: "calls", window: "minute", max: 5 }],
      },
    });
  });

  it("says that Intercept's absent default means allow", () => {
    expect(normalForm({ version: "1", tools: { t: { rules: [] } } }).notes[0]).toContain("allow");
    expect(normalForm({ version: "1", default: "deny", tools: { t: { rules: [] } } }).notes).toEqual([]);
  });

  it("translates Intercept's counters with fixed and variable increments", () => {
    const state = { counter: "n", window: "hour", increment: 2 };
    const rules = [{ conditions: [{ path: "state.t.n", op: "lte", value: 6 }], state }];
    expect(normalForm({ version: "1", tools: { t: { rules } } }).json).toMatchObject({
      tools: { t: { limits: [{ counter: "n", window: "hour", increment: 2, max: 6, scope: "server" }] } },
    });
  });

  it.each(STORIES)("is its own normal form: the policy of %s", (file) => {
    const story = json(readFileSync(new URL(`../../corpus/${file}`, import.meta.url), "utf8"));
    const first = parsePolicy(story instanceof Map ? (story.get("policy") ?? null) : null);
    if (!first.ok) throw new Error(JSON.stringify(first.problems));
    const second = parsePolicy(first.document.json);
    expect(second.ok && second.document.json).toBe(first.document.json);
    expect(second.ok && second.document.notes).toEqual([]);
  });
});

describe("problems", () => {
  it("are all reported at once", () => {
    expect(
      problemsOf({ version: "2", default: "x", tools: { a: { action: 1, limits: [{}] } } }),
    ).toHaveLength(6);
  });

  it("name the key that was probably meant", () => {
    expect(problemsOf({ version: "1", default: "deny", tools: { a: { limit: [] } } })).toEqual([
      'tools.a.limit: is not a known key, did you mean "limits"?',
    ]);
  });

  it("do not hide behind what Intercept's star adds", () => {
    const tools = { "*": { rate_limit: "5/minute" }, a: { limits: 1 }, b: 5 };
    expect(problemsOf({ version: "1", default: "deny", all_tools: { limits: 5 }, tools })).toEqual([
      "tools.a.limits: must be a list, got 1",
      "tools.b: must be an object, got 5",
    ]);
  });

  it("shorten what is too long to repeat", () => {
    const [problem = ""] = problemsOf({ version: "1", default: "x".repeat(500) });
    expect(problem.length).toBeLessThan(120);
  });

  it("quote names that a path could not show plainly", () => {
    expect(problemsOf({ version: "1", default: "deny", tools: { "a b": 1 } })).toEqual([
      'tools["a b"]: must be an object, got 1',
    ]);
  });

  it.each([[null], [true], [5], ["x"]])("are reported for a document that is %j", (literal) => {
    expect(problemsOf(literal)[0]).toContain("must be an object");
  });
});

describe("the document", () => {
  it("takes descriptions, x- keys and $schema wherever they may stand", () => {
    const condition = { path: "args.a", op: "exists", value: true, description: "d", "x-c": 1 };
    const policy = policyOf({
      $schema: "policy.schema.json",
      "x-top": [],
      version: "1",
      default: "deny",
      description: "d",
      tools: {
        a: {
          "x-tool": {},
          description: "d",
          require: [{ name: "n", description: "d", conditions: [condition] }],
        },
      },
    });
    expect(policy.document.description).toBe("d");
  });
});

describe("Intercept's counters", () => {
  const state = { counter: "n", window: "day" };

  it.each([
    [{ path: "state.t.n" }, "op: must be lte or lt on a counter, got null"],
    [{ path: "state.t.n", op: "lte" }, "value: must be a whole number above 0, got null"],
    [{ path: "state.t.n", op: "lte", value: 0 }, "value: must be a whole number above 0, got 0"],
  ])("%j: %s", (condition, message) => {
    const rules = [{ conditions: [condition], state }];
    expect(problemsOf({ version: "1", tools: { t: { rules } } })).toEqual([
      `tools.t.rules[0].conditions[0].${message}`,
    ]);
  });
});

describe("policySchema", () => {
  const schema = policySchema();

  it("closes every object to unknown keys, but for x- keys", () => {
    expect(schema).toMatchObject({
      type: "object",
      additionalProperties: false,
      patternProperties: { "^x-": {} },
    });
  });

  it("requires what the reader requires", () => {
    expect(schema["required"]).toEqual(["version", "default"]);
  });

  it("lists every operator and window", () => {
    const text = JSON.stringify(schema);
    for (const word of ["not_exists", "starts_with", "fortnight"]) {
      expect(text.includes(`"${word}"`)).toBe(word !== "fortnight");
    }
    expect(text).toContain('"enum":["second","minute","hour","day","week","month","concurrent"]');
  });
});
