import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { connect as connectPlainly } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, TLSSocket } from "node:tls";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import {
  callBody,
  type IdentifiedSidecar,
  JSON_TYPE,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";
import { until } from "../fixtures/start-sidecar.ts";

const SPIFFE = "spiffe://example.org/ns/batch/sa/runner";
const figures = { tried: 0, accepted: 0 };

let folder: string;
let authority: Pem;
let strangers: Pem;
let guarded: IdentifiedSidecar;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-tls-"));
  [authority, strangers] = await Promise.all([newAuthority(), newAuthority("strangers")]);
  writeServer(await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] }), authority);
  const tls = `{ cert: "${join(folder, "cert")}", key: "${join(folder, "key")}", client-ca: "${join(folder, "ca")}" }`;
  guarded = await startIdentifiedSidecar(`tls: ${tls}\nidentity: { required: true }\n`);
});
afterAll(async () => {
  console.log(`mTLS: ${figures.tried} bad certificates shown, ${figures.accepted} accepted`);
  await guarded.stop();
  rmSync(folder, { recursive: true, force: true });
});

function writeServer({ cert, key }: Pem, clients: Pem): void {
  writeFileSync(join(folder, "cert"), cert);
  writeFileSync(join(folder, "key"), key);
  writeFileSync(join(folder, "ca"), clients.cert);
}

interface Answered {
  readonly status: number | undefined;
  readonly serverName: string;
}

/** A tools/call on a connection of its own, with this client certificate. */
async function call(client?: Pem, trusted = authority): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const options = {
    method: "POST",
    agent: false,
    ca: trusted.cert,
    servername: "localhost",
    headers: JSON_TYPE,
    ...client,
  } as const;
  const request = https.request(guarded.sidecar.url, options, (response) => {
    const { socket } = response;
    const serverName = socket instanceof TLSSocket ? JSON.stringify(socket.getPeerCertificate().subject) : "";
    response.resume().on("end", () => resolve({ status: response.statusCode, serverName }));
  });
  request.once("error", reject).end(callBody());
  return promise;
}

async function refused(client?: Pem): Promise<void> {
  const before = guarded.seen.length;
  figures.tried += 1;
  const { status } = await call(client);
  figures.accepted += guarded.seen.length - before;
  expect(status).toBe(401);
  expect(guarded.seen.length).toBe(before);
}

describe("a client certificate", () => {
  it("names the agent by its SPIFFE id", async () => {
    const client = await newCertificate(authority, {
      commonName: "x",
      uris: [SPIFFE],
      dns: ["x.example.org"],
    });
    expect((await call(client)).status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: SPIFFE, source: "mtls", verified: true });
  });

  it("names the agent by its subject when it has none", async () => {
    expect((await call(await newCertificate(authority, { commonName: "build-7" }))).status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: "CN=build-7", source: "mtls", verified: true });
  });

  it.each([
    ["of another authority", () => newCertificate(strangers, { commonName: "build-7", uris: [SPIFFE] })],
    ["that has expired", () => newCertificate(authority, { commonName: "x", uris: [SPIFFE], expired: true })],
    [
      "with two SPIFFE ids",
      () => newCertificate(authority, { commonName: "x", uris: [SPIFFE, `${SPIFFE}2`] }),
    ],
    [
      "with a SPIFFE id beside another URI",
      () => newCertificate(authority, { commonName: "x", uris: ["https://x.example", SPIFFE] }),
    ],
    ["that nobody signed", () => newAuthority("build-7")],
  ])("%s is refused", async (_what, make) => {
    await refused(await make());
  });

  it("with a name that looks like two names is one name", async () => {
    const client = await newCertificate(authority, { commonName: "x", dns: [`a, URI:${SPIFFE}`] });
    expect((await call(client)).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "CN=x" });
  });

  it("is asked for", async () => {
    await refused();
  });

  it("that was good is refused on a connection that resumes it after its authority was taken out", async () => {
    const client = await newCertificate(authority, { commonName: "early", uris: [SPIFFE] });
    const options = {
      port: Number(new URL(guarded.sidecar.url).port),
      host: "127.0.0.1",
      servername: "localhost",
      ca: authority.cert,
      ...client,
    };
    const session = await sessionOf(options);
    expect(await exchange({ ...options, session: await sessionOf(options) })).toMatchObject({
      isResumed: true,
    });
    const server = await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] });
    writeServer(server, strangers);
    const stranger = await newCertificate(strangers, { commonName: "late" });
    await until(async () => (await call(stranger)).status === 200);
    const before = guarded.seen.length;
    figures.tried += 1;
    const { answer } = await exchange({ ...options, session });
    figures.accepted += guarded.seen.length - before;
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(guarded.seen.length).toBe(before);
    await refused(client);
  });

  it("is of no use without TLS: plain HTTP on that port is cut, and the listener lives on", async () => {
    const socket = connectPlainly({ port: Number(new URL(guarded.sidecar.url).port), host: "127.0.0.1" });
    let answer = "";
    socket.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
    socket.on("error", () => undefined);
    socket.write(request());
    await once(socket, "close");
    expect(answer).not.toContain("HTTP/1.1 200");
    await refused();
  });

  it("of the listener is read again when its file changes, and half a change is none", async () => {
    const first = await call(await newCertificate(strangers, { commonName: "late" }));
    const next = await newCertificate(authority, { commonName: "renewed", dns: ["localhost"] });
    writeFileSync(join(folder, "cert"), next.cert);
    expect((await call(await newCertificate(strangers, { commonName: "late" }))).serverName).toBe(
      first.serverName,
    );
    writeFileSync(join(folder, "key"), next.key);
    const client = await newCertificate(strangers, { commonName: "late" });
    await until(async () => (await call(client)).serverName.includes("renewed"));
  });
});

async function sessionOf(options: ConnectionOptions): Promise<Buffer> {
  const socket = connect(options);
  const session = once(socket, "session");
  socket.write(request());
  const [ticket] = await session;
  socket.destroy();
  if (!Buffer.isBuffer(ticket)) throw new Error("no session was offered");
  return ticket;
}

/** The answer to a tools/call; on a connection that resumes `session`, if there is one and the server lets it. */
async function exchange(options: ConnectionOptions): Promise<{ answer: string; isResumed: boolean }> {
  const socket = connect(options);
  socket.write(request());
  const [answer] = await once(socket, "data");
  const isResumed = socket.isSessionReused();
  socket.destroy();
  return { answer: String(answer), isResumed };
}

function request(): string {
  const head = [
    "POST /mcp HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${callBody().length}`,
  ];
  return [...head, "", callBody()].join("\r\n");
}

it.each([
  ["a file that is not there", "none", "cannot be read: no such file; check the path"],
  ["what is no certificate", "junk", "must be a certificate and its key, in PEM"],
])("TLS from %s is refused at the start with 64", async (_what, file, problem) => {
  writeFileSync(join(folder, "junk"), "junk");
  const path = join(folder, file);
  const starting = startIdentifiedSidecar(`tls: { cert: "${path}", key: "${path}" }\n`);
  await expect(starting).rejects.toMatchObject({ exitCode: 64, message: expect.stringContaining(problem) });
});
