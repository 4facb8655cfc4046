/** The limits that an entry has besides its list, compiled; and whether a document asks for checks of arguments. */

import { describe, expect, it } from "vitest";
import { COOLDOWN } from "../../../src/policy/document/cooldown.ts";
import { mayValidate } from "../../../src/policy/document/document.ts";
import { SCOPES } from "../../../src/policy/limit.ts";
import { policyOf, problemsOf } from "../policies.ts";

function limitsOf(entry: object): readonly object[] {
  return policyOf({ version: "1", default: "deny", tools: { pay: entry } }).limits;
}

it("counts calls in flight of a tool", () => {
  expect(limitsOf({ concurrent: 2 })).toMatchObject([
    {
      counter: "in_flight",
      rule: "/tools/pay/limits/in_flight",
      max: 2,
      scope: "tool",
      measures: "in_flight",
      mode: "enforce",
    },
  ]);
});

it.each([
  [{ failures: 3, seconds: 60 }, { lengthMs: 60_000, scope: "agent+tool", mode: "enforce" }, undefined],
  [
    { failures: 3, seconds: 60, within: 30, scope: "agent" },
    { lengthMs: 30_000, scope: "agent", mode: "enforce" },
    undefined,
  ],
  [
    { failures: 3, seconds: 60, mode: "shadow", on_deny: "wait a minute" },
    { lengthMs: 60_000, scope: "agent+tool", mode: "shadow" },
    "wait a minute",
  ],
])("begins a pause after failures: %j", (cooldown, { lengthMs, scope, mode }, message) => {
  const [limit, ...others] = limitsOf({ cooldown });
  expect(others).toEqual([]);
  const rule = "/tools/pay/limits/cooldown";
  expect(limit).toMatchObject({
    counter: "cooldown",
    rule,
    window: { unit: "fixed", lengthMs: 60_000 },
    max: 1,
    scope,
    algorithm: "sliding",
    measures: "pause",
    mode,
    opener: {
      counter: "cooldown failures",
      rule,
      window: { unit: "fixed", lengthMs },
      max: 3,
      scope,
      algorithm: "sliding",
      measures: "calls",
    },
  });
  const { id, opener, message: written } = Object(limit);
  expect(written).toBe(message);
  expect(opener.id).toBe(JSON.stringify([id, lengthMs / 1_000]));
});

it.each([
  [{}, false],
  [{ tools: {}, categories: {} }, false],
  [{ arguments: "validate" }, true],
  [{ arguments: "observe", tools: { a: {}, b: { arguments: "validate" } } }, true],
  [
    { arguments: "off", categories: { read: { arguments: "observe" }, write: { arguments: "validate" } } },
    true,
  ],
  [{ arguments: "off", tools: { a: { arguments: "observe" } }, categories: { read: {} } }, false],
])("says whether %j may validate arguments", (more, expected) => {
  const { document } = policyOf({ version: "1", default: "deny", ...more });
  expect(mayValidate(document)).toBe(expected);
});

it.each([
  [86_400, []],
  [86_401, [expect.stringContaining("tools.pay.cooldown.seconds: must be")]],
])("may pause for a day at most: %j seconds", (seconds, problems) => {
  const tools = { pay: { cooldown: { failures: 1, seconds } } };
  expect(problemsOf({ version: "1", default: "deny", tools })).toEqual(problems);
});

describe("the schema of a cooldown", () => {
  it("bounds its numbers as the reader does, and names the scopes", () => {
    const whole = { type: "integer", minimum: 1 };
    const seconds = { ...whole, maximum: 86_400 };
    expect(COOLDOWN.schema).toMatchObject({
      properties: { failures: whole, seconds, within: seconds, scope: { enum: ["grant", ...SCOPES] } },
      required: ["failures", "seconds"],
    });
  });
});
