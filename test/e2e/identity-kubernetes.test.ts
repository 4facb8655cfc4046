import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import { movableClock } from "../fixtures/fake-clock.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { atEnd, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { readBody } from "../fixtures/loopback-server.ts";
import { Issuer, newKey } from "../fixtures/issuer.ts";
import { until, untilReady } from "../fixtures/start-sidecar.ts";

const USER = "system:serviceaccount:batch:runner";
const AUDIENCE = "tollgate";
const ABOUT = { namespace: "batch", serviceaccount: { name: "runner", uid: "1" }, pod: { name: "runner-1" } };
const refusal = countRefusals("bad ServiceAccount tokens");

const folder = temporaryFolder();
let authority: Pem;
let server: Pem;
let cluster: Issuer;
let guarded: IdentifiedSidecar;
const clock = movableClock();

beforeAll(async () => {
  authority = await newAuthority("cluster");
  server = await newCertificate(authority, { commonName: "kubernetes", dns: ["localhost"] });
  writeFileSync(join(folder, "ca.crt"), authority.cert);
  writeFileSync(join(folder, "token"), "sidecar-token\n");
  cluster = await Issuer.start(clock.wallMs);
  atEnd(() => cluster.close());
});

/** A token with the claims of a projected ServiceAccount token. */
function token(changes: Readonly<Record<string, unknown>> = {}, key = cluster.keys[0]): Promise<string> {
  const claims = { aud: [AUDIENCE], azp: undefined, sub: USER, "kubernetes.io": ABOUT, ...changes };
  return cluster.token("", { claims, ...(key && { key }) });
}

async function statusFor(shown: string): Promise<number> {
  return (await guarded.call({ authorization: `Bearer ${shown}` })).status;
}

async function refused(shown: string): Promise<void> {
  expect(await refusal(guarded, () => statusFor(shown))).toBe(401);
}

const FAULTS: readonly (readonly [string, () => Promise<string>])[] = [
  ["for the API server", () => token({ aud: ["https://kubernetes.default.svc"] })],
  ["without an audience", () => token({ aud: undefined })],
  ["that has expired", () => token({ exp: Math.floor(clock.wallMs() / 1000) - 60 })],
  ["of a user that is no ServiceAccount", () => token({ sub: "admin" })],
  ["of a name that only looks like a ServiceAccount's", () => token({ sub: `${USER}:x` })],
  [
    "whose claims contradict each other",
    () => token({ "kubernetes.io": { ...ABOUT, namespace: "kube-system" } }),
  ],
  ["signed with an unpublished key", async () => token({}, await newKey("RS256"))],
  ["of another cluster", () => token({ iss: "https://other.example.com" })],
];

describe.each(["a file", "the API server"])(
  "a ServiceAccount token, checked by the public keys from %s",
  (from) => {
    beforeEach(async () => {
      writeFileSync(join(folder, "jwks.json"), JSON.stringify(cluster.jwks));
      const keys =
        from === "a file" ? `jwks-file: "${join(folder, "jwks.json")}"` : `jwks: "${cluster.url}/keys"`;
      const section = `{ audience: ${AUDIENCE}, issuer: "${cluster.url}", ${keys} }`;
      guarded = await startIdentifiedSidecar(`identity:\n  service-accounts: ${section}\n`, { clock });
      await untilReady(guarded.sidecar);
    });

    it("names the agent, and is not forwarded", async () => {
      expect(await statusFor(await token())).toBe(200);
      expect(guarded.lastAgent()).toEqual({ name: USER, source: "service_account", verified: true });
      expect(guarded.seen.at(-1)).not.toHaveProperty("authorization");
    });

    it.each(FAULTS)("%s is refused", async (_fault, make) => {
      await refused(await make());
    });
  },
);

it("public keys in a file are read again when it changes", async () => {
  const file = temporaryFile("rotated.json", cluster.jwks);
  const section = `{ audience: ${AUDIENCE}, issuer: "${cluster.url}", jwks-file: "${file}" }`;
  guarded = await startIdentifiedSidecar(`identity:\n  service-accounts: ${section}\n`, { clock });
  const key = await newKey("ES256");
  await refused(await token({}, key));
  writeFileSync(file, JSON.stringify({ keys: [key.publicJwk] }));
  await until(async () => (await statusFor(await token({ jti: "again" }, key))) === 200);
  await refused(await token({ jti: "old" }));
});

