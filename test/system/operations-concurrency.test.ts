/** Limits of calls in flight that sidecars share over Redis: never more than `max`, and the places of a killed sidecar come back. */

import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isBlocked } from "../../src/policy/decision.ts";
import { decide } from "../../src/policy/decide.ts";
import { serve, startTollgate } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";
import { compilePolicy, openLimits } from "../fixtures/shared-limits.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";
import { callOf } from "../policy/policies.ts";

const ROUNDS = Number(process.env["CONCURRENCY_ROUNDS"] ?? 20);
const CALLS = 200;
const MAX = 5;

let redis: RedisServer;

beforeEach(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  await redis.stop();
});

const POLICY = compilePolicy({ tools: { run: { limits: [{ concurrent: MAX, scope: "server" }] } } });

function nth<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
}

function sendPassed(response: ServerResponse): void {
  sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[],"x":"passed"}}`);
}

/** Calls until a call has passed. */
async function takePlace(url: string): Promise<void> {
  while (!(await postForText(url, toolCall("run"))).includes("passed"));
}

describe("calls in flight in a store", () => {
  it(`are at most ${MAX} of ${CALLS} at four sidecars in each of ${ROUNDS} rounds, and no place is lost`, async () => {
    const prefix = randomUUID();
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => openLimits(redis.url, { prefix, timeoutMs: 30_000 })),
    );
    let inFlight = 0;
    let most = 0;
    let admitted = 0;
    const call = async (index: number): Promise<void> => {
      const { decision, release } = await nth(opened, index % 4).limits.decide((readUsage) =>
        decide(POLICY, callOf("run"), readUsage),
      );
      if (isBlocked(decision)) {
        expect(decision.denial?.reason).toBe("concurrency_exceeded");
        return;
      }
      admitted += 1;
      inFlight += 1;
      most = Math.max(most, inFlight);
      for (let turn = index % 7; turn > 0; turn -= 1) await new Promise((resume) => setImmediate(resume));
      inFlight -= 1;
      release();
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(Array.from({ length: CALLS }, (_, index) => call(index)));
      await until(() => redis.cli("keys", "*in_flight*").trim() === "");
    }
    for (const { store } of opened) store.close();
    const figure = `${ROUNDS} rounds of ${CALLS} calls at 4 sidecars: ${admitted} admitted, at most ${most} at once`;
    noteFigure({ row: "calls in flight", figure, isMet: most <= MAX && admitted >= ROUNDS * MAX });
    expect(most).toBeLessThanOrEqual(MAX);
    expect(admitted).toBeGreaterThanOrEqual(ROUNDS * MAX);
  }, 600_000);

  it("keep the places of a call that lasts longer than a lease, and free those of a sidecar that is gone", async () => {
    const prefix = randomUUID();
    const open = () => openLimits(redis.url, { prefix, leaseMs: 600 });
    const [one, other] = [await open(), await open()];
    const start = async ({ limits }: typeof one) =>
      (await limits.decide((readUsage) => decide(POLICY, callOf("run"), readUsage))).decision;
    for (let index = 0; index < MAX; index += 1) expect(isBlocked(await start(one))).toBe(false);
    const firstMs = Number(redis.cli("time").split("\n")[0]);
    await until(() => Number(redis.cli("time").split("\n")[0]) > firstMs + 2);
    expect(isBlocked(await start(other))).toBe(true);
    one.store.close();
    await until(async () => !isBlocked(await start(other)));
    other.store.close();
  }, 120_000);

  it("come back when one of four sidecars is killed with SIGKILL, and not before", async () => {
    const held: ServerResponse[] = [];
    const upstream = await serve((_body, response) => void held.push(response));
    const policy = temporaryFile("policy.json", {
      version: "1",
      default: "deny",
      tools: { run: { concurrent: 2 } },
    });
    const flags = ["--policy", policy, "--limits", redis.url, "--server", "one"];
    const start = () => startTollgate({ upstream: upstream.url, flags });
    const [dying, ...living] = await Promise.all([start(), start(), start(), start()]);
    const expectNoPlace = async (): Promise<void> => {
      const answers = await Promise.all(living.map(({ url }) => postForText(url, toolCall("run"))));
      for (const answer of answers) expect(answer).toContain("concurrency_exceeded");
    };
    const calls = [1, 2].map(() => postForText(dying.url, toolCall("run")).catch(() => "cut"));
    await until(() => held.length === 2);
    await expectNoPlace();
    await dying.stop("SIGKILL");
    expect(await Promise.all(calls)).toEqual(["cut", "cut"]);
    const leases = (): number => Number(redis.cli("zcard", redis.cli("keys", "*in_flight*").trim()));
    expect(leases()).toBe(2);
    // One place at a time: the two leases of the killed sidecar need not end in the same moment.
    const passed = living.map(({ url }) => takePlace(url));
    await until(() => held.length === 4);
    await expectNoPlace();
    expect(held.length).toBe(4);
    held.slice(2).forEach(sendPassed);
    // The third caller waits for a place of the two.
    await until(() => held.length === 5);
    held.slice(4).forEach(sendPassed);
    await Promise.all(passed);
    noteFigure({
      row: "calls in flight, sidecar killed",
      figure: "its places came back with its leases",
      isMet: true,
    });
  }, 120_000);
});
