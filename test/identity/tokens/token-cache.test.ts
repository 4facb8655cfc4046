import { describe, expect, it } from "vitest";
import type { Agent } from "../../../src/enforcement/request.ts";
import { TokenCache } from "../../../src/identity/tokens/token-cache.ts";

const ALICE: Agent = { name: "alice", source: "jwt", verified: true };
const MINUTE_MS = 60_000;

function cacheAt(ms: number, max = 10) {
  const clock = { ms };
  return { clock, cache: new TokenCache(() => clock.ms, max) };
}

describe("the cache of good tokens", () => {
  it("keeps a token for a minute at most", () => {
    const { cache, clock } = cacheAt(0);
    cache.keep("a", ALICE, 10 * MINUTE_MS);
    clock.ms = MINUTE_MS - 1;
    expect(cache.find("a")).toBe(ALICE);
    clock.ms = MINUTE_MS;
    expect(cache.find("a")).toBeUndefined();
  });

  it("never keeps a token past its own end", () => {
    const { cache, clock } = cacheAt(0);
    cache.keep("a", ALICE, 5_000);
    clock.ms = 4_999;
    expect(cache.find("a")).toBe(ALICE);
    clock.ms = 5_000;
    expect(cache.find("a")).toBeUndefined();
  });

  it("keeps nothing longer when the clock is set back", () => {
    const { cache, clock } = cacheAt(100 * MINUTE_MS);
    cache.keep("a", ALICE, 200 * MINUTE_MS);
    clock.ms = 50 * MINUTE_MS;
    expect(cache.find("a")).toBeUndefined();
  });

  it("is bounded: a token makes room when it ends, and not before", () => {
    const { cache, clock } = cacheAt(0, 3);
    for (const digest of ["a", "b", "c", "d"]) cache.keep(digest, ALICE, MINUTE_MS);
    expect(cache.size).toBe(3);
    expect([cache.find("a"), cache.find("d")]).toEqual([ALICE, undefined]);
    clock.ms = MINUTE_MS;
    cache.keep("d", ALICE, 2 * MINUTE_MS);
    expect([cache.size, cache.find("d")]).toEqual([3, ALICE]);
  });

  it("finds most of more tokens in turn than it holds", () => {
    const { cache } = cacheAt(0, 100);
    const digests = Array.from({ length: 120 }, (_, index) => String(index));
    const round = (): number => {
      const missing = digests.filter((digest) => cache.find(digest) === undefined);
      for (const digest of missing) cache.keep(digest, ALICE, MINUTE_MS);
      return missing.length;
    };
    expect([round(), round(), round()]).toEqual([120, 20, 20]);
    expect(cache.size).toBe(100);
  });

  it("is bounded by the length of the claims that it holds", () => {
    const clock = { ms: 0 };
    const cache = new TokenCache(() => clock.ms, 10, 100);
    for (const digest of ["a", "b", "c"]) cache.keep(digest, ALICE, MINUTE_MS, 40);
    expect([cache.size, cache.length, cache.find("c")]).toEqual([2, 80, undefined]);
    cache.keep("a", ALICE, MINUTE_MS, 10);
    expect([cache.size, cache.length]).toEqual([2, 50]);
    cache.keep("too long", ALICE, MINUTE_MS, 101);
    expect(cache.find("too long")).toBeUndefined();
    clock.ms = MINUTE_MS;
    cache.keep("d", ALICE, 2 * MINUTE_MS, 100);
    expect([cache.size, cache.length, cache.find("d")]).toEqual([1, 100, ALICE]);
    clock.ms = 2 * MINUTE_MS;
    expect(cache.find("d")).toBeUndefined();
    expect([cache.size, cache.length]).toEqual([0, 0]);
  });

  it("takes a token again that it holds", () => {
    const { cache } = cacheAt(0, 1);
    cache.keep("a", ALICE, MINUTE_MS);
    cache.keep("a", { ...ALICE, name: "bob" }, MINUTE_MS);
    expect(cache.find("a")).toMatchObject({ name: "bob" });
  });
});
