import { expect, it } from "vitest";
import type { Agent } from "../../../src/enforcement/request.ts";
import { withClaims, withProof } from "../../../src/identity/tokens/token-proof.ts";

const AGENT: Agent = { name: "desktop", source: "jwt", verified: true, user: "ann" };

function tokenOf(claims: string): string {
  return `h.${Buffer.from(claims).toString("base64url")}.s`;
}

it("reads the claims of a token where a rule asks for them, and keeps the agent", () => {
  const agent = withProof(AGENT, tokenOf('{"iss":"i","groups":["a"],"n":9007199254740993}'));
  expect(agent).toMatchObject(AGENT);
  const proof = agent?.proof?.();
  expect(proof).toMatchObject({ issuer: "i", groups: ["a"] });
  expect(proof?.claims.get("n")).toEqual({ token: "9007199254740993" });
  expect(agent?.proof?.()).toBe(proof);
});

it("reads them again once many others were read", () => {
  const agents = Array.from({ length: 300 }, (_, index) => withClaims(AGENT, `{"groups":["g${index}"]}`));
  const [first] = agents;
  const before = first?.proof?.();
  for (const [index, agent] of agents.entries()) expect(agent?.proof?.().groups).toEqual([`g${index}`]);
  expect(first?.proof?.()).not.toBe(before);
  expect(first?.proof?.()).toEqual(before);
});

it.each(['{"groups":["a"],"groups":[]}', "[]", "", '{"a":', '{"n":1e400}'])(
  "has no proof by claims that are %s",
  (text) => {
    expect(withClaims(AGENT, text)).toBeUndefined();
    expect(withProof(AGENT, tokenOf(text))).toBeUndefined();
  },
);
