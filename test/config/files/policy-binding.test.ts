import { describe, expect, it } from "vitest";
import { compileMatch } from "../../../src/config/files/policy-binding.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import type { BindingMatch } from "../../../src/config/settings/binding-settings.ts";
import { isJsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { type Caller, proofOf } from "../../../src/policy/caller.ts";
import { temporaryFile } from "../../fixtures/lifetime.ts";

function callerWith(claims: object, caller: Partial<Caller> = {}): Caller {
  const read = readJson(JSON.stringify(claims));
  if (!read.ok || !isJsonObject(read.value)) throw new Error("claims are an object");
  const { value } = read;
  return { agent: "desktop", proof: () => proofOf(value), ...caller };
}

const ANN = callerWith(
  { iss: "https://login.example.com", groups: ["staff", "admins"], scope: "read write" },
  { user: "ann@example.com" },
);

describe("a binding", () => {
  it.each<[BindingMatch, boolean]>([
    ["desk*", true],
    ["mobile", false],
    [{ pattern: "desktop" }, true],
    [{ user: "*@example.com" }, true],
    [{ user: "bob" }, false],
    [{ group: ["admins"] }, true],
    [{ group: ["admin"] }, false],
    [{ group: ["none", "staff"] }, true],
    [{ group: ["*"] }, false],
    [{ scope: ["write"] }, true],
    [{ scope: ["writ"] }, false],
    [{ issuer: ["https://login.example.com"] }, true],
    [{ issuer: ["https://login.example.com/"] }, false],
    [{ pattern: "desktop", group: ["admins"], scope: ["read"] }, true],
    [{ pattern: "desktop", group: ["none"] }, false],
  ])("%j matches a caller: %s", (match, isMatch) => {
    expect(compileMatch(match)(ANN)).toBe(isMatch);
  });

  it.each<BindingMatch>([{ user: "*" }, { group: ["staff"] }, { scope: ["read"] }, { issuer: ["i"] }])(
    "%j matches no caller without a token",
    (match) => {
      expect(compileMatch(match)({ agent: "desktop" })).toBe(false);
    },
  );

  it("cannot be decided by groups that cannot be read, unless another property excludes the caller", () => {
    const unread = callerWith({ hasgroups: true });
    expect(compileMatch({ group: ["admins"] })(unread)).toBeUndefined();
    expect(compileMatch({ group: ["admins"], scope: ["write"] })(unread)).toBe(false);
    expect(compileMatch({ pattern: "desktop", group: ["admins"] })(unread)).toBeUndefined();
  });
});

function agentsIn(yaml: string): unknown {
  const config = temporaryFile("tollgate.yaml", `agents:\n  - ${yaml}\n`);
  const flags = { upstream: "http://127.0.0.1:3000/mcp", config };
  const parsed = parseSettings({ flags, environment: {}, isTerminal: false });
  return parsed.ok ? parsed.settings.agents : parsed.problems.map((one) => one.replace(config, "file"));
}

describe("the settings of bindings", () => {
  it("take one name or several", () => {
    expect(agentsIn("{ match: { group: a, scope: [b, c] }, policy: p }")).toEqual([
      { match: { group: ["a"], scope: ["b", "c"] }, policy: "p" },
    ]);
  });

  const FORM = "must be a pattern of agents' names, or a mapping with pattern, user, group, scope or issuer";

  it.each([
    ["{}", ".match: must have pattern, user, group, scope or issuer"],
    ["{ role: a }", ".match: unknown: role; known are pattern, user, group, scope and issuer"],
    ["{ group: 5 }", `.match: ${FORM}`],
    ["{ group: [] }", ".match.group: must have at least 1 entry"],
    ["''", ".match: must not be empty"],
    ["5", `.match: ${FORM}`],
  ])("refuse the match %s in words", (match, problem) => {
    expect(agentsIn(`{ match: ${match}, policy: p }`)).toContain(`agents.0${problem}`);
  });
});
