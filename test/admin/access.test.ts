/** Reading and control of the admin listener by token, certificate and open pages. */

import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runFreeze } from "../../src/commands/control/freeze.ts";
import { runHealth } from "../../src/commands/health.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import { createTlsFiles, type TlsFiles } from "../fixtures/tls-files.ts";
import {
  startTestSidecar,
  type TestSidecar,
  type TestSidecarOptions,
  until,
} from "../fixtures/start-sidecar.ts";

const TOKEN = "an-admin-token-of-32-characters!";
const READ_TOKEN = "a-read-token-of-some-27-chars";
const READING = ["/metrics", "/policy", "/tools", "/activity", "/limits", "/decisions", "/freeze"];
const ALL = [...READING, "/decisions/stream", "/decisions/x", "/approvals", "/METRICS", "/nothing"];

let folder: string;
let sidecar: TestSidecar;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-access-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => sidecar.stop());

async function start(options: Partial<TestSidecarOptions>): Promise<void> {
  sidecar = await startTestSidecar({ upstream: "http://127.0.0.1:1/mcp", ...options });
}

/** A listener on every address is asked at one. */
function adminUrl(): string {
  return sidecar.adminUrl.replace("0.0.0.0", "127.0.0.1");
}

async function statusOf(path: string, token?: string, method = "GET"): Promise<number> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(adminUrl() + path, { method, headers });
  await response.body?.cancel();
  return response.status;
}

const bothTokens = { TOLLGATE_ADMIN_TOKEN: TOKEN, TOLLGATE_ADMIN_READ_TOKEN: READ_TOKEN };

describe("reading with a token set", () => {
  it.each([
    ["the admin token", { TOLLGATE_ADMIN_TOKEN: TOKEN }],
    ["a read token", { TOLLGATE_ADMIN_READ_TOKEN: READ_TOKEN }],
    ["both", bothTokens],
  ])("asks for it on every page (%s)", async (_what, environment) => {
    await start({ environment });
    for (const path of ALL) expect([path, await statusOf(path)]).toEqual([path, 401]);
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/readyz")).toBe(503);
    expect(await statusOf("/")).not.toBe(401);
  });

  it("is allowed by either token, and control by the admin token alone", async () => {
    await start({ environment: bothTokens });
    for (const token of [TOKEN, READ_TOKEN])
      for (const path of READING) expect([path, await statusOf(path, token)]).toEqual([path, 200]);
    expect(await statusOf("/approvals", READ_TOKEN)).toBe(403);
    expect(await statusOf("/anything", READ_TOKEN, "POST")).toBe(403);
    expect(await statusOf("/anything", TOKEN, "POST")).toBe(404);
  });

  it("refuses control to each caller with a read token alone, on loopback too", async () => {
    await start({ environment: { TOLLGATE_ADMIN_READ_TOKEN: READ_TOKEN } });
    expect(await statusOf("/anything", READ_TOKEN, "POST")).toBe(403);
    expect(await statusOf("/anything", undefined, "POST")).toBe(401);
  });

  it.each([
    ["the flag", { flags: { "admin-open": "/metrics,/decisions" } }],
    ["the variable", { environment: { ...bothTokens, TOLLGATE_ADMIN_OPEN: "/metrics,/decisions" } }],
    ["the file", { config: "admin: { open: [/metrics, /decisions] }\n" }],
  ])("leaves the open pages open, and no other (%s)", async (_what, options) => {
    await start({ environment: bothTokens, ...options });
    for (const path of ["/metrics", "/decisions", "/decisions/stream"])
      expect([path, await statusOf(path)]).toEqual([path, 200]);
    for (const path of ["/policy", "/metricsx", "/approvals"])
      expect([path, await statusOf(path)]).toEqual([path, 401]);
    expect(await statusOf("/metrics", undefined, "POST")).toBe(401);
  });

  it("reads the tokens from the files of the settings", async () => {
    writeFileSync(join(folder, "admin"), TOKEN);
    writeFileSync(join(folder, "read"), READ_TOKEN);
    await start({
      config: `admin: { token-file: "${join(folder, "admin")}", read-token-file: "${join(folder, "read")}" }\n`,
    });
    expect(await statusOf("/policy", READ_TOKEN)).toBe(200);
    expect(await statusOf("/anything", TOKEN, "POST")).toBe(404);
  });
});

describe("a listener that others reach, without a token", () => {
  it("shows the open pages alone where pages are named, and says how to read the others", async () => {
    await start({ flags: { admin: "0.0.0.0:0", "admin-open": "/metrics" } });
    expect(await statusOf("/metrics")).toBe(200);
    expect(await statusOf("/healthz")).toBe(200);
    for (const path of ["/decisions", "/policy", "/approvals", "/nothing"])
      expect([path, await statusOf(path)]).toEqual([path, 403]);
    expect(await statusOf("/freeze", TOKEN, "POST")).toBe(403);
    const response = await fetch(`${adminUrl()}/decisions`);
    expect(await response.text()).toContain("no token is set");
  });

  it("shows every page where none is named", async () => {
    await start({ flags: { admin: "0.0.0.0:0" } });
    for (const path of READING) expect([path, await statusOf(path)]).toEqual([path, 200]);
  });
});

