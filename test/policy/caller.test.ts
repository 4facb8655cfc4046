/** Conditions on the caller, and the lists that are read from the claims of its token. */

import { describe, expect, it } from "vitest";
import { type Caller, listHolds, parseCallerPath, proofOf } from "../../src/policy/caller.ts";
import { decide } from "../../src/policy/decide.ts";
import { callOf, fromLiteral, json, policyOf, problemsOf, UNUSED } from "./policies.ts";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";

function claimsOf(literal: object): JsonObject {
  const value = fromLiteral(literal);
  if (!isJsonObject(value)) throw new Error("claims are an object");
  return value;
}

const withClaims = (claims: object): Partial<Caller> => ({ proof: () => proofOf(claimsOf(claims)) });

/** The decision of a rule with one condition: `denies`, `passes`, or `cannot be evaluated`. */
function verdict(
  kind: "require" | "deny_if",
  condition: object,
  caller: Partial<Caller>,
  more: object = {},
): string {
  const policy = policyOf({
    version: "1",
    default: "deny",
    tools: { t: { [kind]: [{ conditions: [condition] }] } },
    ...more,
  });
  const { denial } = decide(policy, { ...callOf("t"), ...caller }, UNUSED);
  if (denial === undefined) return "passes";
  return denial.reason === "condition" ? "denies" : "cannot be evaluated";
}

const is = (path: string, value: unknown, op = "eq"): object => ({ path, op, value });

describe("a condition on the caller", () => {
  it.each<[string, object, Partial<Caller>]>([
    ["the agent", is("caller.agent", "bot"), { agent: "bot" }],
    ["the user", is("caller.user", "ann"), { user: "ann" }],
    ["the source", is("caller.source", "jwt"), { source: "jwt" }],
    ["the address", is("caller.address", "192.0.2.1"), { address: "192.0.2.1" }],
    ["the issuer", is("caller.issuer", "https://i"), withClaims({ iss: "https://i" })],
    ["groups", is("caller.groups", "admins", "contains"), withClaims({ groups: ["staff", "admins"] })],
    ["groups of Cognito", is("caller.groups", "a", "contains"), withClaims({ "cognito:groups": ["a"] })],
    ["one group without a list", is("caller.groups", "admins", "contains"), withClaims({ groups: "admins" })],
    [
      "the number of groups",
      { ...is("caller.groups", 2, "lt"), of: "length" },
      withClaims({ groups: ["a"] }),
    ],
    [
      "some group",
      { ...is("caller.groups[*]", "eng-", "starts_with"), items: "some" },
      withClaims({ groups: ["staff", "eng-1"] }),
    ],
    ["a group by its place", is("caller.groups[0]", "a"), withClaims({ groups: ["a", "b"] })],
    ["scopes in one text", is("caller.scopes", "write", "contains"), withClaims({ scope: "read  write" })],
    ["scopes in a list", is("caller.scopes", "write", "contains"), withClaims({ scope: ["read", "write"] })],
    ["scp", is("caller.scopes", "write", "contains"), withClaims({ scp: "write" })],
    ["a claim", is("caller.claims.tier", "gold"), withClaims({ tier: "gold" })],
    ["the short form of a claim", is("claims.tier", "gold"), withClaims({ tier: "gold" })],
    ["a number", is("caller.claims.level", 3, "gte"), withClaims({ level: 3 })],
    ["a claim within a claim", is("caller.claims.org.id", 7), withClaims({ org: { id: 7 } })],
    [
      "a claim with dots",
      is('caller.claims["https://x.y/role"]', "a"),
      withClaims({ "https://x.y/role": "a" }),
    ],
    ["all claims", is("caller.claims", true, "exists"), withClaims({})],
  ])("holds for %s, and not without it", (_what, condition, caller) => {
    expect(verdict("require", condition, caller)).toBe("passes");
    expect(verdict("deny_if", condition, caller)).toBe("denies");
    expect(verdict("require", condition, {})).toBe("denies");
    expect(verdict("deny_if", condition, {})).toBe("passes");
  });

  it.each([
    "caller.user",
    "caller.source",
    "caller.address",
    "caller.issuer",
    "caller.groups",
    "caller.scopes",
    "claims.x",
  ])("is missing without %s, which denies under strict", (path) => {
    expect(verdict("deny_if", is(path, "x"), {}, { strict: true })).toBe("cannot be evaluated");
    expect(verdict("deny_if", is(path, "x"), withClaims({}), { strict: true })).toBe("cannot be evaluated");
    expect(verdict("require", is(path, true, "not_exists"), {})).toBe("passes");
  });

  it.each<[string, object, object]>([
    ["groups that are an object", is("caller.groups", "a", "contains"), { groups: { a: 1 } }],
    ["groups that are a number", is("caller.groups", "a", "contains"), { groups: 1 }],
    [
      "groups left out since they are too many",
      is("caller.groups", "a", "contains"),
      { _claim_names: { groups: "src1" } },
    ],
    ["groups left out by the implicit flow", is("caller.groups", "a", "contains"), { hasgroups: true }],
    ["scopes that are an object", is("caller.scopes", "a", "contains"), { scope: {} }],
    ["a claim of another type", is("claims.level", 3, "gt"), { level: "4" }],
    ["a path below a text", is("claims.tier.x", "a"), { tier: "gold" }],
  ])("denies where it cannot be evaluated: %s", (_what, condition, claims) => {
    expect(verdict("deny_if", condition, withClaims(claims))).toBe("cannot be evaluated");
    expect(verdict("require", condition, withClaims(claims))).toBe("cannot be evaluated");
  });

  it("does not find a part of a name in a list", () => {
    expect(
      verdict("require", is("caller.scopes", "write", "contains"), withClaims({ scope: "write:own" })),
    ).toBe("denies");
    expect(
      verdict("require", is("caller.groups", "admin", "contains"), withClaims({ groups: "admins" })),
    ).toBe("denies");
  });

  it("reads names of JavaScript as ordinary claims", () => {
    for (const name of ["constructor", "__proto__", "toString"])
      expect(verdict("require", is(`claims.${name}`, true, "exists"), withClaims({ a: 1 }))).toBe("denies");
  });

  it("is not held against the names of arguments", () => {
    const policy = policyOf({
      version: "1",
      default: "deny",
      tools: { t: { deny_if: [{ conditions: [is("caller.user", "mallory")] }] } },
    });
    const call = { ...callOf("t", { args: { User: "x", user: "mallory" } }), user: "ann" };
    expect(decide(policy, call, UNUSED).denial).toBeUndefined();
  });
});

