/** The ways to an issuer's keys: through a proxy, from a server of a private authority, with credentials, and for tokens that name no key. */

import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { newAuthority, newCertificate } from "../fixtures/certificates.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer, newKey } from "../fixtures/issuer.ts";
import { type KeyServer, startKeyServer } from "../fixtures/key-server.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { until, untilReady } from "../fixtures/start-sidecar.ts";

let issuer: Issuer;
let keys: KeyServer;
let guarded: IdentifiedSidecar;
const refusal = countRefusals("tokens that name no key");

beforeEach(async () => {
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
  keys = await startKeyServer(issuer);
});

interface Proxy {
  readonly url: string;
  readonly asked: string[];
}

/** A forward proxy that keeps the targets of its tunnels. */
async function startProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createServer((_request, response) => response.writeHead(502).end());
  server.on("connect", ({ url = "" }, client) => {
    asked.push(url);
    const [host = "", port = ""] = url.split(":");
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    for (const socket of [target, client]) socket.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, asked };
}

async function start(more: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}"${more} }`;
  guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: ${jwt}\n`, { environment });
}

const served = (): string => `, jwks: "${keys.url}", ca-file: "${keys.caFile}"`;
const ready = async (): Promise<string> => (await fetch(`${guarded.sidecar.adminUrl}/readyz`)).text();
const send = async (token: string): Promise<Response> => guarded.call({ authorization: `Bearer ${token}` });

describe("keys over TLS", () => {
  it("come from a server of a private authority", async () => {
    await start(served());
    await untilReady(guarded.sidecar);
    expect((await send(await issuer.token("alice"))).status).toBe(200);
  });

  it("do not come from it without its authority", async () => {
    await start(`, jwks: "${keys.url}"`);
    await until(async () => (await ready()).includes("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
  });

  it.each([
    [
      "client-id and client-secret-file",
      "s3cret:%",
      `Basic ${Buffer.from("me:s3cret%3A%25").toString("base64")}`,
    ],
    ["token-file", "t0ken", "Bearer t0ken"],
  ])("are asked for with %s", async (how, secret, authorization) => {
    const file = temporaryFile("secret", `${secret}\n`);
    const given =
      how === "token-file" ? `token-file: "${file}"` : `client-id: me, client-secret-file: "${file}"`;
    await start(`${served()}, ${given}`);
    await untilReady(guarded.sidecar);
    expect(keys.seen[0]).toMatchObject({ authorization });
  });

  it("come from a server that asks for a client certificate, and not without that certificate", async () => {
    const mutual = await startKeyServer(issuer, true);
    const source = `, jwks: "${mutual.url}", ca-file: "${mutual.caFile}"`;
    const [cert, key] = [
      temporaryFile("client.crt", mutual.client.cert),
      temporaryFile("client.key", mutual.client.key),
    ];
    await start(`${source}, client-cert-file: "${cert}", client-key-file: "${key}"`);
    await untilReady(guarded.sidecar);
    expect((await send(await issuer.token("alice"))).status).toBe(200);
    expect(mutual.seen).toHaveLength(1);
    await start(source);
    await until(async () => (await ready()).includes("were never fetched: "));
    expect((await refusal(guarded, async () => send(await issuer.token("alice")))).status).toBe(401);
    const stranger = await newCertificate(await newAuthority(), { commonName: "tollgate" });
    const [other, otherKey] = [
      temporaryFile("client.crt", stranger.cert),
      temporaryFile("client.key", stranger.key),
    ];
    await start(`${source}, client-cert-file: "${other}", client-key-file: "${otherKey}"`);
    await until(async () => /were never fetched: (?!not fetched yet)/.test(await ready()));
    expect(mutual.seen).toHaveLength(1);
  });

  it("are asked for without the credentials when the metadata names another server", async () => {
    const file = temporaryFile("secret", "t0ken");
    issuer.keysAt = keys.url;
    await start(`, ca-file: "${keys.caFile}", token-file: "${file}"`);
    await untilReady(guarded.sidecar);
    expect(keys.seen[0]).not.toHaveProperty("authorization");
  });

  it("say which file of credentials is missing, at the start", async () => {
    await expect(start(`${served()}, token-file: /does/not/exist`)).rejects.toMatchObject({
      problems: [expect.stringMatching(/^\/does\/not\/exist: /)],
    });
  });
});

describe("a proxy in the environment", () => {
  it.each(["HTTPS_PROXY", "https_proxy"])("carries the requests for keys (%s)", async (variable) => {
    const proxy = await startProxy();
    await start(served(), { [variable]: proxy.url });
    await untilReady(guarded.sidecar);
    expect(proxy.asked).toContain(new URL(keys.url).host);
    expect((await send(await issuer.token("alice"))).status).toBe(200);
  });

  it.each(["localhost", "*", ".example.com,localhost"])("is not used where NO_PROXY is %s", async (none) => {
    const proxy = await startProxy();
    await start(served(), { HTTPS_PROXY: proxy.url, NO_PROXY: none });
    await untilReady(guarded.sidecar);
    expect(proxy.asked).toEqual([]);
  });

  it("is not used for plain HTTP, which is on loopback alone", async () => {
    const proxy = await startProxy();
    await start("", { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
    await untilReady(guarded.sidecar);
    expect(proxy.asked).toEqual([]);
  });

  it("makes the sidecar unready when it is no address", async () => {
    await start(served(), { HTTPS_PROXY: "not an address" });
    await until(async () => (await ready()).includes("HTTPS_PROXY is no address of a proxy"));
  });
});

describe("a token that names no key", () => {
  const unnamed = { header: { kid: undefined } };

  it("is tried against every key that fits its algorithm", async () => {
    issuer.publish(await Promise.all(Array.from({ length: 5 }, () => newKey("RS256"))));
    await start("");
    await untilReady(guarded.sidecar);
    for (const key of issuer.keys)
      expect((await send(await issuer.token("alice", { ...unnamed, key }))).status).toBe(200);
  });

  it("is refused in true words when none has signed it", async () => {
    await start("");
    await untilReady(guarded.sidecar);
    const token = await issuer.token("alice", { ...unnamed, key: await newKey("RS256") });
    const response = await refusal(guarded, () => send(token));
    expect(await response.text()).toContain("the token names no key, and no key of its issuer has signed it");
  });

  it("is refused when more keys fit than are tried", async () => {
    issuer.publish(await Promise.all(Array.from({ length: 20 }, () => newKey("ES256"))));
    await start("");
    await untilReady(guarded.sidecar);
    const token = await issuer.token("alice", { ...unnamed, key: await newKey("ES256") });
    const response = await refusal(guarded, () => send(token));
    expect(await response.text()).toContain("the token names no key, and more than 16 of its issuer fit");
  });

  it("passes after its issuer has changed keys", async () => {
    await start(", cool-down-ms: 10");
    await untilReady(guarded.sidecar);
    await issuer.rotate();
    await until(async () => (await send(await issuer.token("alice", unnamed))).status === 200);
  });
});
