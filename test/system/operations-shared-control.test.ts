/** Sidecars with one store share approvals: an approval admits one call across all of them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runApprovals } from "../../src/commands/control/approvals.ts";
import { type ControlFleet, type ControlFleetOptions, startControlFleet } from "../fixtures/control-fleet.ts";
import { tally } from "../fixtures/limit-fleet.ts";
import { type RedisServer, startRedis, startRedisCluster } from "../fixtures/start-redis.ts";
import { REAL_CLOCK } from "../fixtures/shared-limits.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

const ROUNDS = Number(process.env["OPERATIONS_ROUNDS"] ?? 10);
const CALLS = 200;
const KEEPING = ["appendonly yes", "appendfsync always"];

let redis: RedisServer;
let fleet: ControlFleet;

afterEach(async () => {
  await fleet.stop();
  await redis.stop();
});

interface StartOptions {
  readonly config?: readonly string[];
  readonly limits?: object;
  readonly each?: (index: number) => ControlFleetOptions;
}

async function start(size: number, { config = [], limits, each }: StartOptions = {}): Promise<void> {
  redis = await startRedis({ config });
  fleet = await startControlFleet(size, { url: redis.url, "timeout-ms": 2_000, ...limits }, each);
}

function approve(index: number, id: string): Promise<{ status: number }> {
  return fleet.ask(index, `/approvals/${id}/approve`, { by: "on-call" });
}

/** Gets approval for a call of `drop` with these arguments, and does not repeat the call. */
async function grant(args: object = {}): Promise<void> {
  expect(await fleet.call(0, "drop", args)).toBe("approval_required");
  expect((await approve(1, await fleet.waiting(1))).status).toBe(200);
}

function race(args: object): Promise<string[]> {
  return Promise.all(Array.from({ length: CALLS }, (_, index) => fleet.call(index, "drop", args)));
}

