/** A store that fails: calls wait for a bounded time, are denied unless the settings say otherwise, and work again in two seconds. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atEnd } from "../fixtures/lifetime.ts";
import { createTlsFiles } from "../fixtures/tls-files.ts";
import {
  callOnce,
  compilePolicy,
  type LimitsOptions,
  openLimits,
  type OpenedLimits,
} from "../fixtures/shared-limits.ts";
import {
  type SentinelRedis,
  startRedis,
  startRedisCluster,
  startRedisWithSentinel,
} from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";

const MAX = 20;
const POLICY = compilePolicy({
  tools: { run: { limits: [{ counter: "runs", window: "month", max: MAX }] } },
  all_tools: {
    limits: [
      { counter: "all", window: "day", max: 10 * MAX, scope: "server" },
      { counter: "slow", window: "hour", max: 10 * MAX, algorithm: "sliding" },
    ],
  },
});
/** The bar, counted from the moment when the store works again. */
const RECOVERY_MS = 2_000;

function stopLater<T extends { readonly stop: () => unknown }>(started: T): T {
  atEnd(started.stop);
  return started;
}

async function open(url: string, options?: LimitsOptions): Promise<OpenedLimits> {
  const opened = await openLimits(url, options);
  atEnd(() => opened.store.close());
  return opened;
}

/** Opens limits in a store that is up, once it is found: a busy machine may need more than one probe for that. */
async function openUp(url: string, options?: LimitsOptions): Promise<OpenedLimits> {
  const opened = await open(url, { timeoutMs: 1_000, ...options });
  await until(() => opened.changes.at(-1) === true);
  opened.changes.splice(0, opened.changes.length - 1);
  return opened;
}

/** Calls until a call is not admitted. Returns the number of admitted calls. */
async function admitAll(opened: OpenedLimits): Promise<number> {
  let admitted = 0;
  while ((await callOnce(opened, POLICY)) === "admitted") admitted += 1;
  return admitted;
}

/** Calls until the store answers again, and expects that within `RECOVERY_MS`. */
async function recover(opened: OpenedLimits, what: string): Promise<void> {
  const sinceMs = performance.now();
  await until(async () => (await callOnce(opened, POLICY, "prober")) !== "limiter_unavailable");
  const tookMs = performance.now() - sinceMs;
  process.stdout.write(`${what}: well again after ${Math.round(tookMs)} ms\n`);
  expect(tookMs).toBeLessThan(RECOVERY_MS);
}

