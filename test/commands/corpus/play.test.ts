/** Corpus files: what their reader refuses, and what a difference says. The stories themselves run in test/policy. */

import { describe, expect, it } from "vitest";
import { describeCall, playStory } from "../../../src/commands/corpus/play.ts";
import { readStory } from "../../../src/commands/corpus/story.ts";
import { fromLiteral, policyOf } from "../../policy/policies.ts";

const POLICY = { version: "1", default: "deny", tools: { a: {} } };

function read(literal: unknown) {
  return readStory(fromLiteral(literal));
}

describe("readStory", () => {
  it.each([
    [
      { tool: "a", method: "ping", expect: { effect: "allow" } },
      "calls[0]: must have either a tool or a method",
    ],
    [{ expect: { effect: "allow" } }, "calls[0]: must have either a tool or a method"],
    [{ tool: "a" }, "calls[0].expect: is required"],
    [{ tool: "a", args: [], expect: { effect: "allow" } }, "calls[0].args: must be an object, got a list"],
    [
      { tool: "a", times: 0, expect: { effect: "allow" } },
      "calls[0].times: must be a whole number above 0, got 0",
    ],
    [{ tool: "a*", expect: { effect: "allow" } }, "calls[0].tool: matches none of the story's tools"],
  ])("refuses %j", (call, expected) => {
    const reading = read({ story: "s", policy: POLICY, tools: [{ name: "b" }], calls: [call] });
    const problems = reading.ok ? [] : reading.problems.map(({ path, message }) => `${path}: ${message}`);
    expect(problems).toEqual([expected]);
  });

  it("refuses a start that is no date", () => {
    expect(read({ story: "s", start: "soon", policy: POLICY, calls: [] }).ok).toBe(false);
  });
});

describe("playStory", () => {
  it("says how a decision differs from what the story expects", () => {
    const call = {
      tool: "b",
      args: { x: 1 },
      at: 5,
      agent: "p",
      expect: { effect: "allow", rule: "(hidden)" },
    };
    const reading = read({ story: "s", start: "2026-05-01T00:00:00Z", policy: POLICY, calls: [call] });
    if (!reading.ok) throw new Error("a sound story expected");
    const [result] = playStory(reading.story, policyOf(POLICY));
    expect(result?.differences).toEqual([
      "effect: expected allow, got deny",
      "rule: expected (hidden), got (default deny)",
    ]);
    expect(result && describeCall(result.call)).toBe('b {"x":1} by p at 5 s');
  });

  it("plays a call of a pattern for each tool that it matches, at its place in the file", () => {
    const calls = [
      { tool: "?1", expect: { effect: "deny" } },
      { tool: String.raw`a\*`, expect: { effect: "deny" } },
    ];
    const reading = read({
      story: "s",
      policy: POLICY,
      tools: [{ name: "b1" }, { name: "c1" }, { name: "c2" }],
      calls,
    });
    if (!reading.ok) throw new Error("a sound story expected");
    const played = Array.from(playStory(reading.story, policyOf(POLICY)));
    expect(played.map(({ index, call, differences }) => [index, call.tool, differences])).toEqual([
      [0, "b1", []],
      [0, "c1", []],
      [1, "a*", []],
    ]);
  });

  it("plays methods as well as tools", () => {
    const call = { method: "ping", expect: { effect: "allow" } };
    const reading = read({ story: "s", policy: POLICY, calls: [call] });
    if (!reading.ok) throw new Error("a sound story expected");
    const [result] = playStory(reading.story, policyOf(POLICY));
    expect(result?.differences).toEqual([]);
    expect(result && describeCall(result.call)).toBe("ping by anonymous");
  });
});
