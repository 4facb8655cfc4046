/** `tollgate up` in one process: real sidecars and the real admin listener, without processes of their own. */

import { request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServersResponse } from "../../src/admin/up-api.ts";
import { expectJsonOutput } from "../fixtures/json-output.ts";
import { runUp } from "../../src/commands/up.ts";
import type { ToSidecar } from "../../src/supervisor/messages.ts";
import { runSidecarProcess } from "../../src/supervisor/sidecar-process.ts";
import type { StartProcess } from "../../src/supervisor/start-process.ts";
import { startUp, type Up } from "../../src/supervisor/up.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { serve } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";

let folder: string;
let file: string;
let up: Up | undefined;
const logged: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-up-"));
  file = join(folder, "servers.yaml");
  logged.length = 0;
});
afterEach(async () => {
  await up?.drain();
  up = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Runs each sidecar in this process, at the other end of a channel of functions. */
const inThisProcess: StartProcess = (_name, { onMessage, onEnd }) => {
  const channel: { receive?: (message: ToSidecar | undefined) => void } = {};
  const link = {
    send: onMessage,
    receive: (onNext: NonNullable<typeof channel.receive>) => (channel.receive = onNext),
  };
  const { signal } = new AbortController();
  const ended = runSidecarProcess(link, { environment: {}, signal });
  void ended.then(
    () => onEnd({ code: 0, signal: null }),
    () => onEnd({ code: 78, signal: null }),
  );
  return { pid: 7, send: (message) => channel.receive?.(message), kill: () => channel.receive?.(undefined) };
};

const QUICK = "bounds: { lame-duck-ms: 0 }\n";

async function start(text: string, environment: Record<string, string> = {}): Promise<string> {
  writeFileSync(file, `admin: 127.0.0.1:0\n${QUICK}${text}`);
  const sources = { path: file, flags: {}, environment, isTerminal: false };
  up = await startUp(sources, {
    startProcess: inThisProcess,
    stderr: { write: (line) => logged.push(line) },
  });
  return up.adminUrl;
}

async function list(adminUrl: string, headers = {}): Promise<ServersResponse["servers"]> {
  const response = await fetch(`${adminUrl}/servers`, { headers });
  return ((await response.json()) as ServersResponse).servers;
}

async function untilReady(adminUrl: string): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200), 60_000);
}

async function serverUrl(): Promise<string> {
  return (await serve((_body, response) => sendJson(response, "{}"))).url;
}

