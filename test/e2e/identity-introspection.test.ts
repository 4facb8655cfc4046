/** Opaque tokens: their issuer is asked (RFC 7662), with Tollgate's own credentials, within bounds. */

import { beforeEach, describe, expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { movableClock, type MovableClock } from "../fixtures/fake-clock.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, temporaryFile } from "../fixtures/lifetime.ts";

const ISSUER = "https://login.example.com";
const AUDIENCE = "https://mcp.example.com/mcp";
const refusal = countRefusals("introspected tokens");

let guarded: IdentifiedSidecar;
let clock: MovableClock;
/** Requests to the endpoint: their Authorization header and form. */
let asked: { readonly authorization: string | undefined; readonly form: string }[];
/** The endpoint's response, by token; a text is sent as it is, a number is a status. */
let known: Map<string, object | string | number>;

const good = (more: object = {}): object => ({
  active: true,
  client_id: "bot",
  aud: AUDIENCE,
  iss: ISSUER,
  ...more,
});

beforeEach(async () => {
  asked = [];
  known = new Map<string, object | string | number>([["good-token", good()]]);
  clock = movableClock();
  const server = await serve((form, response, { headers }) => {
    asked.push({ authorization: headers.authorization, form });
    const answer = known.get(new URLSearchParams(form).get("token") ?? "") ?? { active: false };
    if (typeof answer === "number") return response.writeHead(answer).end();
    return typeof answer === "string" ? answer : JSON.stringify(answer);
  });
  await start(server.url.replace("/mcp", "/introspect"));
});

async function start(url: string, more = ""): Promise<void> {
  const secret = temporaryFile("secret", "s3cret");
  const client = `client-id: tollgate, client-secret-file: "${secret}"`;
  const entry = `{ issuer: "${ISSUER}", audience: "${AUDIENCE}", introspection: "${url}", ${client} }`;
  guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: ${entry}\n${more}`, { clock });
}

const send = (token: string): Promise<Response> => guarded.call({ authorization: `Bearer ${token}` });
const refused = (token: string): Promise<Response> => refusal(guarded, () => send(token));

describe("an opaque token", () => {
  it("names the agent when its issuer says that it is active", async () => {
    expect((await send("good-token")).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "bot", source: "jwt", verified: true });
    expect(asked).toEqual([
      {
        authorization: `Basic ${Buffer.from("tollgate:s3cret").toString("base64")}`,
        form: "token=good-token&token_type_hint=access_token",
      },
    ]);
  });

  it("is asked about once a minute, and never past its exp", async () => {
    known.set("short-token", good({ exp: clock.wallMs() / 1000 + 20 }));
    for (const token of ["good-token", "good-token", "short-token", "short-token"]) await send(token);
    expect(asked).toHaveLength(2);
    clock.pass(61_000);
    expect((await send("good-token")).status).toBe(200);
    expect((await refused("short-token")).status).toBe(401);
    expect(asked).toHaveLength(4);
  });

  it.each<[string, object | string | number]>([
    ["that is not active", { active: false }],
    ["whose active is a text", good({ active: "true" })],
    ["whose active is 1", good({ active: 1 })],
    ["for another audience", good({ aud: "https://other.example.com" })],
    ["without an audience", good({ aud: undefined })],
    ["of another issuer", good({ iss: "https://other.example.com" })],
    ["that has expired", good({ exp: 1 })],
    ["whose exp is a text", good({ exp: "9999999999" })],
    ["whose exp overflows", `{"active":true,"client_id":"bot","aud":"${AUDIENCE}","exp":1e400}`],
    ["with a member twice", `{"active":true,"client_id":"bot","client_id":"admin","aud":"${AUDIENCE}"}`],
    ["with active twice", `{"active":false,"active":true,"client_id":"bot","aud":"${AUDIENCE}"}`],
    ["that is not valid yet", good({ nbf: 99_999_999_999 })],
    ["bound to a key", good({ cnf: { jkt: "x" } })],
    ["of type DPoP", good({ token_type: "DPoP" })],
    ["whose token_type is a list", good({ token_type: ["Bearer"] })],
    ["whose token_type is null", good({ token_type: null })],
    ["that is a refresh token of Keycloak", good({ typ: "Refresh" })],
    ["that is an ID token of Keycloak", good({ typ: "ID" })],
    ["that is an ID token of AWS Cognito", good({ token_use: "id" })],
    ["that is a logout token", good({ events: {} })],
    ["that is an ID token with a nonce", good({ nonce: "n" })],
    ["whose exp is null", good({ exp: null })],
    ["whose exp is true", good({ exp: true })],
    ["whose exp is a list", good({ exp: [9_999_999_999] })],
    ["whose nbf is a text", good({ nbf: "0" })],
    ["whose iss is null", good({ iss: null })],
    ["whose iss is a list", good({ iss: [ISSUER] })],
    ["whose iss has a slash more", good({ iss: `${ISSUER}/` })],
    ["whose aud is a mapping", good({ aud: { [AUDIENCE]: true } })],
    ["whose aud is a list of lists", good({ aud: [[AUDIENCE]] })],
    ["whose aud is one text of several", good({ aud: `${AUDIENCE} other` })],
    ["whose active is a list", good({ active: [true] })],
    ["whose active is null", good({ active: null })],
    ["whose cnf is null", good({ cnf: null })],
    ["whose user is a list", good({ sub: ["ann"] })],
    ["whose user is empty", good({ sub: "" })],
    ["whose agent is a number", good({ client_id: 7 })],
    ["for whose user an actor without a name acts", good({ client_id: undefined, sub: "ann", act: {} })],
    ["with a byte order mark before its answer", `\ufeff${JSON.stringify(good())}`],
    ["with a second answer behind it", `${JSON.stringify(good())}{}`],
    ["about which the issuer answers null", "null"],
    ["about which the issuer answers nothing", ""],
    ["about which the issuer answers true", "true"],
    ["about which the issuer answers 204", 204],
    ["that names no agent", good({ client_id: undefined })],
    ["whose agent is a list", good({ client_id: ["bot"] })],
    ["whose agent is reserved", good({ client_id: "Anonymous" })],
    ["whose agent hides a character", good({ client_id: "bot\u3164" })],
    ["about which the issuer answers no JSON", "<html>"],
    ["about which the issuer answers a list", "[]"],
    ["about which the issuer answers 401", 401],
    ["about which the issuer answers 500", 500],
    ["about which the issuer answers 302", 302],
  ])("%s is refused", async (_fault, answer) => {
    known.set("bad-token", answer);
    expect((await refused("bad-token")).status).toBe(401);
  });

  it("is refused in clear words, and not asked about again at once, while its issuer is away", async () => {
    known.set("bad-token", 503);
    await refused("bad-token");
    for (let index = 0; index < 20; index += 1) {
      const response = await refused(`token-${index}`);
      expect(await response.text()).toContain("the token cannot be checked now: its issuer gave no answer");
    }
    expect(asked).toHaveLength(1);
    clock.pass(1_001);
    expect((await send("good-token")).status).toBe(200);
    expect((await refused("token-x")).status).toBe(401);
    expect(asked).toHaveLength(3);
  });
});

describe("the introspection endpoint", () => {
  it("receives no token that names another issuer", async () => {
    const other = await Issuer.start();
    atEnd(() => other.close());
    expect((await refused(await other.token("bot"))).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it("receives no JWT that names another issuer in a form that is not read here", async () => {
    const other = await Issuer.start();
    atEnd(() => other.close());
    const [header = "", claims = "", signature = ""] = (await other.token("bot")).split(".");
    const sloppy = Buffer.from(claims, "base64url").toString("base64").replace(/=*$/, "==");
    const shorter = Buffer.from("{}").toString("base64url");
    for (const token of [
      `${header}.${sloppy}.${signature}`,
      `${header}..${signature}`,
      `${header}.!.${signature}`,
      `${header}.${claims}x.${signature}`,
      `${header}.${claims}.${signature}=`,
      `${shorter}.W10.${signature}`,
    ])
      expect((await refused(token)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it("is asked again a minute after a token was revoked, and at once about others", async () => {
    expect((await send("good-token")).status).toBe(200);
    known.set("good-token", { active: false });
    clock.pass(60_001);
    expect((await refused("good-token")).status).toBe(401);
    known.set("good-token", good());
    expect((await send("good-token")).status).toBe(200);
  });

  it("receives no API key, known or revoked", async () => {
    const server = await serve((form) => {
      asked.push({ authorization: undefined, form });
      return JSON.stringify(good());
    });
    const [known, revoked] = [createKey("key-bot"), createKey("key-bot")];
    await start(server.url, `  api-keys: { file: "${temporaryFile("keys.yaml", known.line)}" }\n`);
    expect((await send(known.key)).status).toBe(200);
    expect((await refused(revoked.key)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it("receives JWTs of its issuer where the settings name no keys", async () => {
    const issuer = await Issuer.start();
    atEnd(() => issuer.close());
    const token = await issuer.token("bot", { claims: { iss: ISSUER } });
    known.set(token, good());
    expect((await send(token)).status).toBe(200);
    expect((await refused(await issuer.token("mallory", { claims: { iss: ISSUER } }))).status).toBe(401);
    expect(asked).toHaveLength(2);
  });
});
