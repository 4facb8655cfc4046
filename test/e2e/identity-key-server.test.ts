import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { movableClock, type MovableClock } from "../fixtures/fake-clock.ts";
import { type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer, type IssuerMode, newKey } from "../fixtures/issuer.ts";
import { until } from "../fixtures/start-sidecar.ts";

let issuer: Issuer;
let guarded: IdentifiedSidecar;
let clock: MovableClock;

beforeEach(async () => {
  clock = movableClock();
  issuer = await Issuer.start(clock.wallMs);
});
afterEach(async () => {
  await guarded.stop();
  issuer.close();
});

const figures = { refused: 0, seen: 0 };
afterAll(() =>
  console.log(`key server: ${figures.refused} tokens refused, ${figures.seen} of them seen by the server`),
);

const HOUR_MS = 3_600_000;

async function start(more = ""): Promise<void> {
  const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}"${more} }`;
  guarded = await startIdentifiedSidecar(`identity:\n  jwt: ${jwt}\n`, { clock });
}

async function ready(): Promise<string> {
  return (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).text();
}

async function untilReady(): Promise<void> {
  await until(async () => (await ready()).includes(`"ready":true`));
}

async function statusFor(token: string): Promise<number> {
  const before = guarded.seen.length;
  const { status } = await guarded.call({ authorization: `Bearer ${token}` });
  if (status !== 200) figures.refused += 1;
  if (status !== 200) figures.seen += guarded.seen.length - before;
  expect(guarded.seen.length - before).toBe(status === 200 ? 1 : 0);
  return status;
}

describe("the issuer's keys", () => {
  it("are found by its metadata, or where the settings say", async () => {
    await start();
    await untilReady();
    expect(await statusFor(await issuer.token("alice"))).toBe(200);
    await guarded.stop();
    await start(`, jwks: "${issuer.url}/keys"`);
    await untilReady();
    expect(await statusFor(await issuer.token("alice"))).toBe(200);
  });

  it("are not taken from metadata of another issuer", async () => {
    issuer.named = "https://other.example.com";
    await start();
    await until(async () => (await ready()).includes("names another issuer"));
    expect(await statusFor(await issuer.token("alice"))).toBe(401);
    expect(issuer.asked).toBe(0);
  });

  it.each<[IssuerMode, string]>([
    ["down", "ECONNRESET"],
    ["error", "it answered 500"],
    ["garbage", "is not JSON"],
    ["no keys", "were never fetched"],
    ["huge", "has more than 1048576 bytes"],
    ["redirects", "it answered 302"],
  ])(
    "make the sidecar unready while they were never fetched, and every token bad (%s)",
    async (mood, why) => {
      issuer.mood = mood;
      await start();
      await until(async () => (await ready()).includes(why));
      expect(await ready()).toContain(`the keys of ${issuer.url} were never fetched`);
      expect(await statusFor(await issuer.token("alice"))).toBe(401);
      issuer.mood = "well";
      await untilReady();
      expect(await statusFor(await issuer.token("alice"))).toBe(200);
    },
  );

  it("are waited for by nobody when the key server hangs", async () => {
    issuer.mood = "hangs";
    await start();
    await until(() => issuer.asked > 0);
    expect(await statusFor(await issuer.token("alice"))).toBe(401);
  });

  it.each<IssuerMode>(["down", "garbage", "no keys", "huge"])(
    "serve for a bounded time when they cannot be fetched again (%s), then every token is bad",
    async (mood) => {
      await start(`, refresh-ms: 20, stale-ms: ${HOUR_MS}`);
      await untilReady();
      issuer.mood = mood;
      const asked = issuer.asked;
      await until(() => issuer.asked > asked);
      expect(await statusFor(await issuer.token("alice"))).toBe(200);
      clock.pass(HOUR_MS - 60_000);
      expect(await statusFor(await issuer.token("bob"))).toBe(200);
      clock.pass(120_000);
      const late = await issuer.token("carol");
      expect(await statusFor(late)).toBe(401);
      expect(await ready()).toContain(`the keys of ${issuer.url} are too old`);
      issuer.mood = "well";
      await untilReady();
      expect(await statusFor(late)).toBe(200);
    },
  );

  it("are asked for once more when a token names one that is not known, and its old ones are bad then", async () => {
    await start();
    await untilReady();
    const asked = issuer.asked;
    const old = await issuer.rotate();
    clock.pass(60_000);
    expect(await statusFor(await issuer.token("alice"))).toBe(200);
    expect(issuer.asked).toBe(asked + 1);
    expect(await statusFor(await issuer.token("mallory", { key: old }))).toBe(401);
  });

  it("are not asked for again by a flood of tokens with made-up keys", async () => {
    await start();
    await untilReady();
    clock.pass(60_000);
    const asked = issuer.asked;
    const stranger = await newKey("RS256");
    const flood = Array.from({ length: 300 }, async (_, index) =>
      statusFor(await issuer.token("mallory", { key: { ...stranger, kid: `made-up-${index}` } })),
    );
    expect(new Set(await Promise.all(flood))).toEqual(new Set([401]));
    expect(issuer.asked).toBe(asked + 1);
  });
});