describe("wrong tokens", () => {
  it("are counted by cause, and audited with the caller's address and their number", async () => {
    await start({ environment: { ...bothTokens, TOLLGATE_ADMIN_OPEN: "/metrics" } });
    const statuses: unknown[] = [];
    // On a busy machine the requests arrive so slowly that few wait at once.
    while (!statuses.includes(429))
      statuses.push(
        ...(await Promise.all(
          Array.from({ length: 100 }, () => statusOf("/freeze", "not-the-token-at-all-no", "POST")),
        )),
      );
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    await statusOf("/policy");
    await statusOf("/anything", READ_TOKEN, "POST");
    const count = (cause: string) => sidecar.metric("tollgate_admin_requests_refused_total", { cause });
    expect(await count("wrong_token")).toBe(statuses.length);
    expect(await count("no_token")).toBe(1);
    expect(await count("read_token")).toBe(1);
    expect(sidecar.audit()[0]).toMatchObject({
      control: { action: "wrong_token", by: "127.0.0.1", reason: "POST /freeze", count: 1 },
    });
    // The right token is served while wrong ones wait.
    expect(await statusOf("/policy", TOKEN)).toBe(200);
  });
});

async function get(path: string, options: RequestOptions = {}): Promise<number | undefined> {
  const request = httpsRequest(sidecar.adminUrl + path, {
    rejectUnauthorized: false,
    agent: false,
    ...options,
  }).end();
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}

/** Whether the listener shows a certificate of this authority. */
function trusts(ca: Buffer): Promise<boolean> {
  return get("/healthz", { ca, rejectUnauthorized: true }).then(
    () => true,
    () => false,
  );
}

describe("TLS", () => {
  let files: TlsFiles;
  let client: Pem;
  let ca: string;
  beforeAll(async () => {
    files = await createTlsFiles();
    const authority = await newAuthority();
    client = await newCertificate(authority, { commonName: "prometheus" });
    ca = join(folder, "clients.pem");
    writeFileSync(ca, authority.cert);
  });
  afterAll(() => files.stop());

  it("serves the pages, requires a certificate where an authority is named, and lets probes in", async () => {
    const { cert, key } = files;
    await start({
      config: `admin: { tls: { cert: "${cert}", key: "${key}" }, client-ca: "${ca}", open: [/limits] }\n`,
    });
    expect(sidecar.adminUrl).toMatch(/^https:/);
    expect(await get("/healthz")).toBe(200);
    expect(await get("/limits")).toBe(200);
    expect(await get("/metrics")).toBe(403);
    expect(await get("/metrics", client)).toBe(200);
    expect(await get("/approvals")).toBe(403);
  });

  it("is used by the commands", async () => {
    const { cert, key } = files;
    await start({ config: `admin: { tls: { cert: "${cert}", key: "${key}" } }\n` });
    const { host } = new URL(sidecar.adminUrl);
    const environment = { TOLLGATE_ADMIN: host };
    const freeze = (argv: string[]) => captureIo((io) => runFreeze("freeze", argv, { ...io, environment }));
    expect(await freeze(["--admin-ca", cert, "--agent", "a"])).toMatchObject({ code: 0 });
    const { code, stderr } = await freeze(["--admin", sidecar.adminUrl, "--agent", "a"]);
    expect([code, stderr]).toEqual([69, expect.stringContaining("--admin-ca")]);
    const health = await captureIo((io) =>
      runHealth(["--live", "--admin", sidecar.adminUrl], { ...io, environment: {} }),
    );
    expect(health.code).toBe(0);
  });

  it("follows its files", async () => {
    const [first, second] = [await createTlsFiles(), await createTlsFiles()];
    const { cert, key } = first;
    await start({ config: `admin: { tls: { cert: "${cert}", key: "${key}" } }\n` });
    const [old, renewed] = [readFileSync(cert), readFileSync(second.cert)];
    expect(await trusts(old)).toBe(true);
    copyFileSync(second.key, key);
    copyFileSync(second.cert, cert);
    await until(() => trusts(renewed));
    for (const made of [first, second]) made.stop();
  });
});

describe("settings of the admin listener", () => {
  it.each([
    ["admin: { client-ca: x }", "admin.client-ca: needs tls beside it"],
    ["admin: { open: [/approvals] }", "admin.open.0: must be pages of /metrics"],
    ["admin: { open: all }", "admin.open.0: must be pages of /metrics"],
    ["admin: { token: x }", "admin: unknown: token"],
    ["admin: { token-file: x }\nadmin-token-file: y", "admin-token-file: must not stand beside"],
    ["health-path: [healthz]", "health-path: must be off, or paths"],
    ["health-path: /mcp", "health-path: must not be the path of the endpoint"],
  ])("refuses %j", async (config, problem) => {
    await start({});
    await expect(startTestSidecar({ upstream: "http://127.0.0.1:1/mcp", config })).rejects.toThrow(problem);
  });
});
