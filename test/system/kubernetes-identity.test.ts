/** ServiceAccount identity with a real API server (the API server alone: no kubelet, so no pod runs). */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPrivateKey } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { movableClock } from "../fixtures/fake-clock.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { temporaryFolder } from "../fixtures/lifetime.ts";
import { until, untilReady } from "../fixtures/start-sidecar.ts";
import {
  createAccount,
  createNamespace,
  createPod,
  isAccepted,
  requestToken,
} from "./kubernetes/accounts.ts";
import { CLUSTER_ISSUER, type ControlPlane, startControlPlane } from "./kubernetes/control-plane.ts";
import { applyRoles } from "./kubernetes/stories.ts";

const AGENT = { namespace: "batch", name: "runner" };
const AGENT_NAME = "system:serviceaccount:batch:runner";
/** Tollgate's own, which the roles of deploy/ are bound to. */
const OWN = { namespace: "shop", name: "default" };
const PAST_CACHE_MS = 61_000;
const refusal = countRefusals("bad ServiceAccount tokens of a real cluster");
const MODES = ["jwks by address", "jwks by file", "TokenReview"] as const;

const folder = temporaryFolder();
let cluster: ControlPlane;
let clock = movableClock();
let guarded: IdentifiedSidecar;

beforeAll(async () => {
  cluster = await startControlPlane();
  const { admin } = cluster;
  for (const account of [AGENT, OWN]) {
    await createNamespace(admin, account.namespace);
    await createAccount(admin, account);
  }
  await applyRoles(admin, OWN.namespace);
  writeFileSync(join(folder, "token"), await requestToken(admin, OWN, { audiences: [] }));
  await writeKeys();
}, 3_600_000);

async function writeKeys(): Promise<void> {
  writeFileSync(join(folder, "jwks.json"), JSON.stringify(await cluster.admin.get("/openid/v1/jwks")));
}

async function start(mode: (typeof MODES)[number], more = ""): Promise<void> {
  clock = movableClock();
  const access = `ca-file: "${cluster.caFile}", token-file: "${join(folder, "token")}"`;
  const keys = {
    "jwks by address": `issuer: "${CLUSTER_ISSUER}", jwks: "${cluster.url}/openid/v1/jwks", ${access}`,
    "jwks by file": `issuer: "${CLUSTER_ISSUER}", jwks-file: "${join(folder, "jwks.json")}"`,
    TokenReview: `token-review: "${cluster.url}", ${access}`,
  }[mode];
  const section = `{ audience: tollgate, ${keys}${more} }`;
  guarded = await startIdentifiedSidecar(`identity:\n  service-accounts: ${section}\n`, { clock });
  await untilReady(guarded.sidecar);
}

async function answerTo(token: string): Promise<Response> {
  return guarded.call({ authorization: `Bearer ${token}` });
}

async function statusFor(token: string): Promise<number> {
  return (await answerTo(token)).status;
}

async function refused(token: string): Promise<void> {
  expect(await refusal(guarded, () => statusFor(token))).toBe(401);
}

