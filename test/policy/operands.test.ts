/** Operands and parts of a condition that are refused, word for word. */

import { describe, expect, it } from "vitest";
import { JsonNumber } from "../../src/json/json.ts";
import { expectedOperand } from "../../src/policy/guards/url-part.ts";
import { pathWithin } from "../../src/policy/guards/path-within.ts";
import { problemsOf } from "./policies.ts";

function problemOf(condition: object): string[] {
  const policy = {
    version: "1",
    default: "deny",
    tools: { pay: { deny_if: [{ conditions: [condition] }] } },
  };
  return problemsOf(policy).map((problem) => problem.replace("tools.pay.deny_if[0].conditions[0]", "…"));
}

describe("an operand", () => {
  it.each([
    ["in", 1, "…value: must be a list, got 1"],
    ["not_in", "a", '…value: must be a list, got "a"'],
    ["lt", "1", '…value: must be a number, got "1"'],
    ["gte", true, "…value: must be a number, got true"],
    ["regex", 1, "…value: must be a regular expression in a string, got 1"],
    ["starts_with", 1, "…value: must be a string, got 1"],
    ["ends_with", null, "…value: must be a string, got null"],
    ["exists", "yes", '…value: must be true or false, got "yes"'],
    ["not_exists", 0, "…value: must be true or false, got 0"],
    ["before", "noon", '…value: must be a time such as 2026-01-31T09:00:00Z, got "noon"'],
    ["after", 5, "…value: must be a time such as 2026-01-31T09:00:00Z, got 5"],
  ])("of %s may not be %j", (op, value, problem) => {
    expect(problemOf({ path: "args.a", op, value })).toEqual([problem.replace("…", "….")]);
  });

  it.each([
    ["eq", ["….value: is required"]],
    ["exists", ["….value: is required"]],
    ["not_exists", []],
  ])("may be left out of %s: %j", (op, problems) => {
    expect(problemOf({ path: "args.a", op })).toEqual(problems);
  });
});

describe("the operand for a part of a URL", () => {
  const HOST = 'a host in lower case, such as example.com, when "of" is "host"';
  const PORT = 'a number from 0 to 65535 when "of" is "port"';

  it.each([
    ["host", "contains", "EXAMPLE", HOST],
    ["host", "contains", "example", undefined],
    ["host", "regex", "[A-Z]", undefined],
    ["host", "regex", new JsonNumber("1"), HOST],
    ["path", "contains", "/Public", undefined],
    ["path", "eq", "/Public", undefined],
    ["port", "lt", new JsonNumber("65535"), undefined],
    ["port", "lt", new JsonNumber("65536"), PORT],
    ["port", "lt", new JsonNumber("1.5"), PORT],
    ["port", "lt", new JsonNumber("1e3"), PORT],
  ] as const)("%s %s %j", (part, operator, operand, expected) => {
    expect(expectedOperand(part, operator, operand)).toBe(expected);
  });
});

describe("a path within a folder", () => {
  it.each([
    ["/data", "/data/%25252561", "type"],
    ["/data", "/data/%252561", true],
    ["/data", "/data/%C3%A9", true],
    ["/data", `/data/${"a".repeat(16_378)}`, true],
    ["/data", `/data/${"a".repeat(16_379)}`, "type"],
    ["/data/a", "/data/a.. /x", "type"],
    ["/data/a.b", "/data/a.b. /x", "type"],
    ["/data/..a", "/data/..a./x", "type"],
    ["/data/a", "/data/A/x", "type"],
    ["/data/a", "/data/b/x", false],
  ])("%s: %s is %j", (folder, path, expected) => {
    expect(pathWithin([folder])?.(path)).toBe(expected);
  });
});
