/** The methods that are known: those of every revision, and no other name. */

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { METHODS, isKnownMethod, passesFreeze } from "../../src/mcp/methods.ts";

describe("known methods", () => {
  it("include every method of the official SDK", () => {
    const source = readFileSync(new URL(import.meta.resolve("@modelcontextprotocol/sdk/types.js")), "utf8");
    const literals = source.matchAll(/literal\('((?!ref\/)[a-z]+\/[a-zA-Z/_]+|ping|initialize)'\)/g);
    const methods = Array.from(literals, (match) => match[1] ?? "");
    expect(methods.length).toBeGreaterThan(20);
    expect(methods.filter((method) => !isKnownMethod(method))).toEqual([]);
  });

  it("include what 2026-07-28 and the tasks extension added", () => {
    const added = [
      "server/discover",
      "subscriptions/listen",
      "notifications/subscriptions/acknowledged",
      "tasks/update",
      "notifications/tasks",
      "notifications/tasks/status",
    ];
    expect(added.filter((method) => !isKnownMethod(method))).toEqual([]);
  });

  it("have no duplicates, and are all known", () => {
    expect(METHODS.filter((method) => !isKnownMethod(method))).toEqual([]);
    expect(new Set(METHODS).size).toBe(METHODS.length);
  });

  it.each(["", "tools/Call", "tools/destroy", "tools/call ", "x/y", "__proto__", "constructor"])(
    "do not include %j",
    (method) => {
      expect(isKnownMethod(method)).toBe(false);
    },
  );
});

it("lets exactly the methods pass a freeze that make no server act", () => {
  const passing = [...METHODS, "Ping", "vendor/do"].filter(passesFreeze);
  expect(passing).toContain("tools/list");
  expect(
    passing.filter((method) => /call|read|get|result|update|complete|Ping|vendor|subscribe$/.test(method)),
  ).toEqual(["resources/unsubscribe"]);
});