/** A token of the cluster's own key that differs from a good one. */
async function signed(
  claims: Readonly<Record<string, unknown>>,
  key = cluster.signingKey,
  like?: string,
): Promise<string> {
  const good = like ?? (await requestToken(cluster.admin, AGENT));
  const header = decodeProtectedHeader(good);
  const privateKey = createPrivateKey(readFileSync(key.privateFile));
  return new SignJWT({ ...decodeJwt(good), ...claims })
    .setProtectedHeader({ ...header, alg: header.alg ?? "RS256" })
    .sign(privateKey);
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

const FAULTS: readonly (readonly [string, () => Promise<string>])[] = [
  ["for the API server", () => requestToken(cluster.admin, AGENT, { audiences: [CLUSTER_ISSUER] })],
  ["for the API server, by default", () => requestToken(cluster.admin, AGENT, { audiences: [] })],
  ["for another audience", () => requestToken(cluster.admin, AGENT, { audiences: ["other"] })],
  [
    "for a longer name of the audience",
    () => requestToken(cluster.admin, AGENT, { audiences: ["tollgate2"] }),
  ],
  ["that has expired", () => signed({ exp: now() - 120, iat: now() - 3_700, nbf: now() - 3_700 })],
  ["that is not valid yet", () => signed({ nbf: now() + 600 })],
  ["of another issuer", () => signed({ iss: "https://other.example.com" })],
  ["of a user that is no ServiceAccount", () => signed({ sub: "administrator" })],
  ["whose subject is another account", () => signed({ sub: "system:serviceaccount:shop:default" })],
  ["by a key of which the cluster knows nothing", () => signed({}, cluster.newSigningKey())],
  [
    "whose signature is another token's",
    async () => {
      const [good, other] = await Promise.all([requestToken(cluster.admin, AGENT), signed({ jti: "other" })]);
      return [...good.split(".").slice(0, 2), other.split(".")[2]].join(".");
    },
  ],
  [
    "without a signature",
    async () => {
      const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
      return `${none}.${(await requestToken(cluster.admin, AGENT)).split(".")[1]}.`;
    },
  ],
];

describe.each(MODES)("a token by TokenRequest, checked by %s (the API server alone: no kubelet)", (mode) => {
  it("names the agent, for one audience or several, bound to a pod or not", async () => {
    await start(mode);
    const uid = await createPod(cluster.admin, AGENT, `named-${MODES.indexOf(mode)}`);
    const pod = { name: `named-${MODES.indexOf(mode)}`, uid };
    for (const wish of [{}, { audiences: ["other", "tollgate"] }, { pod }]) {
      expect(await statusFor(await requestToken(cluster.admin, AGENT, wish))).toBe(200);
      expect(guarded.lastAgent()).toEqual({ name: AGENT_NAME, source: "service_account", verified: true });
    }
    expect(guarded.seen.at(-1)).not.toHaveProperty("authorization");
  });

  it.each(FAULTS)("is refused: %s", async (_fault, make) => {
    await start(mode);
    await refused(await make());
  });
});

describe.each(MODES.slice(0, 2))("a token that is checked by %s", (mode) => {
  it("is good until it expires, even when its pod is gone", async () => {
    await start(mode);
    const name = `gone-${MODES.indexOf(mode)}`;
    const token = await requestToken(cluster.admin, AGENT, {
      pod: { name, uid: await createPod(cluster.admin, AGENT, name) },
    });
    await cluster.admin.get(`/api/v1/namespaces/batch/pods/${name}`, { method: "DELETE" });
    await until(async () => !(await isAccepted(cluster.admin, token)));
    expect(await statusFor(token)).toBe(200);
    clock.pass(3_600_000 + 31_000);
    await refused(token);
  });
});

describe("a token that the API server reviews", () => {
  it("is refused when its pod is gone", async () => {
    await start("TokenReview");
    const uid = await createPod(cluster.admin, AGENT, "reviewed");
    const token = await requestToken(cluster.admin, AGENT, { pod: { name: "reviewed", uid } });
    expect(await statusFor(token)).toBe(200);
    await cluster.admin.get("/api/v1/namespaces/batch/pods/reviewed", { method: "DELETE" });
    await until(async () => !(await isAccepted(cluster.admin, token)));
    clock.pass(PAST_CACHE_MS);
    await refused(token);
  });

  it("is refused when its account is gone, and when another one has its name", async () => {
    await start("TokenReview");
    const account = { namespace: "batch", name: "short-lived" };
    await createAccount(cluster.admin, account);
    const token = await requestToken(cluster.admin, account);
    expect(await statusFor(token)).toBe(200);
    await cluster.admin.get("/api/v1/namespaces/batch/serviceaccounts/short-lived", { method: "DELETE" });
    await until(async () => !(await isAccepted(cluster.admin, token)));
    clock.pass(PAST_CACHE_MS);
    await refused(token);
    await createAccount(cluster.admin, account);
    clock.pass(PAST_CACHE_MS);
    await refused(token);
    expect(await statusFor(await requestToken(cluster.admin, account))).toBe(200);
  });

  it("is 503 with Retry-After while the API server is away, except within the grace of an earlier review", async () => {
    await start("TokenReview");
    const [seen, unseen] = await Promise.all([
      requestToken(cluster.admin, AGENT),
      requestToken(cluster.admin, AGENT, { audiences: ["tollgate", "unseen"] }),
    ]);
    expect(await statusFor(seen)).toBe(200);
    await cluster.stopApiServer();
    clock.pass(PAST_CACHE_MS);
    const { status, headers } = await answerTo(unseen);
    expect([status, headers.get("retry-after"), headers.get("www-authenticate")]).toEqual([503, "5", null]);
    expect(await statusFor(seen)).toBe(200);
    clock.pass(300_000);
    expect(await statusFor(seen)).toBe(503);
    await cluster.startApiServer();
    expect(await statusFor(seen)).toBe(200);
    expect(await statusFor(unseen)).toBe(200);
  });

  it("is 503 while the API server keeps connections and answers none, and good again afterwards", async () => {
    await start("TokenReview", ", review-grace-ms: 0");
    const token = await requestToken(cluster.admin, AGENT);
    expect(await statusFor(token)).toBe(200);
    clock.pass(PAST_CACHE_MS);
    cluster.signalApiServer("SIGSTOP");
    expect(await statusFor(token).finally(() => cluster.signalApiServer("SIGCONT"))).toBe(503);
    expect(await statusFor(token)).toBe(200);
  });
});

describe("a cluster that changes its signing key", () => {
  it.each(MODES)("has tokens of both keys accepted until the old one is taken out, by %s", async (mode) => {
    const next = cluster.newSigningKey();
    const { signingKey } = cluster;
    const old = await requestToken(cluster.admin, AGENT);
    await writeKeys();
    await start(mode, mode === "jwks by address" ? ", refresh-ms: 100" : "");
    expect(await statusFor(old)).toBe(200);
    await cluster.startApiServer([next, signingKey]);
    await writeKeys();
    const young = await requestToken(cluster.admin, AGENT);
    expect(decodeProtectedHeader(young).kid).not.toBe(decodeProtectedHeader(old).kid);
    await until(async () => (await statusFor(young)) === 200);
    expect(await statusFor(await signed({ jti: "old" }, signingKey, old))).toBe(200);
    await cluster.startApiServer([next]);
    await writeKeys();
    // Tollgate's own token was of the old key as well.
    writeFileSync(join(folder, "token"), await requestToken(cluster.admin, OWN, { audiences: [] }));
    const another = (): Promise<string> => signed({ jti: crypto.randomUUID() }, signingKey, old);
    await until(async () => (await statusFor(await another())) === 401);
    clock.pass(PAST_CACHE_MS);
    await refused(old);
    expect(await statusFor(young)).toBe(200);
    await cluster.startApiServer();
    await writeKeys();
    writeFileSync(join(folder, "token"), await requestToken(cluster.admin, OWN, { audiences: [] }));
  });
});

describe("an API server that is away at the start", () => {
  it("leaves Tollgate unready in clear words, and ready once the keys were fetched", async () => {
    const token = await requestToken(cluster.admin, AGENT);
    await cluster.stopApiServer();
    const access = `ca-file: "${cluster.caFile}", token-file: "${join(folder, "token")}"`;
    const keys = `issuer: "${CLUSTER_ISSUER}", jwks: "${cluster.url}/openid/v1/jwks", ${access}`;
    clock = movableClock();
    guarded = await startIdentifiedSidecar(
      `identity:\n  service-accounts: { audience: tollgate, ${keys} }\n`,
      { clock },
    );
    let said = "";
    await until(async () => {
      said = await (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).text();
      return said.includes("ECONNREFUSED");
    });
    expect(said).toContain("the keys of the cluster were never fetched: ECONNREFUSED");
    expect(await statusFor(token)).not.toBe(200);
    await cluster.startApiServer();
    await untilReady(guarded.sidecar);
    expect(await statusFor(token)).toBe(200);
  });
});
