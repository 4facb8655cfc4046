import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { exportSPKI, importJWK } from "jose";
import { sealedSessionIds } from "../../src/proxy/sessions/session-ids.ts";
import { movableClock } from "../fixtures/fake-clock.ts";
import {
  callBody,
  countRefusals,
  type IdentifiedSidecar,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";
import { type IssuedKey, Issuer, newKey, rawToken } from "../fixtures/issuer.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  tools: { work: {}, scarce: { limits: [{ counter: "scarce", window: "day", max: 5, scope: "grant" }] } },
};

let issuer: Issuer;
let unpublished: IssuedKey;
let guarded: IdentifiedSidecar;
const clock = movableClock();
// Noon, so that no new day begins within the test.
clock.pass(12 * 3_600_000 - (Date.now() % (24 * 3_600_000)));
const refusal = countRefusals("bad tokens");
const SESSION_KEY = "a-key-of-sessions-that-is-long-enough";
const ids = sealedSessionIds({ keys: () => [SESSION_KEY], endpoint: "" });
const keyFile = temporaryFile("session-keys", SESSION_KEY);

beforeAll(async () => {
  issuer = await Issuer.start(clock.wallMs);
  atEnd(() => issuer.close());
  unpublished = await newKey("RS256");
  guarded = await startIdentifiedSidecar(configFor(issuer), { policy: POLICY, clock });
  await untilReady(guarded.sidecar);
});