describe("a store that fails", () => {
  it("denies while it is down, and keeps every count when it is back (killed, with its append-only file)", async () => {
    const redis = stopLater(await startRedis({ config: ["appendonly yes"] }));
    const opened = await openUp(redis.url);
    for (let call = 0; call < 5; call += 1) expect(await callOnce(opened, POLICY)).toBe("admitted");
    await redis.kill();
    await until(() => opened.changes.at(-1) === false);
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    expect(opened.faults).toContain("connection");
    await redis.restart();
    await recover(opened, "killed and restarted");
    expect(await admitAll(opened)).toBe(MAX - 5);
  });

  it("holds no call longer than its bound, piles none up, and charges none that it denied (frozen)", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    expect(await callOnce(opened, POLICY)).toBe("admitted");
    redis.signal("SIGSTOP");
    const first = await Promise.all(Array.from({ length: 10 }, () => callOnce(opened, POLICY)));
    expect(new Set(first)).toEqual(new Set(["limiter_unavailable"]));
    expect(opened.faults).toContain("timeout");
    const sentBefore = opened.faults.length;
    await Promise.all(Array.from({ length: 1_000 }, () => callOnce(opened, POLICY)));
    expect(opened.faults.length).toBe(sentBefore + 1_000);
    redis.signal("SIGCONT");
    await recover(opened, "frozen and thawed");
    expect(await admitAll(opened)).toBe(MAX - 1);
  });

  it("recovers after a long freeze", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    redis.signal("SIGSTOP");
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    const frozenMs = performance.now();
    await until(() => performance.now() - frozenMs > 3_000);
    redis.signal("SIGCONT");
    await recover(opened, "frozen for 3 s");
  });

  it("does not count as recovered while it is read-only (READONLY)", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    redis.cli("replicaof", "127.0.0.1", "1");
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    expect(opened.faults).toEqual(["reply"]);
    redis.cli("replicaof", "no", "one");
    await recover(opened, "READONLY");
    expect(await admitAll(opened)).toBe(MAX);
  });

  it("does not count as recovered while it has no memory left (OOM)", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    redis.cli("config", "set", "maxmemory", "1");
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    redis.cli("config", "set", "maxmemory", "0");
    await recover(opened, "OOM");
  });

  it("denies with a wrong password, and works once it is right", async () => {
    const redis = stopLater(
      await startRedis({ config: ["requirepass right"], cliArgs: ["--no-auth-warning", "-a", "right"] }),
    );
    const opened = await open(redis.url.replace("//", "//:wrong@"));
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    redis.cli("config", "set", "requirepass", "wrong");
    await recover(opened, "wrong password");
    expect(await admitAll(opened)).toBe(MAX);
  });

  it("starts while the store is away, and finds it when it comes", async () => {
    const redis = stopLater(await startRedis());
    await redis.kill();
    const opened = await open(redis.url);
    expect(await callOnce(opened, POLICY)).toBe("limiter_unavailable");
    await redis.restart();
    await recover(opened, "away at the start");
  });

  it("gets its script loaded again after it lost it (NOSCRIPT)", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    expect(await callOnce(opened, POLICY)).toBe("admitted");
    redis.cli("script", "flush");
    expect(await callOnce(opened, POLICY)).toBe("admitted");
    expect(opened.faults).toEqual([]);
  });

  it("lets shadowed limits pass, and says what they would have said", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url);
    await redis.kill();
    const limits = [{ counter: "runs", window: "month", max: 1, mode: "shadow" }];
    expect(await callOnce(opened, compilePolicy({ tools: { run: { limits } } }))).toBe("admitted");
  });
});

function sentinelUrl({ sentinelPorts }: SentinelRedis): string {
  return `redis+sentinel://${sentinelPorts.map((port) => `127.0.0.1:${port}`).join(",")}/limits`;
}

