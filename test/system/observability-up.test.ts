/** `tollgate up` as a program: three real servers, official clients through each, one scrape by promtool, a killed sidecar, a reload. */

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServersResponse, UpServerEntry } from "../../src/admin/up-api.ts";
import { connectV1 } from "../e2e/relay/client-v1.ts";
import { connectV2 } from "../e2e/relay/client-v2.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { RECORDED_TOOLS } from "../fixtures/servers/executing-server.ts";
import { endProcess } from "../fixtures/processes.ts";
import { startServerProcess, type ServerProcess } from "../fixtures/server-process.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const STDIO = fileURLToPath(new URL("../fixtures/servers/stdio/dual-era.ts", import.meta.url));

let folder: string;
let file: string;
let adminUrl: string;
let adminPort: number | undefined;
let server: ServerProcess;
let up: ChildProcess;
let log = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-up-"));
  file = join(folder, "servers.yaml");
  server = await startServerProcess();
  [adminPort] = await freePorts(1);
  adminUrl = `http://127.0.0.1:${adminPort}`;
  writeServers({ two: "mode: shadow" });
  up = spawn(process.execPath, [MAIN, "up", file], { stdio: ["ignore", "inherit", "pipe"] });
  up.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  await untilReady();
});
afterAll(async () => {
  await endProcess(up);
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

function writeServers({ two, more = "" }: { readonly two: string; readonly more?: string }): void {
  const command = JSON.stringify([process.execPath, STDIO]);
  writeFileSync(
    file,
    `admin: 127.0.0.1:${adminPort}
bounds: { lame-duck-ms: 0, drain-ms: 1000 }
servers:
  one: { command: ${command} }
  two: { command: ${command}, ${two} }
  three: { upstream: "http://127.0.0.1:${server.port}/mcp" }
${more}`,
  );
}

async function untilReady(): Promise<void> {
  await until(async () => {
    if (up.exitCode !== null) throw new Error(`tollgate up ended:\n${log}`);
    return fetch(`${adminUrl}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
}

async function list(): Promise<Readonly<Record<string, UpServerEntry>>> {
  const { servers } = (await (await fetch(`${adminUrl}/servers`)).json()) as ServersResponse;
  return Object.fromEntries(servers.map((entry) => [entry.name, entry]));
}

function connectToEither(url: string): ReturnType<typeof connectV2> {
  return connectV2(url, "auto");
}

/** The sum of the samples of one metric of one server. */
async function metric(name: string, label: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{server="${label}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("tollgate up with three servers", () => {
  it.each([
    ["one", "test_simple_text"],
    ["two", "test_simple_text"],
    ["three", RECORDED_TOOLS[0]],
  ])("serves %s to the clients of both SDK generations", async (name, tool) => {
    const url = (await list())[name]?.url ?? "";
    for (const connect of [connectV1, connectToEither]) {
      const client = await connect(url);
      await client.call(tool);
      await client.close();
    }
    await until(async () => (await metric("tollgate_tool_calls_total", name)) === 2);
    expect((await list())[name]).toMatchObject({ calls: 2, denied: 0, ready: true });
  });

  it.each(["text/plain", "application/openmetrics-text"])("answers with one scrape of %s", async (accept) => {
    const text = await (await fetch(`${adminUrl}/metrics`, { headers: { accept } })).text();
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    expect(text.endsWith("# EOF\n")).toBe(accept.startsWith("application"));
    if (accept === "text/plain")
      execFileSync(requireProgram("promtool"), ["check", "metrics"], { input: text, stdio: "pipe" });
  });

  it("starts a killed sidecar again on its address, and touches no other one", async () => {
    const before = await list();
    process.kill(before["one"]?.pid ?? 0, "SIGKILL");
    await until(async () => (await list())["one"]?.restarts === 1);
    await untilReady();
    const after = await list();
    expect(after["one"]).toMatchObject({ url: before["one"]?.url, console: before["one"]?.console });
    expect([after["two"]?.pid, after["three"]?.pid]).toEqual([before["two"]?.pid, before["three"]?.pid]);
    expect(await metric("tollgate_sidecar_restarts_total", "one")).toBe(1);
    const client = await connectV1(after["one"]?.url ?? "");
    await client.call("test_simple_text");
    await client.close();
  });

  it("applies a changed file at SIGHUP: one server changed, one added, one kept", async () => {
    const before = await list();
    const command = JSON.stringify([process.execPath, STDIO]);
    writeServers({ two: "agent: batch", more: `  four: { command: ${command} }\n` });
    up.kill("SIGHUP");
    await until(async () => (await list())["four"]?.ready === true);
    await untilReady();
    const after = await list();
    expect(after["two"]).toMatchObject({ mode: "enforce", url: before["two"]?.url });
    expect(after["two"]?.pid).not.toBe(before["two"]?.pid);
    expect([after["one"]?.pid, after["three"]?.pid]).toEqual([before["one"]?.pid, before["three"]?.pid]);
  });

  it("drains all at SIGTERM, and exits with 0", async () => {
    const pids = Object.values(await list()).map(({ pid }) => pid ?? 0);
    const exited = new Promise((resolve) => up.once("exit", resolve));
    up.kill("SIGTERM");
    expect(await exited).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    const servers = new Set([...log.matchAll(/"msg":"draining","server":"(\w+)"/g)].map(([, name]) => name));
    expect(servers).toEqual(new Set(["one", "two", "three", "four"]));
  });
});