function configFor({ url, audience }: Issuer, more = ""): string {
  return `identity:\n  required: true\n  session-key-file: "${keyFile}"\n  jwt: { issuer: "${url}", audience: "${audience}"${more} }\n`;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Sends a bad credential; the response. */
function refused(headers: Record<string, string>): Promise<Response> {
  return refusal(guarded, () => guarded.call(headers));
}

const HOUR_S = 3_600;
const seconds = (ahead: number): number => Math.floor(clock.wallMs() / 1000) + ahead;

/** Bad tokens, each with one fault. */
const BAD: readonly (readonly [string, () => Promise<string>])[] = [
  ["signed with an unpublished key", () => issuer.token("alice", { key: unpublished })],
  ["signed with an unpublished key under a published key's id", () => signedAs("kid")],
  ["with another agent written into it", tampered],
  [
    "whose signature was cut off",
    async () => (await issuer.token("alice")).split(".").slice(0, 2).join(".") + ".",
  ],
  ["expired", () => issuer.token("alice", { claims: { exp: seconds(-60) } })],
  ["not valid yet", () => issuer.token("alice", { claims: { nbf: seconds(HOUR_S) } })],
  ["without exp", () => issuer.token("alice", { claims: { exp: undefined } })],
  ["whose exp is a text", () => issuer.token("alice", { claims: { exp: "9999999999" } })],
  ["for another audience", () => issuer.token("alice", { claims: { aud: "https://other.example.com/mcp" } })],
  [
    "for an audience that begins like ours",
    () => issuer.token("alice", { claims: { aud: `${issuer.audience}/x` } }),
  ],
  ["without an audience", () => issuer.token("alice", { claims: { aud: undefined } })],
  ["of another issuer", () => issuer.token("alice", { claims: { iss: "https://other.example.com" } })],
  ["of an issuer with a slash more", () => issuer.token("alice", { claims: { iss: `${issuer.url}/` } })],
  ["without an issuer", () => issuer.token("alice", { claims: { iss: undefined } })],
  ["that names no agent", () => issuer.token("", { claims: { azp: undefined, sub: undefined } })],
  ["whose agent is no text", () => issuer.token("", { claims: { azp: 7 } })],
  ["whose agent is empty", () => issuer.token("")],
  ["whose agent is the name of callers without proof", () => issuer.token("anonymous")],
  ["whose agent hides a character", () => issuer.token("ali\u200bce")],
  ["whose agent is long", () => issuer.token("a".repeat(300))],
  ["with alg none", () => Promise.resolve(rawToken({ alg: "none" }, issuer.claims("alice")))],
  ["with alg None", () => Promise.resolve(rawToken({ alg: "None" }, issuer.claims("alice")))],
  [
    "with alg none and a signature",
    () => Promise.resolve(rawToken({ alg: "none" }, issuer.claims("alice"), "AA")),
  ],
  ["with HMAC by the public key as PEM", () => hmacByPublicKey("pem")],
  ["with HMAC by the public key as JWK", () => hmacByPublicKey("jwk")],
  ["with a key of its own in its header", () => withOwnKey("jwk")],
  ["with the address of its own keys in its header", () => withOwnKey("jku")],
  ["with an unknown critical header", () => issuer.token("alice", { header: { crit: ["x"], x: 1 } })],
  ["with an algorithm that is not its key's", () => signedAs("alg")],
  ["that is huge", () => issuer.token("alice", { claims: { padding: "x".repeat(9_000) } })],
  ["that is no JWT", () => Promise.resolve("x".repeat(40))],
  ["of five parts", () => Promise.resolve("eyJhbGciOiJkaXIifQ.a.b.c.d")],
  ["that is empty", () => Promise.resolve("")],
];

async function tampered(): Promise<string> {
  const [header, , signature] = (await issuer.token("alice")).split(".");
  return `${header}.${Buffer.from(JSON.stringify(issuer.claims("admin"))).toString("base64url")}.${signature}`;
}

function signedAs(what: "kid" | "alg"): Promise<string> {
  const [rs256, es256] = issuer.keys;
  if (rs256 === undefined || es256 === undefined) throw new Error("two keys are published");
  return what === "kid"
    ? issuer.token("alice", { key: { ...unpublished, kid: rs256.kid } })
    : issuer.token("alice", { key: { ...es256, kid: rs256.kid } });
}

async function hmacByPublicKey(form: "pem" | "jwk"): Promise<string> {
  const [published] = issuer.keys;
  if (published === undefined) throw new Error("a key is published");
  const key = await importJWK({ ...published.publicJwk, ext: true }, "RS256", { extractable: true });
  const secret =
    form === "pem" && !(key instanceof Uint8Array)
      ? await exportSPKI(key)
      : JSON.stringify(published.publicJwk);
  const unsigned = rawToken({ alg: "HS256", kid: published.kid }, issuer.claims("alice")).slice(0, -1);
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

function withOwnKey(how: "jwk" | "jku"): Promise<string> {
  const header =
    how === "jwk" ? { jwk: unpublished.publicJwk } : { jku: `${issuer.url}/keys`, x5u: `${issuer.url}/keys` };
  return issuer.token("alice", { key: unpublished, header });
}

const refusedMessages = (): Promise<number> =>
  guarded.sidecar.metric("tollgate_messages_refused_total", { cause: "unauthenticated" });

describe("a JWT access token", () => {
  it.each(["RS256", "ES256", "EdDSA", "PS256"])("names the agent when it is signed with %s", async (alg) => {
    const key = issuer.keys.find((each) => each.alg === alg);
    if (key === undefined) throw new Error(`no key for ${alg}`);
    const response = await guarded.call(bearer(await issuer.token(`agent-${alg}`, { key })));
    expect(response.status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: `agent-${alg}`, source: "jwt", verified: true });
    const { decisions } = (await (await fetch(`${guarded.sidecar.adminUrl}/decisions?limit=1`)).json()) as {
      decisions: object[];
    };
    expect(decisions).toMatchObject([{ agent: { name: `agent-${alg}`, source: "jwt", verified: true } }]);
  });

  it.each([
    [{ azp: undefined, client_id: "by-client-id" }, "by-client-id"],
    [{ azp: undefined, sub: "by-subject" }, "by-subject"],
    [{ azp: "by-azp", client_id: "other" }, "by-azp"],
  ])("names the agent by azp, client_id, then sub: %j", async (claims, name) => {
    expect((await guarded.call(bearer(await issuer.token("", { claims })))).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name });
  });

  it.each(BAD)("%s is refused", async (_fault, make) => {
    const token = await make();
    const records = guarded.sidecar.audit().length;
    const response = await refused(bearer(token));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="mcp", error="invalid_token"/);
    expect(guarded.sidecar.audit().slice(records)).toMatchObject([
      { effect: "deny", reason: "unauthenticated", agent: { name: "anonymous", verified: false } },
    ]);
    const told =
      JSON.stringify([...response.headers]) +
      (await response.text()) +
      JSON.stringify(guarded.sidecar.audit());
    if (token.length > 20) expect(told).not.toContain(token.slice(-20));
  });

  it("is refused when it comes twice, or beside another spelling of its header", async () => {
    const token = await issuer.token("alice");
    const port = Number(new URL(guarded.sidecar.url).port);
    for (const extra of [`Authorization: Bearer ${token}`, `authorization: Bearer x`]) {
      const socket = connect(port, "127.0.0.1");
      const head = [
        "POST /mcp HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        `Authorization: Bearer ${token}`,
      ];
      socket.write([...head, extra, `Content-Length: ${callBody().length}`, "", callBody()].join("\r\n"));
      const [response] = await refusal(guarded, () => once(socket, "data"));
      expect(String(response)).toMatch(/^HTTP\/1\.1 400 /);
      socket.destroy();
    }
  });

  it("is refused when it is larger than all headers may be", async () => {
    const token = await issuer.token("alice", { claims: { padding: "x".repeat(30_000) } });
    expect((await refused(bearer(token))).status).toBe(431);
  });

  it("is consumed: neither the server, the audit log nor the metrics see it", async () => {
    const token = await issuer.token("alice");
    await guarded.call(bearer(token));
    expect(JSON.stringify(guarded.seen)).not.toContain(token.slice(-20));
    expect(guarded.seen.at(-1)).not.toHaveProperty("authorization");
    const written = JSON.stringify(guarded.sidecar.audit()) + (await guarded.sidecar.metrics());
    expect(written).not.toContain(token.slice(-20));
  });

  it("is required, and the challenge names the issuer", async () => {
    const before = await refusedMessages();
    const response = await refused({});
    expect(response.status).toBe(401);
    const challenge = response.headers.get("www-authenticate") ?? "";
    expect(challenge).not.toContain("error=");
    const [, url] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    expect(new URL(url ?? "").pathname).toBe("/.well-known/oauth-protected-resource/mcp");
    expect(await refusedMessages()).toBe(before + 1);
  });

  it.each(["", "/mcp"])("has its issuer in the well-known document%s", async (suffix) => {
    const url = new URL(`/.well-known/oauth-protected-resource${suffix}`, guarded.sidecar.url);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ authorization_servers: [issuer.url] });
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });

  it("is refused in a GET and a DELETE as in a POST", async () => {
    for (const method of ["GET", "DELETE"]) {
      const headers = bearer(await issuer.token("alice", { key: unpublished }));
      expect((await fetch(guarded.sidecar.url, { method, headers })).status).toBe(401);
    }
  });

  it("is cached for a minute, and never past its exp", async () => {
    const quick = await issuer.token("quick", { claims: { exp: seconds(20) } });
    expect((await guarded.call(bearer(quick))).status).toBe(200);
    clock.pass(51_000);
    expect((await refused(bearer(quick))).status).toBe(401);
  });
});

describe("limits", () => {
  it("are one budget of 1,000 sessions, names and connections of one verified agent", async () => {
    let passed = 0;
    for (let round = 0; round < 20; round += 1) {
      const token = await issuer.token("greedy", { claims: { jti: String(round), sub: `user-${round}` } });
      const calls = Array.from({ length: 50 }, async (_, index) => {
        const headers = {
          ...bearer(token),
          connection: "close",
          "user-agent": `name-${round}-${index}`,
          "mcp-session-id": ids.seal(`s-${round}-${index}`, `greedy\nuser-${round}`),
        };
        const answer = await (await guarded.call(headers, "scarce")).text();
        if (!answer.includes("isError")) passed += 1;
      });
      await Promise.all(calls);
    }
    expect(passed).toBe(5);
    const other = await guarded.call(bearer(await issuer.token("modest", {})), "scarce");
    expect(await other.text()).not.toContain("isError");
  });
});
