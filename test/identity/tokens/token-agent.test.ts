import { describe, expect, it } from "vitest";
import { agentFromClaims, type Claims, type ClaimPaths } from "../../../src/identity/tokens/token-agent.ts";

/** The agent and the user that a token names, or why it is refused. */
function namesIn(claims: Claims, paths: ClaimPaths = {}): unknown {
  const found = agentFromClaims(paths)(claims);
  if (found.kind === "agent") return [found.agent.name, found.agent.user];
  return found.kind === "rejected" ? found.detail : found.kind;
}

describe("a token that a user's client sends", () => {
  it.each<[string, Claims, ClaimPaths, readonly [string, string | undefined]]>([
    ["azp and sub", { azp: "desktop", sub: "ann" }, {}, ["desktop", "ann"]],
    ["client_id and sub (RFC 9068)", { client_id: "desktop", sub: "ann" }, {}, ["desktop", "ann"]],
    ["appid and sub (Entra ID v1)", { appid: "1-2", sub: "ann", idtyp: "user" }, {}, ["1-2", "ann"]],
    ["azp beside appid", { azp: "desktop", appid: "1-2", sub: "ann" }, {}, ["desktop", "ann"]],
    ["act (RFC 8693)", { sub: "ann", act: { sub: "planner" } }, {}, ["planner", "ann"]],
    [
      "a chain of act, whose first is the present actor",
      { sub: "ann", act: { sub: "planner", act: { sub: "portal" } } },
      {},
      ["planner", "ann"],
    ],
    [
      "act beside the client",
      { azp: "desktop", sub: "ann", act: { sub: "planner" } },
      {},
      ["desktop", "ann"],
    ],
    [
      "the configured user",
      { azp: "desktop", sub: "u-1", email: "ann@example.com" },
      { user: ["email"] },
      ["desktop", "ann@example.com"],
    ],
    [
      "a user within an object",
      { azp: "desktop", sub: "u-1", ctx: { user: { id: "ann" } } },
      { user: ["ctx", "user", "id"] },
      ["desktop", "ann"],
    ],
    ["a configured agent beside sub", { sub: "ann", bot: "b" }, { agent: ["bot"] }, ["b", "ann"]],
  ])("names both: %s", (_claims, claims, paths, names) => {
    expect(namesIn(claims, paths)).toEqual(names);
  });
});

describe("a token that a client requested for itself", () => {
  it.each<[string, Claims, ClaimPaths, string]>([
    ["sub alone", { sub: "bot" }, {}, "bot"],
    ["no sub", { azp: "bot" }, {}, "bot"],
    ["sub as azp (Google, Okta)", { azp: "bot", sub: "bot" }, {}, "bot"],
    ["sub as client_id (Cognito)", { client_id: "bot", sub: "bot" }, {}, "bot"],
    ["sub as client_id beside azp", { azp: "app", client_id: "bot", sub: "bot" }, {}, "app"],
    ["Auth0", { azp: "bot", sub: "bot@clients", gty: "client-credentials" }, {}, "bot"],
    ["Auth0 without gty", { azp: "bot", sub: "bot@clients" }, {}, "bot"],
    ["Entra ID", { azp: "bot", sub: "8d3e", oid: "8d3e", idtyp: "app" }, {}, "bot"],
    [
      "Keycloak",
      { azp: "Bot", sub: "0a-1", clientHost: "10.1.2.3", preferred_username: "service-account-bot" },
      {},
      "Bot",
    ],
    ["an actor that is the subject", { sub: "bot", act: { sub: "bot" } }, {}, "bot"],
    ["sub as the configured agent", { azp: "desktop", sub: "ann" }, { agent: ["sub"] }, "ann"],
    ["a configured user that is absent", { azp: "bot", sub: "ann" }, { user: ["email"] }, "bot"],
    ["a configured user on a text", { azp: "bot", email: "ann" }, { user: ["email", "length"] }, "bot"],
  ])("names no user: %s", (_claims, claims, paths, agent) => {
    expect(namesIn(claims, paths)).toEqual([agent, undefined]);
  });
});

it("does not let a user pass as a client by a name that users choose", () => {
  const claims = { azp: "bot", sub: "mallory", preferred_username: "service-account-bot" };
  expect(namesIn(claims)).toEqual(["bot", "mallory"]);
});

describe("a token whose user is no name", () => {
  it.each<[string, Claims, ClaimPaths, string]>([
    [
      "a list",
      { azp: "a", roles: ["x"] },
      { user: ["roles"] },
      "a list where the user's name must be one text",
    ],
    ["a list of one", { azp: "a", sub: ["ann"] }, {}, "a list where the user's name must be one text"],
    ["a number", { azp: "a", sub: 7 }, {}, "names no user"],
    ["an object", { azp: "a", sub: {} }, {}, "names no user"],
    ["null", { azp: "a", sub: null }, {}, "names no user"],
    ["empty", { azp: "a", sub: "" }, {}, "names no user"],
    ["long", { azp: "a", sub: "x".repeat(257) }, {}, "the user's name has more than 256 characters"],
    ["with a line break", { azp: "a", sub: "ann\nbob" }, {}, "the user's name has a character that"],
    ["with blanks around it", { azp: "a", sub: " ann" }, {}, "the user's name begins or ends with"],
    ["with a hidden character", { azp: "a", sub: "an\u200bn" }, {}, "the user's name has a character that"],
    ["as callers without a credential", { azp: "a", sub: "anonymous" }, {}, "the user's name is reserved"],
    ["a list as agent", { azp: ["a"], sub: "ann" }, {}, "a list where the agent's name must be one text"],
  ])("is refused: %s", (_user, claims, paths, words) => {
    expect(namesIn(claims, paths)).toContain(words);
  });

  it("is not read from the prototype of an object", () => {
    expect(namesIn({ azp: "a" }, { user: ["constructor", "name"] })).toEqual(["a", undefined]);
  });
});

it("writes the prefix of its source before both names", () => {
  const names = { prefix: "corp:", owns: () => true, ownsUser: () => true };
  const found = agentFromClaims({}, names)({ azp: "desktop", sub: "ann" });
  expect(found).toMatchObject({ agent: { name: "corp:desktop", user: "corp:ann" } });
  expect(agentFromClaims({}, names)({ azp: "bot", sub: "bot" })).not.toHaveProperty("agent.user");
  const long = "x".repeat(254);
  expect(agentFromClaims({}, names)({ azp: "desktop", sub: long })).toMatchObject({ kind: "rejected" });
});
