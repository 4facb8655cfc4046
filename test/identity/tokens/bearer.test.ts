/** The cost of a repeated token: verifications are counted, with more tokens in turn than a cache may hold. */

import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { importJWK } from "jose";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../../src/enforcement/request.ts";
import type { Authentication } from "../../../src/identity/authentication.ts";
import { bearerSource } from "../../../src/identity/tokens/bearer.ts";
import { createJwtVerifier } from "../../../src/identity/tokens/jwt.ts";
import { TokenCache } from "../../../src/identity/tokens/token-cache.ts";
import { agentFromClaims } from "../../../src/identity/tokens/token-agent.ts";
import { Issuer, newKey, rawToken } from "../../fixtures/issuer.ts";

const MAX_TOKENS = 20_000;

function requestWith(token: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers.authorization = `Bearer ${token}`;
  return request;
}

type Authenticate = (token: string) => Promise<Authentication>;

/** The number of tokens of this round that were verified; each must name its agent. */
async function verifiedIn(
  tokens: readonly string[],
  authenticate: Authenticate,
  count: () => number,
): Promise<number> {
  const before = count();
  for (const [index, token] of tokens.entries()) {
    const found = await authenticate(token);
    if (found.kind !== "agent" || found.agent.name !== `agent-${index}`)
      throw new Error(`token ${index} named ${JSON.stringify(found)}`);
  }
  return count() - before;
}

describe("a token that comes again", () => {
  it(
    "costs one look-up while it is cached: real signatures, 11,000 in turn",
    { timeout: 120_000 },
    async () => {
      const key = await newKey("EdDSA");
      const issuer = await Issuer.start(Date.now, [key]);
      issuer.close();
      const publicKey = await importJWK(key.publicJwk, key.alg);
      if (publicKey instanceof Uint8Array) throw new Error("a public key");
      let verified = 0;
      const verifier = createJwtVerifier({
        issuer: issuer.url,
        audience: [issuer.audience],
        algorithms: ["EdDSA"],
        clockToleranceMs: 0,
        nowMs: Date.now,
        agentOf: agentFromClaims({}),
        keys: {
          find: () => {
            verified += 1;
            return Promise.resolve(publicKey);
          },
          refetch: () => Promise.resolve(false),
        },
      });
      const cache = new TokenCache(Date.now);
      const source = bearerSource({ verifiers: [verifier], cache });
      const authenticate: Authenticate = async (token) => source(requestWith(token));
      const tokens: string[] = [];
      for (let index = 0; index < 11_000; index += 1) tokens.push(await issuer.token(`agent-${index}`));
      const rounds = [0, 0, 0];
      for (const round of rounds.keys())
        rounds[round] = await verifiedIn(tokens, authenticate, () => verified);
      console.log(`11,000 JWTs in turn, three rounds: ${rounds.join(", ")} verifications`);
      expect(rounds).toEqual([11_000, 0, 0]);
      expect(cache.size).toBe(11_000);
    },
  );

  it("costs a verification only for the tokens beyond the bound, and the memory stays in its bound", async () => {
    let verified = 0;
    const agents = new Map<string, Agent>();
    const verifier = {
      matches: () => true,
      verify: (token: string) => {
        verified += 1;
        const agent = agents.get(token);
        if (agent === undefined) throw new Error("a token of this test");
        return Promise.resolve({ ok: true, agent, expiresAtMs: Infinity, length: token.length } as const);
      },
    };
    const cache = new TokenCache(() => 0);
    const source = bearerSource({ verifiers: [verifier], cache });
    const authenticate: Authenticate = async (token) => source(requestWith(token));
    const tokens = Array.from({ length: MAX_TOKENS + 5_000 }, (_, index) => {
      const token = rawToken({ alg: "EdDSA" }, { azp: `agent-${index}` }, "AA");
      agents.set(token, { name: `agent-${index}`, source: "jwt", verified: true });
      return token;
    });
    const rounds = [0, 0, 0];
    for (const round of rounds.keys()) rounds[round] = await verifiedIn(tokens, authenticate, () => verified);
    console.log(
      `25,000 tokens in turn, three rounds: ${rounds.join(", ")} verifications; ${cache.size} kept`,
    );
    expect(rounds).toEqual([25_000, 5_000, 5_000]);
    expect(cache.size).toBe(MAX_TOKENS);
    expect(cache.length).toBeLessThan(32 * 1024 * 1024);
  });
});
