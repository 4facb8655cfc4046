/** The tools that a caller sees. */

import { describe, expect, it } from "vitest";
import { type Caller, proofOf } from "../../src/policy/caller.ts";
import { toolView } from "../../src/policy/tool-view.ts";
import { fromLiteral, policyOf } from "./policies.ts";
import { isJsonObject } from "../../src/json/json.ts";

const READ = { category: "read", source: "heuristic", confidence: 1 } as const;

function memberOf(...groups: string[]): Caller {
  const claims = fromLiteral({ groups });
  if (!isJsonObject(claims)) throw new Error("claims are an object");
  return { agent: "a", proof: () => proofOf(claims) };
}

const IN_GROUP = (group: string, more: object = {}) => [
  { conditions: [{ path: "caller.groups", op: "contains", value: group }], ...more },
];

const POLICY = policyOf({
  version: "1",
  default: "allow",
  hide: ["secret"],
  all_tools: { deny_if: IN_GROUP("blocked") },
  categories: { read: { require: IN_GROUP("readers") } },
  tools: {
    drop: { require: IN_GROUP("admins") },
    ask: { require: IN_GROUP("admins", { effect: "approve" }) },
    trial: { require: IN_GROUP("admins", { mode: "shadow" }) },
    mixed: {
      require: [
        {
          conditions: [
            { path: "caller.groups", op: "contains", value: "admins" },
            { path: "args.x", op: "exists", value: true },
          ],
        },
      ],
    },
    empty: { require: [{ conditions: [] }] },
  },
});

function seenBy(caller: Caller, ...tools: string[]): string[] {
  const view = toolView(POLICY, caller);
  return tools.filter((tool) => view?.isHidden(tool, { ...READ, category: "unknown" }) === false);
}

describe("the view of a caller", () => {
  it("leaves out tools that the caller can never call, and the hidden ones", () => {
    const tools = ["drop", "ask", "trial", "mixed", "empty", "other", "secret"];
    expect(seenBy(memberOf("admins"), ...tools)).toEqual(tools.slice(0, -1));
    expect(seenBy(memberOf("staff"), ...tools)).toEqual(["ask", "trial", "mixed", "empty", "other"]);
    expect(seenBy({ agent: "a" }, ...tools)).toEqual(["ask", "trial", "mixed", "empty", "other"]);
    expect(seenBy(memberOf("admins", "blocked"), ...tools)).toEqual([]);
  });

  it("follows the rules of the tool's category", () => {
    expect(toolView(POLICY, memberOf("admins"))?.isHidden("other", READ)).toBe(true);
    expect(toolView(POLICY, memberOf("readers"))?.isHidden("other", READ)).toBe(false);
  });

  it("leaves a tool out where the groups cannot be read", () => {
    const claims = new Map([["hasgroups", true]]);
    expect(seenBy({ agent: "a", proof: () => proofOf(claims) }, "drop", "other")).toEqual([]);
  });

  it("is one for callers that see the same, and another for others", () => {
    const admin = toolView(POLICY, memberOf("admins"));
    expect(toolView(POLICY, memberOf("staff", "admins"))).toBe(admin);
    expect(toolView(POLICY, memberOf("staff"))).not.toBe(admin);
    expect(admin?.isPersonal).toBe(true);
  });

  it("is shared by all callers of a policy without rules about callers", () => {
    const policy = policyOf({ version: "1", default: "allow" });
    const view = toolView(policy, memberOf("a"));
    expect(toolView(policy, { agent: "b" })).toBe(view);
    expect(view?.isPersonal).toBe(false);
  });

  it("does not exist without a policy", () => {
    expect(toolView(undefined, { agent: "a" })).toBeUndefined();
  });

  it("is forgotten beyond 64 of one policy, the oldest first", () => {
    const groups = Array.from({ length: 7 }, (_, index) => `g${index}`);
    const tools = Object.fromEntries(groups.map((group) => [group, { require: IN_GROUP(group) }]));
    const policy = policyOf({ version: "1", default: "allow", tools });
    const callerOf = (bits: number) => memberOf(...groups.filter((_, index) => (bits >> index) % 2 === 1));
    const first = toolView(policy, callerOf(0));
    expect(toolView(policy, callerOf(0))).toBe(first);
    for (let bits = 1; bits < 65; bits += 1) toolView(policy, callerOf(bits));
    expect(toolView(policy, callerOf(64))).toBe(toolView(policy, callerOf(64)));
    expect(toolView(policy, callerOf(0))).not.toBe(first);
  });
});
