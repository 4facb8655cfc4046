/** Faults of the services around a sidecar: its limit store, its key server, its collector, its disk, its policy. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, onTestFinished } from "vitest";
import { freePorts } from "../fixtures/free-port.ts";
import { type Inject, type Rig, startRig, tryFault } from "../fixtures/fault-rig.ts";
import { TRIAL_POLICY, tryCall } from "../fixtures/fault-trial.ts";
import { Issuer, type IssuerMode } from "../fixtures/issuer.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";

/** Injects a fault into the store and returns a function that undoes it. */
type StoreFault = (redis: RedisServer) => Promise<() => unknown> | (() => unknown);

const STORE_FAULTS: readonly (readonly [string, StoreFault])[] = [
  [
    "the limit store is killed and restarted",
    async (redis) => {
      await redis.kill();
      return redis.restart;
    },
  ],
  [
    "the limit store is frozen",
    (redis) => {
      redis.signal("SIGSTOP");
      return () => redis.signal("SIGCONT");
    },
  ],
  [
    "the limit store only reads (READONLY)",
    (redis) => {
      redis.cli("replicaof", "127.0.0.1", "1");
      return () => redis.cli("replicaof", "no", "one");
    },
  ],
  [
    "the limit store has no memory left (OOM)",
    (redis) => {
      redis.cli("config", "set", "maxmemory", "1");
      return () => redis.cli("config", "set", "maxmemory", "0");
    },
  ],
  [
    "the limit store has another password",
    (redis) => {
      // Set the password in one connection: afterwards redis-cli needs the new password too.
      redis.cli("eval", "redis.call('config', 'set', 'requirepass', 'other')", "0");
      redis.cli("-a", "other", "client", "kill", "type", "normal");
      return () => redis.cli("-a", "other", "config", "set", "requirepass", "");
    },
  ],
];

describe.concurrent("a sidecar survives that", () => {
  it.each(STORE_FAULTS)("%s", async (name, inject) => {
    const redis = await startRedis({ config: ["appendonly yes"] });
    onTestFinished(redis.stop);
    const start = (): Promise<Rig> => startRig({ flags: ["--limits", redis.url] });
    await tryFault(name, start, async (rig) => {
      const mend = await inject(redis);
      await until(async () => (await tryCall(rig, "safe")) === "limiter_unavailable");
      return mend;
    });
  });
});

const MOODS: readonly (readonly [string, IssuerMode])[] = [
  ["the key server is down", "down"],
  ["the key server answers with garbage", "garbage"],
  ["the key server hangs", "hangs"],
  ["the key server has no keys", "no keys"],
];

describe.concurrent("a sidecar survives that", () => {
  it.each(MOODS)("%s", async (name, mood) => {
    const issuer = await Issuer.start();
    onTestFinished(() => issuer.close());
    const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}", refresh-ms: 500, cool-down-ms: 500 }`;
    const start = async (): Promise<Rig> => {
      const rig = await startRig({ config: `identity: { jwt: ${jwt} }\n` });
      return {
        ...rig,
        callBy: async (agent, tool) => {
          const sent = await rig.callBy(agent, tool);
          return { ...sent, headers: { authorization: `Bearer ${await issuer.token(agent)}` } };
        },
      };
    };
    await tryFault(name, start, async () => {
      issuer.mode = mood;
      const asked = issuer.asked;
      await until(() => issuer.asked > asked);
      return () => (issuer.mode = "well");
    });
  });
});

async function frozenCollector(): Promise<string> {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

async function nobody(): Promise<string> {
  return `http://127.0.0.1:${(await freePorts(1))[0]}`;
}

describe.concurrent("a sidecar survives that", () => {
  it.each([
    ["the trace collector is down", nobody],
    ["the trace collector is frozen", frozenCollector],
  ])("%s", async (name, where) => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: await where(),
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BSP_EXPORT_TIMEOUT: "500",
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    };
    await tryFault(
      name,
      () => startRig({ environment }),
      async () => undefined,
    );
  });

  it("the disk of the audit log is full", async () => {
    await tryFault(
      "the disk of the audit log is full",
      () => startRig({ flags: ["--audit", "/dev/full"] }),
      async () => undefined,
    );
  });
});

const OPEN = JSON.stringify({ version: "1", default: "allow" });
const GOOD = JSON.stringify(TRIAL_POLICY);

/** Makes the file bad and waits until the sidecar has seen it. Returns a function that restores it. */
function spoiled(spoil: (file: string) => void): Inject<Rig> {
  return async ({ policyFile, tollgate }) => {
    spoil(policyFile);
    tollgate.hangUp();
    await until(async () => (await policyOf(tollgate.adminUrl)).last_error !== null);
    return () => writeFileSync(policyFile, GOOD);
  };
}

async function policyOf(adminUrl: string): Promise<{ digest: string; last_error: string | null }> {
  return (await fetch(`${adminUrl}/policy`)).json() as Promise<{ digest: string; last_error: string | null }>;
}

describe.concurrent("a sidecar survives that", () => {
  it.each<[string, Inject<Rig>]>([
    ["the policy is deleted", spoiled((file) => rmSync(file))],
    ["the policy is half written", spoiled((file) => writeFileSync(file, OPEN.slice(0, 20)))],
    [
      "the policy is a folder",
      spoiled((file) => {
        rmSync(file);
        mkdirSync(file);
        onTestFinished(() => rmSync(file, { recursive: true, force: true }));
      }),
    ],
  ])("%s", async (name, inject) => {
    await tryFault(name, startRig, async (rig) => {
      const mend = await inject(rig);
      return () => {
        rmSync(rig.policyFile, { recursive: true, force: true });
        mend?.();
      };
    });
  });

  it("the policy is swapped by symlinks, as a ConfigMap is, three times", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-configmap-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const publish = (version: string, text: string): void => {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "policy.json"), text);
      symlinkSync(version, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    publish("..1", GOOD);
    const policyFile = join(folder, "policy.json");
    symlinkSync(join("..data", "policy.json"), policyFile);
    const name = "the policy is swapped by symlinks, as a ConfigMap is, three times";
    await tryFault(
      name,
      () => startRig({ policyFile }),
      async ({ tollgate }) => {
        for (const version of ["..2", "..3", "..4"]) {
          const { digest } = await policyOf(tollgate.adminUrl);
          publish(version, JSON.stringify({ ...TRIAL_POLICY, description: version }));
          await until(async () => (await policyOf(tollgate.adminUrl)).digest !== digest);
        }
      },
    );
  });
});