describe("the path of a condition on the caller", () => {
  it.each(["caller.claims.x", 'caller.claims["a.b"].c[0]', "claims", "caller.groups", "caller.agent"])(
    "may be %s",
    (path) => {
      expect(parseCallerPath(path)).toBeDefined();
    },
  );

  it.each([
    "caller",
    "caller.name",
    "caller.agent.x",
    "caller.user[0]",
    "callers.agent",
    "caller.",
    "caller[0]",
  ])("may not be %s, with the paths that there are", (path) => {
    expect(parseCallerPath(path)).toBeUndefined();
    const tools = { t: { require: [{ conditions: [is(path, "a")] }] } };
    expect(problemsOf({ version: "1", default: "deny", tools })).toEqual([
      `tools.t.require[0].conditions[0].path: must be caller.agent, caller.user, caller.source, caller.address, caller.issuer, caller.groups, caller.scopes or caller.claims.NAME, got "${path}"`,
    ]);
  });

  it("that is neither of caller nor of arguments is refused as before", () => {
    const tools = { t: { require: [{ conditions: [is("user.name", "a")] }] } };
    expect(problemsOf({ version: "1", default: "deny", tools })[0]).toContain(
      "must be a path such as args.name",
    );
  });
});

describe("the groups of a token", () => {
  it("are read from the claim that is configured", () => {
    const claims = claimsOf({ groups: ["a"], realm_access: { roles: ["b"] } });
    expect(proofOf(claims, ["realm_access", "roles"]).groups).toEqual(["b"]);
    expect(proofOf(claims, ["realm_access", "teams"]).groups).toBeUndefined();
    expect(proofOf(claims, ["groups", "teams"]).groups).toEqual(new Map());
  });

  it("have an issuer only where it is a text", () => {
    expect(proofOf(claimsOf({ iss: 7 })).issuer).toBeUndefined();
  });

  it("hold a name, do not hold it, or cannot be read", () => {
    expect(listHolds(json('["a","b"]'), ["c", "b"])).toBe(true);
    expect(listHolds(json('["a",1]'), ["1"])).toBe(false);
    expect(listHolds(undefined, ["a"])).toBe(false);
    expect(listHolds(new Map(), ["a"])).toBeUndefined();
  });
});

describe("the parts of a proof", () => {
  it.each<[object, object]>([
    [{ scope: " a  b " }, { scopes: ["a", "b"] }],
    [{ scp: ["a", ""] }, { scopes: ["a", ""] }],
    [{ iss: 5 }, {}],
    [
      { iss: "https://a.example", groups: "g" },
      { issuer: "https://a.example", groups: ["g"] },
    ],
  ])("of %j", (claims, expected) => {
    const proof = proofOf(claimsOf(claims));
    expect(Object.keys(proof).toSorted()).toEqual(["claims", ...Object.keys(expected)].toSorted());
    expect(proof).toMatchObject(expected);
  });
});