describe("a ServiceAccount token, checked by TokenReview with a fake API server", () => {
  interface Asked {
    readonly authorization: string | undefined;
    readonly spec: { readonly token: string; readonly audiences: readonly string[] };
  }
  let asked: Asked[];
  /** The status in the review; undefined closes the connection without a response. */
  let review: (spec: Asked["spec"]) => object | undefined;

  beforeEach(async () => {
    asked = [];
    review = ({ audiences }) => ({ authenticated: true, audiences, user: { username: USER } });
    const api = createServer(server, (request, response) => {
      void readBody(request).then((text) => {
        const { spec }: { spec: Asked["spec"] } = JSON.parse(text);
        asked.push({ authorization: request.headers.authorization, spec });
        const status = review(spec);
        if (status === undefined) return void response.destroy();
        const isRight =
          request.url === "/apis/authentication.k8s.io/v1/tokenreviews" && request.method === "POST";
        return response
          .writeHead(isRight ? 201 : 404, { "content-type": "application/json" })
          .end(JSON.stringify({ status }));
      });
    }).listen(0, "127.0.0.1");
    await once(api, "listening");
    const address = api.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    atEnd(() => {
      api.closeAllConnections();
      api.close();
    });
    const files = `ca-file: "${join(folder, "ca.crt")}", token-file: "${join(folder, "token")}"`;
    const section = `{ audience: ${AUDIENCE}, token-review: "https://localhost:${port}", ${files} }`;
    guarded = await startIdentifiedSidecar(`identity:\n  service-accounts: ${section}\n`, { clock });
  });

  it("names the agent as the API server says, which gets Tollgate's audience and token", async () => {
    const shown = await token();
    expect(await statusFor(shown)).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: USER, source: "service_account", verified: true });
    expect(asked).toEqual([
      { authorization: "Bearer sidecar-token", spec: { token: shown, audiences: [AUDIENCE] } },
    ]);
  });

  it("is reviewed once a minute, and once for many concurrent requests", async () => {
    const shown = await token({ jti: "many" });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusFor(shown)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(asked.length).toBe(1);
    clock.pass(61_000);
    await statusFor(shown);
    expect(asked.length).toBe(2);
  });

  it.each<[string, (spec: Asked["spec"]) => object | undefined]>([
    ["does not know", () => ({ authenticated: false })],
    [
      "knows for another audience",
      () => ({ authenticated: true, audiences: ["api"], user: { username: USER } }),
    ],
    ["knows, without audiences", () => ({ authenticated: true, user: { username: USER } })],
    [
      "knows as a person's",
      ({ audiences }) => ({ authenticated: true, audiences, user: { username: "admin" } }),
    ],
    [
      "answers about with a wrong type",
      ({ audiences }) => ({ authenticated: "true", audiences, user: { username: USER } }),
    ],
  ])("that the API server %s is refused", async (_what, says) => {
    review = says;
    await refused(await token());
  });

  it("that the API server does not answer about is 503 with Retry-After, and is tried again", async () => {
    const answer = review;
    const shown = await token({ jti: "unchecked" });
    review = () => undefined;
    const { status, headers } = await guarded.call({ authorization: `Bearer ${shown}` });
    expect([status, headers.get("retry-after"), headers.get("www-authenticate")]).toEqual([503, "5", null]);
    review = answer;
    expect(await statusFor(shown)).toBe(200);
  });

  it("that was accepted stays good while the API server is away, for the grace and no longer", async () => {
    const shown = await token({ jti: "grace", exp: Math.floor(clock.wallMs() / 1000) + 3_600 });
    expect(await statusFor(shown)).toBe(200);
    review = () => undefined;
    clock.pass(61_000);
    expect(await statusFor(shown)).toBe(200);
    expect(await statusFor(await token({ jti: "never seen" }))).toBe(503);
    clock.pass(238_000);
    expect(await statusFor(shown)).toBe(200);
    clock.pass(1_000);
    expect(await statusFor(shown)).toBe(503);
  });

  it("that was accepted is not good past its own end, whatever the grace", async () => {
    const shown = await token({ jti: "ends", exp: Math.floor(clock.wallMs() / 1000) + 90 });
    expect(await statusFor(shown)).toBe(200);
    review = () => undefined;
    clock.pass(91_000);
    expect(await statusFor(shown)).toBe(503);
  });

  it("that the API server refuses has no grace left", async () => {
    const answer = review;
    const shown = await token({ jti: "revoked", exp: Math.floor(clock.wallMs() / 1000) + 3_600 });
    expect(await statusFor(shown)).toBe(200);
    clock.pass(61_000);
    review = () => ({ authenticated: false });
    await refused(shown);
    review = () => undefined;
    expect(await statusFor(shown)).toBe(503);
    review = answer;
  });

  it("that the API server knows as another account's than its subject is refused", async () => {
    await refused(await token({ sub: "system:serviceaccount:batch:other" }));
    expect(asked).toHaveLength(1);
  });

  it("that does not claim to be a ServiceAccount is not reviewed", async () => {
    await refused(await token({ sub: "admin" }));
    expect(asked).toEqual([]);
  });
});
