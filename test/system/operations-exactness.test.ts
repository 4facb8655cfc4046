/** Four sidecars and one Redis admit exactly `max`, and never more, whatever happens in between. */

import { afterEach, describe, expect, it } from "vitest";
import { type Fleet, startFleet, tally } from "../fixtures/limit-fleet.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

const ROUNDS = Number(process.env["OPERATIONS_ROUNDS"] ?? 10);
const CALLS = 1_000;
const MAX = 50;
/** The bar, counted from the moment when Redis answers again. */
const RECOVERY_MS = 2_000;

let redis: RedisServer;
let fleet: Fleet;

afterEach(async () => {
  await fleet.stop();
  await redis.stop();
});

function policyOf(window: string | number, description = ""): object {
  const limits = [{ counter: "runs", window, max: MAX, scope: "grant" }];
  return { version: "1", default: "deny", description, tools: { run: { limits } } };
}

async function start(window: string | number, onStoreError = "deny"): Promise<void> {
  redis = await startRedis({ config: onStoreError === "deny" ? ["appendonly yes"] : [] });
  // The load and the sidecars share one process and slow each other: the timeout is only for a store that hangs.
  const limits = { url: redis.url, "timeout-ms": 10_000, on_store_error: onStoreError };
  fleet = await startFleet({ size: 4, policy: policyOf(window), limits });
}

/** Kills Redis after some calls of 100 callers were admitted, and restarts it. Returns the answers by sidecar, until the limit is used up. */
async function killInTheMiddle(): Promise<{ answers: string[][]; recoveredMs: number }> {
  const answers: string[][] = fleet.sidecars.map(() => []);
  const count = (answer: string): number => answers.flat().filter((each) => each === answer).length;
  const isDone = (index: number): boolean => answers[index % 4]?.at(-1) === "rate_limited" && isBack;
  let isBack = false;
  const caller = async (index: number): Promise<void> => {
    while (!isDone(index)) answers[index % 4]?.push(await fleet.call(index, "agent"));
  };
  const callers = Array.from({ length: 100 }, (_, index) => caller(index));
  await until(() => count("admitted") >= 10);
  await redis.kill();
  const errors = (): Promise<number[]> =>
    Promise.all(fleet.sidecars.map((sidecar) => sidecar.metric("tollgate_limit_store_errors_total")));
  // The first error of a sidecar in the outage is its poll of freezes; the next is a call.
  await until(async () => (await errors()).every((errorCount) => errorCount > 1));
  await redis.restart();
  const sinceMs = performance.now();
  const commands = (): number =>
    Number(
      /calls=(\d+)/.exec(redis.cli("info", "commandstats").match(/cmdstat_set:.*/)?.[0] ?? "")?.[1] ?? 0,
    );
  // Each sidecar's probe has written.
  await until(() => commands() >= 4);
  const recoveredMs = performance.now() - sinceMs;
  isBack = true;
  await Promise.all(callers);
  return { answers, recoveredMs };
}

function admittedOf(answers: readonly string[]): number {
  return tally(answers)["admitted"] ?? 0;
}

