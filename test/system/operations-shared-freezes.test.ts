/** Sidecars with one store share freezes: a freeze that is set at one holds at each. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runFreeze } from "../../src/commands/control/freeze.ts";
import { type ControlFleet, type ControlFleetOptions, startControlFleet } from "../fixtures/control-fleet.ts";
import { temporaryFolder } from "../fixtures/lifetime.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

/** The bar: how long a freeze may take to hold at every sidecar. */
const FREEZE_MS = 2_000;

let redis: RedisServer;
let fleet: ControlFleet;

afterEach(async () => {
  await fleet.stop();
  await redis.stop();
});

async function start(size: number, each?: (index: number) => ControlFleetOptions): Promise<void> {
  redis = await startRedis();
  fleet = await startControlFleet(size, { url: redis.url, "timeout-ms": 2_000 }, each);
}

const BY = { by: "on-call", reason: "runs wild" };

/** How long it takes until calls of `read` get this answer at that sidecar, in ms. */
async function becomes(index: number, answer: string): Promise<number> {
  const sinceMs = performance.now();
  await until(async () => (await fleet.call(index, "read")) === answer);
  return performance.now() - sinceMs;
}

describe("a freeze that sidecars share", () => {
  it("holds at every sidecar wherever it is set, and ends at every sidecar wherever it is lifted", async () => {
    await start(4);
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await fleet.ask(round, "/freeze", { agent: "a", ...BY });
      expect(await fleet.call(round, "read")).toBe("frozen");
      tookMs.push(...(await Promise.all([0, 1, 2, 3].map((index) => becomes(index, "frozen")))));
      expect(
        await fleet.command((round + 1) % 4, (...args) => runFreeze("unfreeze", ...args), "--agent", "a"),
      ).toMatchObject({ code: 0 });
      tookMs.push(...(await Promise.all([0, 1, 2, 3].map((index) => becomes(index, "admitted")))));
    }
    const longest = Math.max(...tookMs);
    const isMet = longest < FREEZE_MS;
    const figure = `in force at 4 sidecars, and lifted, after ${Math.round(longest)} ms at most`;
    noteFigure({ row: "shared freezes", figure, isMet });
    expect(isMet).toBe(true);
    expect((await fleet.ask(2, "/unfreeze", { agent: "a", by: "x" })).status).toBe(404);
  });

  it("is listed at every sidecar as it was set, and in force from the first call of a sidecar that starts later", async () => {
    await start(2);
    const { body } = await fleet.ask(0, "/freeze", { tool: "read", minutes: 10, ...BY });
    await fleet.replace(1);
    expect(await fleet.call(1, "read")).toBe("frozen");
    expect(await fleet.ask(1, "/freeze")).toEqual({ status: 200, body: { frozen: [body] } });
    expect(await fleet.sidecars[1]?.metric("tollgate_frozen", { kind: "tool" })).toBe(1);
  });

  it("stays in force while the store is away; meanwhile a freeze can be set but not lifted", async () => {
    await start(2);
    await fleet.ask(0, "/freeze", { tool: "read", ...BY });
    await becomes(1, "frozen");
    await redis.kill();
    await until(async () => (await fleet.call(0, "drop")) === "limiter_unavailable");
    expect([await fleet.call(0, "read"), await fleet.call(1, "read")]).toEqual(["frozen", "frozen"]);
    expect(await fleet.ask(0, "/unfreeze", { tool: "read", by: "x" })).toMatchObject({ status: 503 });
    expect(await fleet.call(0, "read")).toBe("frozen");
    const alone = await fleet.ask(0, "/freeze", { tool: "write", ...BY });
    expect(alone).toMatchObject({ status: 200, body: { warning: expect.stringContaining("limit store") } });
    expect([await fleet.call(0, "write"), await fleet.call(1, "write")]).toEqual(["frozen", "admitted"]);
    await until(async () => (await fleet.storeErrors(1)) > 0);
    await redis.restart();
    await until(async () => (await fleet.call(1, "write")) === "frozen");
    // The restarted store was empty: the sidecars wrote their freezes to it again.
    expect([await fleet.call(0, "read"), await fleet.call(1, "read")]).toEqual(["frozen", "frozen"]);
    await fleet.replace(1);
    expect(await fleet.call(1, "read")).toBe("frozen");
  });

  it("can be lifted without the store when it was set without it", async () => {
    await start(1);
    await redis.kill();
    await until(async () => (await fleet.call(0, "drop")) === "limiter_unavailable");
    await fleet.ask(0, "/freeze", { tool: "read", ...BY });
    expect(await fleet.ask(0, "/unfreeze", { tool: "read", by: "x" })).toMatchObject({ status: 200 });
    expect(await fleet.call(0, "read")).toBe("admitted");
  });

  it("is read from a state file when a sidecar starts without its store, and lifted with the store", async () => {
    const home = temporaryFolder();
    await start(2, (index) => ({ settings: { freeze: { state: join(home, `${index}.json`) } } }));
    await fleet.ask(0, "/freeze", { tool: "read", ...BY });
    await becomes(1, "frozen");
    await until(() => readFileSync(join(home, "1.json"), "utf8").includes("isShared"));
    await redis.kill();
    await fleet.replace(1);
    expect(await fleet.call(1, "read")).toBe("frozen");
    await redis.restart();
    await until(fleet.isStoreBack);
    await until(async () => (await fleet.ask(0, "/unfreeze", { tool: "read", by: "x" })).status === 200);
    await becomes(1, "admitted");
    await fleet.replace(1);
    expect(await fleet.call(1, "read")).toBe("admitted");
  });
});
