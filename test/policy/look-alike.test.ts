/** Names of tools that a lenient server could take for another tool. */

import { describe, expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { lookAlikeTest } from "../../src/policy/names/look-alike.ts";
import type { Listing } from "../../src/policy/listing.ts";
import { stepsOf } from "../../src/policy/explain/steps.ts";
import { callOf, policyOf, UNUSED } from "./policies.ts";

const GUARD = {
  version: "1",
  default: "allow",
  hide: ["drop_table"],
  tools: { delete_account: { action: "deny" }, search: {} },
};

function reasonOf(literal: object, tool: string, listing?: Listing) {
  return decide(policyOf(literal), { ...callOf(tool), listing }, UNUSED).denial?.reason;
}

const LOOK_ALIKES = [
  "Delete_Account",
  "DELETE_ACCOUNT",
  "delete_account ",
  " delete_account",
  "delete_account\n",
  "delete_account\t",
  "delete_account\u00a0",
  "delete_account\0",
  "delete_account\0x",
  "delete\u200b_account",
  "delete_acc\u2060ount",
  "\ufeffdelete_account",
  "ｄｅｌｅｔｅ＿ａｃｃｏｕｎｔ",
  "delete_accoun\u{1d42d}",
  "drop_tab\u2113e",
  "Drop_Table",
  "drop_\u017fable".replace("\u017f", "t\u200d"),
  "\u017fearch",
  "sear\u1d9ch",
  "Search",
];

describe("a name that looks like a tool of the policy", () => {
  it.each(LOOK_ALIKES)("is denied under default allow: %j", (tool) => {
    expect(reasonOf(GUARD, tool)).toBe("look_alike");
    expect(reasonOf({ ...GUARD, default: "deny" }, tool)).toBe("default_deny");
  });

  it.each(LOOK_ALIKES)("is a tool of its own when the server lists it: %j", (tool) => {
    expect(reasonOf(GUARD, tool, "listed")).toBeUndefined();
  });

  it("is counted and passes where the document is in shadow mode", () => {
    const { denial } = decide(policyOf({ ...GUARD, mode: "shadow" }), callOf("Search"), UNUSED);
    expect(denial).toMatchObject({ reason: "look_alike", rule: "(look-alike)", mode: "shadow" });
  });
});

describe("a name that looks like a tool of the server", () => {
  it("is denied where the document names tools or categories", () => {
    const categories = { version: "1", default: "allow", categories: { destructive: { action: "deny" } } };
    expect(reasonOf(categories, "Wipe", "look_alike")).toBe("look_alike");
    expect(reasonOf(GUARD, "Wipe", "look_alike")).toBe("look_alike");
  });

  it("passes where the document only observes", () => {
    expect(reasonOf({ version: "1", default: "allow" }, "Wipe", "look_alike")).toBeUndefined();
  });

  it("is itself where the policy lists it", () => {
    expect(reasonOf(GUARD, "search", "look_alike")).toBeUndefined();
  });
});

describe("a name that looks like one that a pattern matches", () => {
  const PATTERNS = {
    version: "1",
    default: "allow",
    hide: ["*_secret"],
    tools: { "Delete_?*": { action: "deny" }, "get_*": {} },
  };

  it.each([
    "delete_account",
    "DELETE_ACCOUNT",
    " Delete_x",
    "Read_Secret",
    "read_secret ",
    "GET_it",
    "get_\uff53ecret\u200b_SECRET",
  ])("is denied while the server does not list it: %j", (tool) => {
    expect(reasonOf(PATTERNS, tool)).toBe("look_alike");
    expect(reasonOf(PATTERNS, tool, "listed")).toBeUndefined();
  });

  it.each(["delete_", "got_it", "secret", "get_it", "get_IT "])(
    "is another tool, or one that the pattern matches: %j",
    (tool) => {
      expect(reasonOf(PATTERNS, tool)).toBeUndefined();
    },
  );

  it("is none where a pattern matches every name", () => {
    expect(reasonOf({ version: "1", default: "deny", tools: { "?*": {} } }, "Any Thing")).toBeUndefined();
  });

  it("is none where the name is written with its stars", () => {
    const literal = { version: "1", default: "allow", tools: { "a\\*b": {} } };
    expect(reasonOf(literal, "a*b", "look_alike")).toBeUndefined();
    expect(reasonOf(literal, "A*b")).toBe("look_alike");
    expect(reasonOf(literal, "Axb")).toBeUndefined();
  });
});

describe("a name that is merely near", () => {
  it.each([
    "delete_accounts",
    "delete-account",
    "deleteaccount",
    "searc",
    "s\u00e9arch",
    "\u0455earch",
    "x".repeat(999),
  ])("is another tool: %j", (tool) => {
    expect(reasonOf(GUARD, tool)).toBeUndefined();
  });
});

describe("an explanation", () => {
  it("has a step for a look-alike, and for no other name", () => {
    const policy = policyOf(GUARD);
    const steps = (tool: string) =>
      stepsOf(policy, callOf(tool)).map(({ step, verdict }) => `${step} ${verdict}`);
    expect(steps("Search")).toContain("look-alike denies");
    expect(steps("search").join()).not.toContain("look-alike");
  });
});

it("no listed name looks like another one, and a name does not look like itself", () => {
  const isLookAlike = lookAlikeTest(["delete_account", "drop_*"]);
  expect(isLookAlike("delete_account")).toBe(false);
  expect(isLookAlike("drop_table")).toBe(false);
  expect(isLookAlike("DROP_table")).toBe(true);
  expect(lookAlikeTest(["*_secret"])("read_secret\0x")).toBe(true);
  expect(lookAlikeTest(["*_secret"])("read_secret")).toBe(false);
  expect(lookAlikeTest(["delete_account"])("search")).toBe(false);
});