describe("four sidecars on one store", () => {
  it(`admit exactly ${MAX} of ${CALLS} concurrent calls in each of ${ROUNDS} rounds, with reloads in between`, async () => {
    await start("month");
    const admitted: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const calls = Array.from({ length: CALLS }, (_, index) => fleet.call(index, `agent-${round}`));
      fleet.write(policyOf("month", `round ${round}`));
      fleet.sidecars.forEach((sidecar) => sidecar.reload());
      const counts = tally(await Promise.all(calls));
      expect(Object.keys(counts).toSorted()).toEqual(["admitted", "rate_limited"]);
      admitted.push(counts["admitted"] ?? 0);
    }
    const isMet = admitted.every((each) => each === MAX) && fleet.reached() === MAX * ROUNDS;
    const figure = `${ROUNDS} rounds of ${CALLS} calls: admitted ${[...new Set(admitted)].join(", ")} each`;
    noteFigure({ row: "exactness, reloads in between", figure, isMet });
    expect(admitted).toEqual(admitted.map(() => MAX));
    expect(fleet.reached()).toBe(MAX * ROUNDS);
    const reloads = await fleet.sidecars[0]?.metric("tollgate_policy_reloads_total", { result: "success" });
    expect(reloads).toBe(ROUNDS + 1);
  }, 900_000);

  it("admit exactly max in each window of a load that never pauses", async () => {
    const windowS = 2;
    const windows = Math.max(3, Math.round(ROUNDS / 5));
    await start(windowS);
    const windowNow = (): number => Math.floor(Number(redis.cli("time").split("\n")[0]) / windowS);
    const first = windowNow() + 1;
    await until(() => windowNow() === first);
    let admitted = 0;
    let calls = 0;
    const caller = async (index: number): Promise<void> => {
      // Stop when the last window is full: one more call could open the next window.
      while (admitted < MAX * windows) {
        calls += 1;
        if ((await fleet.call(index, "agent")) === "admitted") admitted += 1;
      }
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => caller(index)));
    const seen = windowNow() - first + 1;
    const figure = `${calls} calls over ${seen} windows: admitted ${admitted} in all`;
    noteFigure({ row: "exactness, windows", figure, isMet: admitted === MAX * seen });
    expect(admitted).toBe(MAX * seen);
  }, 300_000);

  it("admit no more than max when Redis is killed and restarted in the middle (deny)", async () => {
    await start("month");
    const { answers, recoveredMs } = await killInTheMiddle();
    const admitted = admittedOf(answers.flat());
    const { limiter_unavailable: unavailable = 0 } = tally(answers.flat());
    const figure = `admitted ${admitted}, denied for the store ${unavailable}, well again after ${Math.round(recoveredMs)} ms`;
    const isMet = admitted <= MAX && unavailable > 0 && recoveredMs < RECOVERY_MS;
    noteFigure({ row: "store killed, deny", figure, isMet });
    expect(admitted).toBeLessThanOrEqual(MAX);
    expect(unavailable).toBeGreaterThan(0);
    expect(recoveredMs).toBeLessThan(RECOVERY_MS);
  }, 120_000);

  it("admit no more than max each when Redis is killed, forgets everything and comes back (local)", async () => {
    await start("month", "local");
    const { answers, recoveredMs } = await killInTheMiddle();
    const admitted = answers.map(admittedOf);
    const figure = `admitted ${admitted.join(", ")}; well again after ${Math.round(recoveredMs)} ms`;
    const isMet = admitted.every((each) => each <= MAX) && recoveredMs < RECOVERY_MS;
    noteFigure({ row: "store killed, local", figure, isMet });
    for (const each of admitted) expect(each).toBeLessThanOrEqual(MAX);
    expect(tally(answers.flat())["limiter_unavailable"]).toBeUndefined();
    expect(recoveredMs).toBeLessThan(RECOVERY_MS);
  }, 120_000);

  it("let every call pass and count it while Redis is away (allow)", async () => {
    await start("month", "allow");
    await redis.kill();
    await until(async () => (await fleet.call(0, "agent")) === "admitted" && fleet.reached() > MAX);
    const failedOpen = await fleet.sidecars[0]?.metric("tollgate_fail_open_total");
    const figure = `${fleet.reached()} calls passed, ${failedOpen} counted`;
    noteFigure({ row: "store killed, allow", figure, isMet: failedOpen === fleet.reached() });
    expect(failedOpen).toBe(fleet.reached());
  }, 120_000);

  it("send nothing and keep no charge for a client that left while the store was asked", async () => {
    await start("month");
    expect(await fleet.call(0, "agent")).toBe("admitted");
    redis.signal("SIGSTOP");
    const leaving = new AbortController();
    const called = fleet.call(0, "agent", leaving.signal).catch(() => "left");
    const inFlight = (): Promise<number> | undefined =>
      fleet.sidecars[0]?.metric("tollgate_inflight_requests");
    await until(async () => (await inFlight()) === 1);
    leaving.abort();
    expect(await called).toBe("left");
    // The sidecar has read the end of that connection before it answers a later request.
    await inFlight();
    redis.signal("SIGCONT");
    await until(async () => (await inFlight()) === 0);
    const answers = await Promise.all(Array.from({ length: MAX }, (_, index) => fleet.call(index, "agent")));
    expect(tally(answers)).toEqual({ admitted: MAX - 1, rate_limited: 1 });
    expect(fleet.reached()).toBe(MAX);
  }, 120_000);
});