describe("a store of another make", () => {
  it("is used over TLS only when a trusted authority has signed its certificate", async () => {
    const files = stopLater(await createTlsFiles());
    const config = [
      `tls-cert-file ${files.cert}`,
      `tls-key-file ${files.key}`,
      `tls-ca-cert-file ${files.cert}`,
      "tls-auth-clients no",
    ];
    const cliArgs = ["--tls", "--cacert", files.cert];
    const redis = stopLater(await startRedis({ config, cliArgs, scheme: "rediss" }));
    const trusting = await openUp(redis.url, { address: { tls: { ca: readFileSync(files.cert, "utf8") } } });
    expect(await admitAll(trusting)).toBe(MAX);
    const distrusting = await open(redis.url);
    expect(await callOnce(distrusting, POLICY)).toBe("limiter_unavailable");
  });

  it("needs no more rights than docs/shared-limits.md lists, and has the keys that it describes", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/shared-limits.md"), "utf8");
    const rights = /no more than `([^`]+)`/.exec(guide)?.[1]?.split(" ") ?? [];
    const redis = stopLater(await startRedis());
    expect(redis.cli("acl", "setuser", "tollgate", "on", ">secret", ...rights)).toBe("OK");
    const opened = await openUp(redis.url.replace("//", "//tollgate:secret@"), { prefix: "tollgate" });
    expect(await callOnce(opened, POLICY, "nightly-report")).toBe("admitted");
    expect(opened.changes).toEqual([true]);
    const caller = createHash("sha256").update("nightly-report").digest("hex").slice(0, 32);
    const keys = redis.cli("--scan", "--pattern", `tollgate:v1:*:${caller}`).split("\n").toSorted();
    expect(keys).toEqual([
      `tollgate:v1:{test}:["/all_tools","slow","hour","agent","sliding"]:${caller}`,
      `tollgate:v1:{test}:["/tools/run","runs","month","agent","aligned"]:${caller}`,
    ]);
    for (const key of keys) expect(Number(redis.cli("pttl", key))).toBeGreaterThan(60_000);
  });

  it("is a cluster: one call's keys are together, and a node that was lost comes back", async () => {
    const cluster = stopLater(await startRedisCluster());
    const url = `redis+cluster://${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
    const opened = await openUp(url);
    expect(await callOnce(opened, POLICY)).toBe("admitted");
    const holding = cluster.nodes.filter((node) => node.cli("dbsize") !== "0");
    expect(holding.length).toBe(1);
    await holding[0]?.kill();
    await until(async () => (await callOnce(opened, POLICY)) === "limiter_unavailable");
    await holding[0]?.restart();
    await until(() => holding[0]?.cli("cluster", "info").includes("cluster_state:ok") === true);
    await recover(opened, "cluster node restarted");
  });

  it("is watched by Sentinel, and keeps its counts through a failover", async () => {
    const watched = stopLater(await startRedisWithSentinel());
    const url = sentinelUrl(watched);
    const opened = await openUp(url);
    for (let call = 0; call < 5; call += 1) expect(await callOnce(opened, POLICY)).toBe("admitted");
    expect(watched.master.cli("wait", "1", "2000")).toBe("1");
    await watched.master.kill();
    await until(async () => (await callOnce(opened, POLICY)) === "limiter_unavailable");
    await until(() => watched.masterPort() === watched.replica.port);
    await recover(opened, "Sentinel has failed over");
    expect(await admitAll(opened)).toBe(MAX - 5);
  });
});

describe("Sentinels that want a password of their own", () => {
  it("are asked with it, and with no other, through a failover", async () => {
    const watched = stopLater(await startRedisWithSentinel("watchers-only"));
    const url = sentinelUrl(watched);
    const stranger = await open(url);
    expect(await callOnce(stranger, POLICY)).toBe("limiter_unavailable");
    const opened = await openUp(url, { address: { sentinel: { password: "watchers-only" } } });
    expect(await callOnce(opened, POLICY)).toBe("admitted");
    await watched.master.kill();
    await until(() => watched.masterPort() === watched.replica.port);
    await recover(opened, "Sentinel with a password has failed over");
    expect(await callOnce(stranger, POLICY)).toBe("limiter_unavailable");
  });
});

describe("without its store, a sidecar", () => {
  it("under `allow` lets calls pass and counts each of them", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url, { onStoreError: "allow" });
    expect(await admitAll(opened)).toBe(MAX);
    await redis.kill();
    await until(() => opened.changes.at(-1) === false);
    // The last answer of the store stays valid for a moment.
    await until(async () => (await callOnce(opened, POLICY)) === "admitted");
    expect(opened.failedOpen.length).toBe(1);
    expect(opened.faults.length).toBe(1);
  });

  it("under `local` admits max by itself and no more, though the store forgot everything", async () => {
    const redis = stopLater(await startRedis());
    const opened = await openUp(redis.url, { onStoreError: "local" });
    for (let call = 0; call < 5; call += 1) expect(await callOnce(opened, POLICY)).toBe("admitted");
    await redis.kill();
    await until(() => opened.changes.at(-1) === false);
    for (let call = 0; call < 5; call += 1) expect(await callOnce(opened, POLICY)).toBe("admitted");
    expect(opened.faults.length).toBe(5);
    await redis.restart();
    await until(() => opened.changes.at(-1) === true);
    expect(await admitAll(opened)).toBe(MAX - 10);
    expect(await callOnce(opened, POLICY)).toBe("rate_limited");
  });
});
