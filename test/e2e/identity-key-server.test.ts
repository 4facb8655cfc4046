import { beforeEach, describe, expect, it } from "vitest";
import { movableClock, type MovableClock } from "../fixtures/fake-clock.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { atEnd } from "../fixtures/lifetime.ts";
import { Issuer, type IssuerMode, newKey } from "../fixtures/issuer.ts";
import { until } from "../fixtures/start-sidecar.ts";

let issuer: Issuer;
let guarded: IdentifiedSidecar;
let clock: MovableClock;

beforeEach(async () => {
  clock = movableClock();
  issuer = await Issuer.start(clock.wallMs);
  atEnd(() => issuer.close());
});

const refusal = countRefusals("tokens without a usable key");

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

const send = async (token: string) => (await guarded.call({ authorization: `Bearer ${token}` })).status;

async function accepted(token: string): Promise<void> {
  const before = guarded.seen.length;
  expect(await send(token)).toBe(200);
  expect(guarded.seen.length).toBe(before + 1);
}

async function refused(token: string): Promise<void> {
  expect(await refusal(guarded, () => send(token))).toBe(401);
}

describe("the issuer's keys", () => {
  it("are found by its metadata, or where the settings say", async () => {
    await start();
    await untilReady();
    await accepted(await issuer.token("alice"));
    await start(`, jwks: "${issuer.url}/keys"`);
    await untilReady();
    await accepted(await issuer.token("alice"));
  });

  it("are not taken from metadata of another issuer", async () => {
    issuer.named = "https://other.example.com";
    await start();
    await until(async () => (await ready()).includes("names another issuer"));
    await refused(await issuer.token("alice"));
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
      issuer.mode = mood;
      await start();
      await until(async () => (await ready()).includes(why));
      expect(await ready()).toContain(`the keys of ${issuer.url} were never fetched`);
      await refused(await issuer.token("alice"));
      issuer.mode = "well";
      await untilReady();
      await accepted(await issuer.token("alice"));
    },
  );

  it("delay no request when the key server hangs", async () => {
    issuer.mode = "hangs";
    await start();
    await until(() => issuer.asked > 0);
    await refused(await issuer.token("alice"));
  });

  it.each<IssuerMode>(["down", "garbage", "no keys", "huge"])(
    "serve for a bounded time when they cannot be fetched again (%s), then every token is bad",
    async (mood) => {
      await start(`, refresh-ms: 20, stale-ms: ${HOUR_MS}`);
      await untilReady();
      issuer.mode = mood;
      const asked = issuer.asked;
      await until(() => issuer.asked > asked);
      await accepted(await issuer.token("alice"));
      clock.pass(HOUR_MS - 60_000);
      await accepted(await issuer.token("bob"));
      clock.pass(120_000);
      const late = await issuer.token("carol");
      await refused(late);
      expect(await ready()).toContain(`the keys of ${issuer.url} are too old`);
      issuer.mode = "well";
      await untilReady();
      await accepted(late);
    },
  );

  it("are asked for once more when a token names one that is not known, and its old ones are bad then", async () => {
    await start();
    await untilReady();
    const asked = issuer.asked;
    const old = await issuer.rotate();
    clock.pass(60_000);
    await accepted(await issuer.token("alice"));
    expect(issuer.asked).toBe(asked + 1);
    await refused(await issuer.token("mallory", { key: old }));
  });

  it("are not asked for again by a flood of tokens with made-up keys", async () => {
    await start();
    await untilReady();
    clock.pass(60_000);
    const asked = issuer.asked;
    const unpublished = await newKey("RS256");
    const flood = Array.from({ length: 300 }, async (_, index) =>
      refused(await issuer.token("mallory", { key: { ...unpublished, kid: `made-up-${index}` } })),
    );
    await Promise.all(flood);
    expect(issuer.asked).toBe(asked + 1);
  });
});
