/** Compiles a document: every entry of the compiled policy, with nothing where the document says nothing. */

import { describe, expect, it } from "vitest";
import { ALLOW_ALL } from "../../../src/policy/document/compile.ts";
import { policySchema } from "../../../src/policy/document/document.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { callOf, policyOf } from "../policies.ts";

const HEAD = { version: "1", default: "deny" };
const LIMIT = { counter: "c", window: "minute", max: 1 };
const RULE = { conditions: [{ path: "args.x", op: "eq", value: 1 }] };

function pointersOf(entry: object): readonly string[] {
  return policyOf({ ...HEAD, tools: { a: entry } }).rules;
}

describe("a compiled entry", () => {
  it("has a reason and messages only where the author wrote them", () => {
    const silent = policyOf({ ...HEAD, tools: { a: { action: "deny", deny_if: [RULE], limits: [LIMIT] } } });
    const entry = silent.forTool("a").entriesFor("unknown")[0];
    expect(entry).not.toHaveProperty("reason");
    expect(entry?.rules[0]).not.toHaveProperty("message");
    expect(entry?.limits[0]?.limit).not.toHaveProperty("message");
    expect(silent.onDeny).toEqual(new Map());
    const talking = policyOf({
      ...HEAD,
      tools: {
        a: {
          action: "deny",
          reason: "no",
          deny_if: [{ ...RULE, on_deny: "never" }],
          limits: [{ ...LIMIT, on_deny: "slow" }],
        },
      },
    });
    expect(talking.onDeny).toEqual(
      new Map([
        ["/tools/a/action", "no"],
        ["/tools/a/deny_if/args.x-eq", "never"],
        ["/tools/a/limits/c-per-minute", "slow"],
      ]),
    );
  });

  it("has the limit in full", () => {
    const [limit] = policyOf({ ...HEAD, tools: { a: { limits: [LIMIT] } } }).limits;
    expect(limit).toStrictEqual({
      id: '["/tools/a","c","minute","agent","aligned"]',
      rule: "/tools/a/limits/c-per-minute",
      counter: "c",
      window: { unit: "fixed", lengthMs: 60_000, offsetMs: 0 },
      max: 1,
      scope: "agent",
      algorithm: "aligned",
      measures: "calls",
      mode: "enforce",
    });
  });

  it("names a shared counter after no tool, and tells calls from amounts", () => {
    const limits = [
      { ...LIMIT, shared: true, scope: "grant" },
      { ...LIMIT, increment: 2, scope: "server" },
      { ...LIMIT, increment_from: "args.n", algorithm: "sliding" },
    ];
    const policy = policyOf({ ...HEAD, tools: { a: { limits } } });
    expect(policy.limits.map(({ id, measures }) => [id, measures])).toEqual([
      ['["shared","c","minute","agent","aligned"]', "calls"],
      ['["/tools/a","c","minute","server","aligned"]', "amounts"],
      ['["/tools/a","c","minute","agent","sliding"]', "amounts"],
    ]);
  });

  it("has amounts that are numbers of 0 or more", () => {
    const policy = policyOf({ ...HEAD, tools: { a: { limits: [{ ...LIMIT, increment_from: "args.n" }] } } });
    const amountOf = policy.forTool("a").entriesFor("unknown")[0]?.limits[0]?.amountOf;
    const amounts = [{}, { n: "x" }, { n: true }, { n: null }, { n: -1 }, { n: 0 }, { n: 2.5 }].map((args) =>
      amountOf?.(callOf("a", { args }).args),
    );
    expect(amounts).toEqual(["missing", "type", "type", "missing", "type", 0, 2.5]);
  });

  it("has rules in the order in which the document lists them", () => {
    const [denyIf, require] = ["/tools/a/deny_if/args.x-eq", "/tools/a/require/args.x-eq"];
    expect(pointersOf({ description: "d", deny_if: [RULE], limits: [], require: [RULE] })).toEqual([
      denyIf,
      require,
    ]);
    expect(pointersOf({ description: "d", require: [RULE], deny_if: [RULE] })).toEqual([require, denyIf]);
  });

  it("denies, unless a rule asks for approval", () => {
    const policy = policyOf({ ...HEAD, tools: { a: { deny_if: [RULE, { ...RULE, effect: "approve" }] } } });
    expect(
      policy
        .forTool("a")
        .entriesFor("unknown")[0]
        ?.rules.map(({ effect }) => effect),
    ).toEqual(["deny", "approve"]);
  });
});

describe("a compiled policy", () => {
  it("is forced into shadow, and never into earnest", () => {
    expect(policyOf({ ...HEAD, mode: "shadow" }, { mode: "enforce" }).mode).toBe("shadow");
    expect(policyOf(HEAD, { mode: "shadow" }).mode).toBe("shadow");
    const tools = { a: { mode: "enforce", action: "deny", limits: [{ ...LIMIT, mode: "enforce" }] } };
    const forced = policyOf({ ...HEAD, tools }, { mode: "shadow" });
    expect(forced.forTool("a").entriesFor("unknown")[0]?.mode).toBe("shadow");
    expect(forced.limits[0]?.mode).toBe("shadow");
  });

  it("pins a tool that has no entry as the document says", () => {
    const policy = policyOf({ ...HEAD, pin: "warn", tools: { a: { pin: "deny" }, b: {} } });
    expect(["a", "b", "c"].map((tool) => policy.forTool(tool).pin)).toEqual(["deny", "warn", "warn"]);
    expect(policyOf(HEAD).forTool("a").pin).toBeUndefined();
  });

  it("that is none allows everything by its own words", () => {
    expect(ALLOW_ALL).toMatchObject({ digest: "", default: "allow", mode: "enforce", isStrict: false });
    expect(ALLOW_ALL.document).toMatchObject({ version: "1", default: "allow", notes: [] });
    expect(printJson(ALLOW_ALL.document.json)).toBe('{"version":"1","default":"allow"}');
    expect([ALLOW_ALL.toolNames, ALLOW_ALL.rules, ALLOW_ALL.limits]).toEqual([[], [], []]);
    expect([ALLOW_ALL.methods.size, ALLOW_ALL.onDeny.size]).toEqual([0, 0]);
    expect(ALLOW_ALL.forTool("constructor").key).toBeUndefined();
  });
});

describe("the schema for editors", () => {
  const schema = policySchema();

  it("says what it is", () => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Tollgate policy",
    });
  });

  it("takes a word or digests as the pin of a tool", () => {
    expect(schema).toMatchObject({
      properties: {
        pin: { enum: ["deny", "warn"] },
        tools: {
          type: "object",
          additionalProperties: {
            properties: {
              pin: { anyOf: [{ enum: ["deny", "warn"] }, { type: "object", additionalProperties: false }] },
            },
          },
        },
      },
    });
  });
});