describe("tollgate up", () => {
  it("lists its servers, is ready when all are, and answers for all in one scrape", async () => {
    const [one, two] = [await serverUrl(), await serverUrl()];
    const adminUrl = await start(
      `servers:\n  one: { upstream: ${one} }\n  two: { upstream: ${two}, mode: shadow }\n`,
    );
    await untilReady(adminUrl);
    const servers = await list(adminUrl);
    expect(servers.map(({ name, state, ready }) => [name, state, ready])).toEqual([
      ["one", "up", true],
      ["two", "up", true],
    ]);
    for (const { console: page } of servers) expect((await fetch(`${page}/healthz`)).status).toBe(200);
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(text.match(/^# TYPE tollgate_upstream_up gauge$/gm)).toHaveLength(1);
    expect(text).toContain('tollgate_upstream_up{server="one"} 1\ntollgate_upstream_up{server="two"} 1\n');
    expect(text).toContain('process_resident_memory_bytes{server="two"}');
    expect(text).toContain("tollgate_servers_file_valid 1\n");
  });

  it("says which server is not ready, and the reason", async () => {
    const adminUrl = await start(
      `servers:\n  one: { upstream: ${await serverUrl()} }\n  two: { upstream: http://127.0.0.1:9/mcp }\n`,
    );
    await vi.waitFor(async () => {
      const response = await fetch(`${adminUrl}/readyz`);
      expect([response.status, await response.json()]).toEqual([
        503,
        { ready: false, because: ["two: the upstream at 127.0.0.1:9 does not accept connections"] },
      ]);
    }, 60_000);
    expect((await fetch(`${adminUrl}/healthz`)).status).toBe(200);
  });

  it("shows the problem of a policy that cannot be read, while the other server runs", async () => {
    const adminUrl = await start(
      `servers:\n  good: { upstream: ${await serverUrl()} }\n  bad: { upstream: ${await serverUrl()}, policy: ${folder}/none.yaml }\n`,
    );
    await vi.waitFor(async () => {
      const [good, bad] = await list(adminUrl);
      expect([good?.ready, bad?.ready]).toEqual([true, false]);
      expect(bad?.because[0]).toContain("none.yaml: cannot be read: no such file; check the path");
    }, 60_000);
  });

  it("applies a changed file at a reload, and keeps the last good one when it is bad", async () => {
    const [one, two] = [await serverUrl(), await serverUrl()];
    const adminUrl = await start(`servers:\n  one: { upstream: ${one} }\n`);
    await untilReady(adminUrl);
    const [before] = await list(adminUrl);
    writeFileSync(file, `${QUICK}servers:\n  one: { upstream: ${one} }\n  two: { upstream: ${two} }\n`);
    await up?.reload();
    await untilReady(adminUrl);
    const after = await list(adminUrl);
    expect(after.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(after[0]?.since).toBe(before?.since);
    writeFileSync(file, "servers: {}\n");
    await up?.reload();
    const response = (await (await fetch(`${adminUrl}/servers`)).json()) as ServersResponse;
    expect(response.servers).toHaveLength(2);
    expect(response.file_problems[0]).toContain("servers.yaml: line 1, column 1: servers: must be a mapping");
    expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain("tollgate_servers_file_valid 0\n");
  });

  it("asks for the admin token where one is set, which also opens each console", async () => {
    const token = "a-token-of-32-characters-or-more-x";
    const adminUrl = await start(`servers:\n  one: { upstream: ${await serverUrl()} }\n`, {
      TOLLGATE_ADMIN_TOKEN: token,
    });
    for (const path of ["/servers", "/metrics"]) expect((await fetch(adminUrl + path)).status).toBe(401);
    expect((await fetch(`${adminUrl}/`)).status).toBe(200);
    expect(await list(adminUrl, { authorization: `Bearer ${token}` })).toHaveLength(1);
  });

  it("serves the page with its script and styles, and refuses a foreign Host", async () => {
    const adminUrl = await start(`servers:\n  one: { upstream: ${await serverUrl()} }\n`);
    const page = await (await fetch(`${adminUrl}/`)).text();
    expect(page).toContain("<title>Tollgate: servers</title>");
    expect(await (await fetch(`${adminUrl}/console.js`)).text()).toContain("Calls, last hour");
    expect((await fetch(`${adminUrl}/console.css`)).headers.get("content-type")).toContain("text/css");
    expect((await fetch(`${adminUrl}/nowhere`)).status).toBe(404);
    expect(await statusWithHost(adminUrl, "evil.example")).toBe(403);
  });

  it("lists the servers by tollgate up status, as a table and as JSON", async () => {
    const adminUrl = await start(`servers:\n  one: { upstream: ${await serverUrl()} }\n`);
    await untilReady(adminUrl);
    const table = await run(["status", "--admin", adminUrl]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^SERVER {2}STATE .*\none +ready +enforce +none +0 +0 +http:/);
    const asJson = await run(["status", "--admin", adminUrl, "--format", "json"]);
    expect(JSON.parse(asJson.stdout).servers[0].name).toBe("one");
    expectJsonOutput("up status", asJson.stdout);
  });

  it("refuses a bad file with every problem and exit code 64", async () => {
    await expect(start("servers: { one: {} }\n")).rejects.toMatchObject({
      exitCode: 64,
      problems: [expect.stringContaining("servers.one: needs command")],
    });
  });
});

describe("tollgate up --check", () => {
  it("lists the servers of a good file", async () => {
    writeFileSync(file, "servers:\n  one: { command: [some-server], listen: 127.0.0.1:8101 }\n");
    expect(await run([file, "--check"])).toEqual({
      code: 0,
      stdout: `${file}: 1 server, no problems\n  one: 127.0.0.1:8101 -> some-server, no policy, enforce\n`,
      stderr: "",
    });
  });

  it("exits with 1 for a bad policy and with 64 for a bad file", async () => {
    writeFileSync(file, `servers:\n  one: { command: [x], policy: ${folder}/none.yaml }\n`);
    expect(await run([file, "--check"])).toMatchObject({
      code: 1,
      stderr: `tollgate: ${folder}/none.yaml: cannot be read: no such file; check the path\n`,
    });
    writeFileSync(file, "servers: []\n");
    expect((await run([file, "--check"])).code).toBe(64);
  });

  it.each([
    [["--chek"], "tollgate up: unknown option `--chek`, did you mean `--check`?"],
    [["a.yaml", "b.yaml"], "tollgate up: unexpected `b.yaml`"],
    [
      ["--", "x"],
      "tollgate up: the commands of servers are in the file: servers: { NAME: { command: [...] } }",
    ],
    [["--sidecar", "x"], "tollgate up: --sidecar: is for the processes that tollgate up starts itself"],
    [["status", "x"], "tollgate up status: unexpected `x`"],
  ])("refuses %j", async (argv, problem) => {
    const { code, stderr } = await run(argv);
    expect([code, stderr.split("\n")[0]]).toEqual([64, problem]);
  });

  it("prints the JSON Schema", async () => {
    const { stdout } = await run(["--schema"]);
    expect(JSON.parse(stdout)).toMatchObject({ title: "The servers of tollgate up", required: ["servers"] });
  });
});

function run(argv: readonly string[]) {
  return captureIo((io) =>
    runUp(argv, {
      ...io,
      environment: {},
      isTerminal: false,
      signal: new AbortController().signal,
      superviseServers: () => Promise.reject(new Error("is not started")),
      serveOneServer: () => undefined,
    }),
  );
}

function statusWithHost(adminUrl: string, host: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = request(`${adminUrl}/servers`, { headers: { host } }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  sent.once("error", reject).end();
  return promise;
}