describe("an approval that sidecars share", () => {
  it("is asked for at one, listed and granted at another, and passes one call at a third", async () => {
    await start(3);
    expect(await fleet.call(0, "drop", { table: "t" })).toBe("approval_required");
    expect(await fleet.call(2, "drop", { table: "t" })).toBe("approval_required");
    const id = await fleet.waiting(1);
    const listed = await fleet.command(1, runApprovals, "list");
    expect(listed.out).toMatch(`${id}  waits  a -> drop\n  arguments: table (13 bytes)\n`);
    expect(listed.out).toContain("called 2 times");
    expect(await fleet.command(1, runApprovals, "approve", id)).toMatchObject({ code: 0 });
    expect((await approve(0, id)).status).toBe(409);
    expect(await fleet.call(2, "drop", { table: "u" })).toBe("approval_required");
    expect(await fleet.call(2, "drop", { table: "t" })).toBe("admitted");
    expect(await fleet.call(1, "drop", { table: "t" })).toBe("approval_required");
    expect(fleet.reached()).toBe(1);
    const used = fleet.sidecars.map((one) => one.metric("tollgate_approvals_total", { state: "used" }));
    expect(await Promise.all(used)).toEqual([0, 0, 1]);
    await until(async () => (await fleet.sidecars[0]?.metric("tollgate_approvals_pending")) === 2);
  });

  it("is refused at one, and denies the call at every sidecar", async () => {
    await start(2);
    await fleet.call(0, "drop");
    const refused = await fleet.command(1, runApprovals, "reject", await fleet.waiting(1));
    expect(refused).toEqual({ code: 0, out: "rejected\n" });
    expect([await fleet.call(0, "drop"), await fleet.call(1, "drop")]).toEqual([
      "approval_rejected",
      "approval_rejected",
    ]);
  });

  it(`passes exactly one of ${CALLS} racing calls across 4 sidecars, in each of ${ROUNDS} rounds`, async () => {
    await start(4, { limits: { "timeout-ms": 10_000 } });
    const admitted: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await grant({ round });
      const counts = tally(await race({ round }));
      expect(Object.keys(counts).toSorted()).toEqual(["admitted", "approval_required"]);
      admitted.push(counts["admitted"] ?? 0);
      await fleet.ask(0, `/approvals/${await fleet.waiting(0)}/reject`, { by: "x" });
    }
    const isMet = admitted.every((each) => each === 1) && fleet.reached() === ROUNDS;
    const figure = `${ROUNDS} rounds of ${CALLS} calls: passed ${[...new Set(admitted)].join(", ")} each, ${fleet.reached()} in all`;
    noteFigure({ row: "shared approvals", figure, isMet });
    expect(isMet).toBe(true);
  }, 600_000);

  it("stays valid when a limit denies its call, and when its call could not be sent", async () => {
    await start(2);
    for (const n of [1, 2]) {
      expect(await fleet.call(0, "once", { n })).toBe("approval_required");
      await approve(0, await fleet.waiting(0));
    }
    expect(await fleet.call(0, "once", { n: 1 })).toBe("admitted");
    expect(await fleet.call(1, "once", { n: 2 })).toBe("rate_limited");
    await grant({ n: 3 });
    fleet.loseServer();
    expect(await fleet.call(1, "drop", { n: 3 })).toBe("status 502");
    const states = async (): Promise<unknown> => (await fleet.ask(0, "/approvals")).body["approvals"];
    await until(async () => JSON.stringify(await states()).match(/"approved"/g)?.length === 2);
  });

  it("expires by the store's clock, whatever the sidecars' clocks say", async () => {
    const ahead = { wallMs: () => REAL_CLOCK.wallMs() + 3_600_000, steadyMs: REAL_CLOCK.steadyMs };
    await start(2, {
      each: (index) => ({ settings: { approvals: { ttlMs: 1_500 } }, ...(index === 1 && { clock: ahead }) }),
    });
    await grant();
    expect(await fleet.call(1, "drop")).toBe("admitted");
    expect(await fleet.call(1, "drop")).toBe("approval_required");
    await until(async () => (await fleet.ask(0, "/approvals")).body["approvals"]?.toString() === "");
    const expired = fleet.sidecars.map((one) => one.metric("tollgate_approvals_total", { state: "expired" }));
    expect((await Promise.all(expired)).reduce((sum, each) => sum + each)).toBe(1);
  });

  it("is bounded for each agent and in all, over all sidecars", async () => {
    await start(3, { each: () => ({ bounds: { approvals: 5, approvalsPerAgent: 3 } }) });
    for (const agent of ["a", "b"]) for (let n = 0; n < 9; n += 1) await fleet.call(n, "drop", { n }, agent);
    const { body } = await fleet.ask(0, "/approvals");
    const agents = Array.isArray(body["approvals"]) ? body["approvals"].map(({ agent }) => agent) : [];
    expect(agents.toSorted()).toEqual(["a", "a", "a", "b", "b"]);
  });

  it("keeps names and values of arguments within bounds, and no value once it is decided", async () => {
    await start(1);
    const args = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`${n}`.padStart(400, "n"), "s3cr3t"]),
    );
    await fleet.call(0, "drop", args);
    const [stored = ""] = redis.cli("hvals", "tollgate:v1:{test}:approvals").split("\n");
    expect(stored).toContain("and 36 more");
    expect(stored.includes("s3cr3t")).toBe(true);
    expect(stored.length).toBeLessThan(30_000);
    await fleet.ask(0, `/approvals/${await fleet.waiting(0)}/reject`, { by: "x" });
    expect(redis.cli("hvals", "tollgate:v1:{test}:approvals").includes("s3cr3t")).toBe(false);
  });

  it("survives the sidecar that asked, and the store when it keeps what it wrote", async () => {
    await start(2, { config: KEEPING });
    await grant();
    await fleet.replace(0);
    await redis.kill();
    await redis.restart();
    await until(async () => (await fleet.call(0, "drop")) === "admitted");
    expect(await fleet.call(1, "drop")).toBe("approval_required");
    expect(fleet.reached()).toBe(1);
  });

  it("becomes valid again when the store's answer came too late", async () => {
    await start(2, { limits: { "timeout-ms": 1_000 } });
    await grant();
    redis.signal("SIGSTOP");
    expect(await fleet.call(0, "drop")).toBe("limiter_unavailable");
    redis.signal("SIGCONT");
    await until(async () => (await fleet.call(0, "drop")) === "admitted");
    expect(fleet.reached()).toBe(1);
  });

  it("is used at most once while its store is killed and restarted in the middle of a race", async () => {
    await start(4, { config: KEEPING, limits: { "timeout-ms": 10_000 } });
    const admitted: number[] = [];
    let unavailable = 0;
    for (let round = 0; round < 5; round += 1) {
      await grant({ round });
      redis.signal("SIGSTOP");
      const racing = race({ round });
      await until(async () => (await inFlight()) === CALLS);
      // The store dies while requests wait for it; responses to requests that it has applied may be lost.
      redis.signal("SIGCONT");
      if (round > 0) await inFlight();
      await redis.kill();
      await redis.restart();
      const first = await racing;
      await until(fleet.isStoreBack);
      // Repeat the race: calls that were denied because the store was away get a second chance.
      const counts = tally([...first, ...(await race({ round }))]);
      admitted.push(counts["admitted"] ?? 0);
      unavailable += counts["limiter_unavailable"] ?? 0;
      redis.cli("flushall");
    }
    const isMet = admitted.every((each) => each <= 1) && fleet.reached() <= admitted.length;
    const figure = `store killed in each of 5 races: passed ${admitted.join(", ")}; ${unavailable} calls denied for it`;
    noteFigure({ row: "shared approvals, store killed", figure, isMet });
    expect(isMet).toBe(true);
    expect(unavailable).toBeGreaterThan(0);
  }, 120_000);

  it.each(["deny", "allow", "local"])(
    "lets nothing pass while the store is away (on_store_error: %s), says so, and counts it",
    async (onStoreError) => {
      await start(2, { config: KEEPING, limits: { on_store_error: onStoreError } });
      await grant();
      await redis.kill();
      await until(async () => (await fleet.call(0, "drop")) === "limiter_unavailable");
      expect(await fleet.call(1, "drop", { other: 1 })).toBe("limiter_unavailable");
      expect(await fleet.call(1, "read")).toBe("admitted");
      expect(await fleet.storeErrors(1)).toBeGreaterThan(0);
      const message = JSON.stringify(fleet.sidecars[1]?.audit());
      expect(message).toContain("limiter_unavailable");
      expect(await fleet.ask(0, "/approvals")).toMatchObject({
        status: 503,
        body: { error: expect.any(String) },
      });
      expect((await approve(0, "some-id")).status).toBe(503);
      const ready = await fetch(`${fleet.sidecars[0]?.adminUrl}/readyz`);
      expect(ready.status).toBe(200);
      await redis.restart();
      await until(async () => (await fleet.call(0, "drop")) === "admitted");
      expect(await fleet.call(0, "drop")).toBe("approval_required");
    },
  );
});

