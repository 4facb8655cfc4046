import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import { movableClock } from "../fixtures/fake-clock.ts";
import { type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer, newKey } from "../fixtures/issuer.ts";
import { until } from "../fixtures/start-sidecar.ts";

const USER = "system:serviceaccount:batch:runner";
const AUDIENCE = "tollgate";
const ABOUT = { namespace: "batch", serviceaccount: { name: "runner", uid: "1" }, pod: { name: "runner-1" } };
const figures = { tried: 0, accepted: 0 };

let folder: string;
let authority: Pem;
let server: Pem;
let cluster: Issuer;
let guarded: IdentifiedSidecar;
const clock = movableClock();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-cluster-"));
  authority = await newAuthority("cluster");
  server = await newCertificate(authority, { commonName: "kubernetes", dns: ["localhost"] });
  writeFileSync(join(folder, "ca.crt"), authority.cert);
  writeFileSync(join(folder, "token"), "sidecar-token\n");
  cluster = await Issuer.start(clock.wallMs);
});
afterAll(() => {
  console.log(`ServiceAccounts: ${figures.tried} bad tokens shown, ${figures.accepted} accepted`);
  cluster.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => guarded.stop());

/** As a projected token's claims are. */
function token(changes: Readonly<Record<string, unknown>> = {}, key = cluster.keys[0]): Promise<string> {
  const claims = { aud: [AUDIENCE], azp: undefined, sub: USER, "kubernetes.io": ABOUT, ...changes };
  return cluster.token("", { claims, ...(key && { key }) });
}

async function statusFor(shown: string): Promise<number> {
  return (await guarded.call({ authorization: `Bearer ${shown}` })).status;
}

async function refused(shown: string): Promise<void> {
  const before = guarded.seen.length;
  figures.tried += 1;
  const status = await statusFor(shown);
  figures.accepted += guarded.seen.length - before;
  expect(status).toBe(401);
  expect(guarded.seen.length).toBe(before);
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
  ["signed by a stranger", async () => token({}, await newKey("RS256"))],
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
      await until(async () => (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).status === 200);
    });

    it("names the agent, and stays here", async () => {
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
  const file = join(folder, "rotated.json");
  writeFileSync(file, JSON.stringify(cluster.jwks));
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
  /** What the fake says of a token; undefined: it does not answer at all. */
  let review: (spec: Asked["spec"]) => object | undefined;
  let close: () => void;

  beforeEach(async () => {
    asked = [];
    review = ({ audiences }) => ({ authenticated: true, audiences, user: { username: USER } });
    const api = createServer(server, (request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
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
    close = () => {
      api.closeAllConnections();
      api.close();
    };
    const files = `ca-file: "${join(folder, "ca.crt")}", token-file: "${join(folder, "token")}"`;
    const section = `{ audience: ${AUDIENCE}, token-review: "https://localhost:${port}", ${files} }`;
    guarded = await startIdentifiedSidecar(`identity:\n  service-accounts: ${section}\n`, { clock });
  });
  afterEach(() => close());

  it("names the agent as the API server says, which is asked about our audience with our own token", async () => {
    const shown = await token();
    expect(await statusFor(shown)).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: USER, source: "service_account", verified: true });
    expect(asked).toEqual([
      { authorization: "Bearer sidecar-token", spec: { token: shown, audiences: [AUDIENCE] } },
    ]);
  });

  it("is asked about once in a minute, and once when it comes many times at once", async () => {
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
    ["knows, without a word on audiences", () => ({ authenticated: true, user: { username: USER } })],
    [
      "knows as a person's",
      ({ audiences }) => ({ authenticated: true, audiences, user: { username: "admin" } }),
    ],
    [
      "speaks of in riddles",
      ({ audiences }) => ({ authenticated: "true", audiences, user: { username: USER } }),
    ],
    ["does not answer about", () => undefined],
  ])("that the API server %s is refused", async (_what, says) => {
    review = says;
    await refused(await token());
  });

  it("that does not say it is a ServiceAccount's is not asked about", async () => {
    await refused(await token({ sub: "admin" }));
    expect(asked).toEqual([]);
  });
});
