/** TokenReview at its bound of reviews at once. */

import { expect, it } from "vitest";
import { createTokenReviewer } from "../../../src/identity/tokens/token-review.ts";
import { serve } from "../../fixtures/lifetime.ts";

const AT_ONCE = 32;
/** The API server reads the token itself. */
const FORM = { header: new Map(), claims: new Map() };

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function token(number: number): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  return `${part({ alg: "RS256" })}.${part({ sub: "system:serviceaccount:ns:sa", exp, number })}.c2ln`;
}

it("accepts no token of an earlier review while others bring it to its bound", async () => {
  const good = token(0);
  const held: (() => void)[] = [];
  let isHolding = false;
  const apiServer = await serve(async (body) => {
    if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
    const isKnown = !isHolding && body.includes(good);
    const user = { username: "system:serviceaccount:ns:sa" };
    return JSON.stringify({ status: { authenticated: isKnown, audiences: ["tollgate"], user } });
  });
  const reviewer = createTokenReviewer({
    audience: "tollgate",
    graceMs: 600_000,
    nowMs: Date.now,
    onProblem: () => undefined,
    apiServer: () => ({ url: new URL(apiServer.url) }),
  });
  expect(await reviewer.verify(good, FORM)).toMatchObject({ ok: true });
  isHolding = true;
  const others = Array.from({ length: AT_ONCE }, (_, index) => reviewer.verify(token(index + 1), FORM));
  expect(await reviewer.verify(good, FORM)).toMatchObject({ ok: false, isUnchecked: true });
  while (held.length < AT_ONCE) await new Promise((resolve) => setImmediate(resolve));
  for (const release of held) release();
  expect((await Promise.all(others)).some(({ ok }) => ok)).toBe(false);
  isHolding = false;
});
