/** The check of a server behind https, as the server sees it: each connection completes its handshake and is closed in order. */

import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { watchUpstream } from "../../../src/proxy/upstream/health-check.ts";
import { newAuthority, newCertificate, type Pem } from "../../fixtures/certificates.ts";
import { atEnd } from "../../fixtures/lifetime.ts";
import { until } from "../../fixtures/start-sidecar.ts";

let authority: Pem;
let identity: Pem;
beforeAll(async () => {
  authority = await newAuthority();
  identity = await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] });
});

const CHECKS = 3;

interface Seen {
  readonly url: URL;
  connections: number;
  handshakes: number;
  closed: number;
  readonly errors: string[];
}

async function serveTls(options: TlsOptions): Promise<Seen> {
  const server = createServer({ ...identity, ...options });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  const port = Object(server.address()).port;
  const seen: Seen = {
    url: new URL(`https://localhost:${port}/mcp`),
    connections: 0,
    handshakes: 0,
    closed: 0,
    errors: [],
  };
  server.on("connection", () => (seen.connections += 1));
  server.on("tlsClientError", (error) => seen.errors.push(error.message));
  server.on("secureConnection", (socket) => {
    seen.handshakes += 1;
    socket.on("error", (error: Error) => seen.errors.push(error.message));
    socket.on("end", () => (seen.closed += 1));
    socket.resume();
  });
  return seen;
}

/** Checks several times, each time until the server is said to be up. */
async function checkOften(url: URL): Promise<void> {
  const material = { ca: authority.cert, cert: identity.cert, key: identity.key };
  for (let check = 0; check < CHECKS; check += 1) {
    const health = watchUpstream({ url, tls: { material: () => material }, onChange: () => undefined });
    await until(() => health.isUp());
    health.stop();
  }
}

describe("the check of a server behind https", () => {
  it.each<readonly [string, () => TlsOptions]>([
    ["TLS 1.3", () => ({ minVersion: "TLSv1.3" })],
    ["TLS 1.2", () => ({ maxVersion: "TLSv1.2" })],
    ["certificates of clients", () => ({ requestCert: true, ca: [authority.cert] })],
  ])("completes each handshake and closes each connection in order: %s", async (_name, options) => {
    const seen = await serveTls(options());
    await checkOften(seen.url);
    await until(() => seen.closed === CHECKS);
    expect(seen).toMatchObject({ connections: CHECKS, handshakes: CHECKS, errors: [] });
  });

  it("does not take a server for ready that accepts connections and does not speak TLS", async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections += 1;
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    atEnd(() => server.close());
    const url = new URL(`https://127.0.0.1:${Object(server.address()).port}/mcp`);
    const health = watchUpstream({ url, onChange: () => undefined });
    await until(() => connections === CHECKS);
    health.stop();
    expect([health.isUp(), health.certificateFailure()]).toEqual([false, undefined]);
  });
});