async function inFlight(): Promise<number> {
  const counts = fleet.sidecars.map((one) => one.metric("tollgate_inflight_requests"));
  return (await Promise.all(counts)).reduce((sum, each) => sum + each);
}

describe("the store of approvals and freezes", () => {
  it("has the keys that docs/shared-limits.md describes, each with an end, and needs no more rights than it lists", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/shared-limits.md"), "utf8");
    const rights = /no more than `([^`]+)`/.exec(guide)?.[1]?.split(" ") ?? [];
    redis = await startRedis();
    expect(redis.cli("acl", "setuser", "tollgate", "on", ">secret", ...rights)).toBe("OK");
    const url = redis.url.replace("//", "//tollgate:secret@");
    fleet = await startControlFleet(1, { url }, () => ({ settings: { approvals: { ttlMs: 2_000 } } }));
    await grantAlone();
    expect(await fleet.call(0, "drop", { n: 2 })).toBe("approval_required");
    await fleet.ask(0, "/freeze", { tool: "read", by: "x" });
    expect(await fleet.storeErrors(0)).toBe(0);
    const names = ["approval-agents", "approval-ends", "approval-ids", "approvals", "freezes"];
    const keys = redis.cli("--scan", "--pattern", "tollgate:v1:*").split("\n").toSorted();
    expect(keys).toEqual([...names, "probe"].map((name) => `tollgate:v1:{test}:${name}`));
    for (const key of keys) expect(Number(redis.cli("pttl", key))).toBeGreaterThan(0);
    for (const name of [...names, "probe"]) expect(guide).toContain(name);
    await until(async () => (await fleet.ask(0, "/approvals")).body["approvals"]?.toString() === "");
    expect(redis.cli("exists", ...keys.slice(0, 4))).toBe("0");
  });

  it("may be a cluster: the keys of one server are on one node", async () => {
    const cluster = await startRedisCluster();
    redis = cluster.nodes[0] ?? redis;
    const nodes = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
    fleet = await startControlFleet(2, { cluster: nodes, "timeout-ms": 2_000 });
    try {
      await grant();
      expect(await fleet.call(1, "drop")).toBe("admitted");
      expect(await fleet.call(1, "drop")).toBe("approval_required");
      await fleet.ask(0, "/freeze", { tool: "read", by: "x" });
      await until(async () => (await fleet.call(1, "read")) === "frozen");
      const keys = cluster.nodes.map((node) => node.cli("--scan", "--pattern", "*approvals"));
      expect(keys.toSorted()).toEqual(["", "", "tollgate:v1:{test}:approvals"]);
    } finally {
      await cluster.stop();
    }
  });

  it("keeps servers separate", async () => {
    await start(2, { each: (index) => ({ settings: { server: `server-${index}` } }) });
    await fleet.ask(0, "/freeze", { tool: "read", by: "x" });
    await fleet.call(0, "drop");
    expect(await fleet.ask(1, "/approvals")).toEqual({
      status: 200,
      body: { approvals: [], approvers: 1, operator: null },
    });
    fleet.sidecars[1]?.reload();
    expect(await fleet.call(1, "read")).toBe("admitted");
  });
});

async function grantAlone(): Promise<void> {
  await fleet.call(0, "drop");
  await approve(0, await fleet.waiting(0));
}
