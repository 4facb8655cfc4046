import { writeFileSync } from "node:fs";
import https from "node:https";
import { connect as connectPlainly } from "node:net";
import { join } from "node:path";
import { connect, type ConnectionOptions, TLSSocket } from "node:tls";
import { once } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import {
  callBody,
  countRefusals,
  type IdentifiedSidecar,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";
import { temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { JSON_TYPE } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";

const SPIFFE = "spiffe://example.org/ns/batch/sa/runner";
const refusal = countRefusals("bad certificates");

const folder = temporaryFolder();
let authority: Pem;
let otherAuthority: Pem;
let guarded: IdentifiedSidecar;

beforeAll(async () => {
  [authority, otherAuthority] = await Promise.all([newAuthority(), newAuthority("other")]);
  writeServer(await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] }), authority);
  const tls = `{ cert: "${join(folder, "cert")}", key: "${join(folder, "key")}", client-ca: "${join(folder, "ca")}" }`;
  guarded = await startIdentifiedSidecar(`tls: ${tls}\nidentity: { required: true }\n`);
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
  expect((await refusal(guarded, () => call(client))).status).toBe(401);
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
    ["of another authority", () => newCertificate(otherAuthority, { commonName: "build-7", uris: [SPIFFE] })],
    ["that has expired", () => newCertificate(authority, { commonName: "x", uris: [SPIFFE], expired: true })],
    [
      "with two SPIFFE ids",
      () => newCertificate(authority, { commonName: "x", uris: [SPIFFE, `${SPIFFE}2`] }),
    ],
    [
      "with a SPIFFE id beside another URI",
      () => newCertificate(authority, { commonName: "x", uris: ["https://x.example", SPIFFE] }),
    ],
    ["that is self-signed", () => newAuthority("build-7")],
  ])("%s is refused", async (_what, make) => {
    await refused(await make());
  });

  it("with a name that looks like two names is one name", async () => {
    const client = await newCertificate(authority, { commonName: "x", dns: [`a, URI:${SPIFFE}`] });
    expect((await call(client)).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "CN=x" });
  });

  it("is required", async () => {
    await refused();
  });

  it("is refused on a resumed connection after its authority was removed", async () => {
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
    writeServer(server, otherAuthority);
    const late = await newCertificate(otherAuthority, { commonName: "late" });
    await until(async () => (await call(late)).status === 200);
    const { answer } = await refusal(guarded, () => exchange({ ...options, session }));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    await refused(client);
  });

  it("is required on that port: plain HTTP is cut, and the listener goes on", async () => {
    const socket = connectPlainly({ port: Number(new URL(guarded.sidecar.url).port), host: "127.0.0.1" });
    let answer = "";
    socket.on("data", (bytes: Buffer) => (answer += bytes.toString("latin1")));
    socket.on("error", () => undefined);
    socket.write(request());
    await once(socket, "close");
    expect(answer).not.toContain("HTTP/1.1 200");
    await refused();
  });

  it("of the listener is reloaded when certificate and key have changed, and not before", async () => {
    const first = await call(await newCertificate(otherAuthority, { commonName: "late" }));
    const next = await newCertificate(authority, { commonName: "renewed", dns: ["localhost"] });
    writeFileSync(join(folder, "cert"), next.cert);
    expect((await call(await newCertificate(otherAuthority, { commonName: "late" }))).serverName).toBe(
      first.serverName,
    );
    writeFileSync(join(folder, "key"), next.key);
    const client = await newCertificate(otherAuthority, { commonName: "late" });
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
  ["a missing file", "none", "cannot be read: no such file; check the path"],
  ["a file without a certificate", "junk", "must be a certificate and its key, in PEM"],
])("TLS from %s is refused at the start with 64", async (_what, file, problem) => {
  const path = file === "junk" ? temporaryFile(file, "junk") : join(folder, file);
  const starting = startIdentifiedSidecar(`tls: { cert: "${path}", key: "${path}" }\n`);
  await expect(starting).rejects.toMatchObject({ exitCode: 64, message: expect.stringContaining(problem) });
});
