/** A server behind https: its authority, the name in its certificate, and Tollgate's own certificate. */

import { createServer, type Server, type ServerOptions } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import { newAuthority, newCertificate, type Pem } from "../../fixtures/certificates.ts";
import { atEnd, startSidecar, startTollgate, temporaryFile } from "../../fixtures/lifetime.ts";
import { type TestSidecar, until } from "../../fixtures/start-sidecar.ts";

let authority: Pem;
let stranger: Pem;
let identity: Pem;
beforeAll(async () => {
  authority = await newAuthority();
  stranger = await newAuthority("another authority");
  identity = await newCertificate(authority, {
    commonName: "mcp.internal",
    dns: ["mcp.internal", "localhost"],
  });
});

interface TlsServer {
  readonly url: string;
  /** The subject of each caller's certificate. */
  readonly callers: readonly (string | undefined)[];
  readonly server: Server;
}

async function serveTls(options: ServerOptions = {}): Promise<TlsServer> {
  const callers: (string | undefined)[] = [];
  const answer = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
    callers.push(subject && String(subject.CN));
    response
      .writeHead(200, { "content-type": "application/json" })
      .end('{"jsonrpc":"2.0","id":1,"result":{}}');
  };
  const server = createServer({ ...identity, ...options }, answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { url: `https://localhost:${port}/mcp`, callers, server };
}

function ping(url: string): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  });
}

async function notReady({ adminUrl }: TestSidecar): Promise<string> {
  let text = "";
  await until(async () => {
    text = await (await fetch(`${adminUrl}/readyz`)).text();
    return text.includes("certificate");
  });
  return text;
}

describe("a server whose certificate is of a private authority", () => {
  it("is used with --upstream-ca", async () => {
    const { url } = await serveTls();
    const flags = { "upstream-ca": temporaryFile("ca.pem", authority.cert) };
    const sidecar = await startSidecar({ upstream: url, flags });
    expect((await ping(sidecar.url)).status).toBe(200);
  });

  it("is not used without it, nor with the file of another authority", async () => {
    const { url, callers } = await serveTls();
    for (const flags of [{}, { "upstream-ca": temporaryFile("ca.pem", stranger.cert) }]) {
      const sidecar = await startSidecar({ upstream: url, flags });
      const response = await ping(sidecar.url);
      expect(response.status).toBe(502);
      expect(await response.text()).toContain("certificate is not trusted");
      expect(await notReady(sidecar)).toContain("certificate is not trusted");
    }
    expect(callers).toEqual([]);
  });

  it("is used by a process that NODE_EXTRA_CA_CERTS gives the authority", async () => {
    const { url } = await serveTls();
    const environment = { NODE_EXTRA_CA_CERTS: temporaryFile("ca.pem", authority.cert) };
    const tollgate = await startTollgate({ upstream: url, environment });
    expect((await ping(tollgate.url)).status).toBe(200);
  });

  it("is used over HTTP+SSE too, so far as the certificate goes", async () => {
    const { url } = await serveTls();
    const flags = {
      "upstream-ca": temporaryFile("ca.pem", authority.cert),
      "upstream-transport": "sse",
    };
    const sidecar = await startSidecar({ upstream: url, flags });
    await until(async () => (await fetch(`${sidecar.adminUrl}/readyz`)).status === 200);
  });

  it("is used when the file that names the authority changes, and no session of before is resumed", async () => {
    const ca = temporaryFile("ca.pem", authority.cert);
    const { url, callers } = await serveTls();
    const sidecar = await startSidecar({
      upstream: url,
      flags: { "upstream-ca": ca },
      bounds: { upstreamAgeMs: 1 },
    });
    expect((await ping(sidecar.url)).status).toBe(200);
    replace(ca, stranger.cert);
    sidecar.reload();
    await until(async () => (await ping(sidecar.url)).status === 502);
    const used = callers.length;
    replace(ca, authority.cert);
    await until(async () => (await ping(sidecar.url)).status === 200);
    expect(callers.length).toBe(used + 1);
  });
});

/** As an operator's tools replace a file: in one step. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe("the name in the server's certificate", () => {
  it("may be another one than the host of --upstream, when server-name says so", async () => {
    const { url } = await serveTls();
    const upstream = url.replace("localhost", "127.0.0.1");
    const flags = { "upstream-ca": temporaryFile("ca.pem", authority.cert) };
    const unnamed = await startSidecar({ upstream, flags });
    expect((await ping(unnamed.url)).status).toBe(502);
    const named = await startSidecar({
      upstream,
      flags,
      config: "upstream-tls: { server-name: mcp.internal }",
    });
    expect((await ping(named.url)).status).toBe(200);
    const wrong = await startSidecar({
      upstream,
      flags,
      config: "upstream-tls: { server-name: other.internal }",
    });
    expect((await ping(wrong.url)).status).toBe(502);
  });
});

describe("a server that asks for a client certificate", () => {
  it("is shown the one of the settings, and nothing reaches it without", async () => {
    const { url, callers } = await serveTls({ requestCert: true, ca: authority.cert });
    const client = await newCertificate(authority, { commonName: "tollgate" });
    const [cert, key] = [temporaryFile("cert.pem", client.cert), temporaryFile("key.pem", client.key)];
    const flags = { "upstream-ca": temporaryFile("ca.pem", authority.cert) };
    const bare = await startSidecar({ upstream: url, flags });
    expect((await ping(bare.url)).status).toBe(502);
    const config = `upstream-tls: { cert: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)} }`;
    const sidecar = await startSidecar({ upstream: url, flags, config });
    expect((await ping(sidecar.url)).status).toBe(200);
    expect(callers).toEqual(["tollgate"]);
  });
});

const HTTPS = "https://localhost/mcp";

function startWith(file: string): Promise<TestSidecar> {
  return startSidecar({ upstream: HTTPS, flags: { "upstream-ca": file } });
}

describe("settings that cannot be meant are start errors", () => {
  it.each([
    [
      { upstream: "http://localhost/mcp", "upstream-ca": "ca.pem" },
      undefined,
      "--upstream-ca: is for a server behind https; --upstream is an http URL",
    ],
    [
      { "upstream-ca": "ca.pem" },
      ["program"],
      "--upstream-ca: is for --upstream URL; a server behind -- COMMAND speaks stdio",
    ],
    [
      { "upstream-transport": "sse" },
      ["program"],
      "--upstream-transport: is for --upstream URL; a server behind -- COMMAND speaks stdio",
    ],
    [
      { upstream: HTTPS, config: temporaryFile("c.yaml", "upstream-tls: { cert: a.pem }") },
      undefined,
      "upstream-tls: needs cert and key together: the certificate that Tollgate shows, and its key",
    ],
    [
      { upstream: HTTPS, config: temporaryFile("c.yaml", "upstream-tls: { server-name: 'https://x' }") },
      undefined,
      "upstream-tls.server-name: must be a host name, such as mcp.internal.example",
    ],
  ])("%j %j", (flags, command, problem) => {
    const parsed = parseSettings({
      flags,
      ...(command !== undefined && { command }),
      environment: {},
      isTerminal: false,
    });
    expect(parsed).toEqual({ ok: false, problems: [problem], report: [expect.stringContaining(problem)] });
  });

  it("a file that does not exist, or holds no certificate", async () => {
    const empty = temporaryFile("ca.pem", "nothing");
    await expect(startWith("/nowhere/ca.pem")).rejects.toThrow(
      "/nowhere/ca.pem: cannot be read: no such file; check the path",
    );
    await expect(startWith(empty)).rejects.toThrow(
      `${empty}: must hold the certificates of authorities, in PEM`,
    );
  });
});
