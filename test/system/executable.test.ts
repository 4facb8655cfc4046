/** The self-contained executable works without Node: `npm run test:executable` builds it and runs this. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { freePorts } from "../fixtures/free-port.ts";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { until } from "../fixtures/start-sidecar.ts";

const ROOT = join(import.meta.dirname, "../..");
const BUILT = join(ROOT, "dist-executable/tollgate");
const PYTHON_SERVER = join(ROOT, "test/fixtures/servers/stdio/one-file.py");
const POLICY = { version: "1", default: "deny", tools: { add: {} } };
const MIB = 1024 * 1024;

let folder: string;
let executable: string;
/** A PATH with Python on it and nothing else. */
let environment: { PATH: string };
const figures: string[] = [];

beforeAll(() => {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run npm run build:executable`);
  folder = mkdtempSync(join(tmpdir(), "tollgate-executable-"));
  const bin = join(folder, "bin");
  executable = join(folder, "bin/installed/tollgate");
  environment = { PATH: bin };
  const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" });
  if (python.status !== 0)
    throw new Error("python3 is missing: run npm run setup:system (Debian: python3-venv)");
  mkdirSync(join(bin, "installed"), { recursive: true });
  symlinkSync(python.stdout.trim(), join(bin, "python3"));
  writeFileSync(join(folder, "policy.json"), JSON.stringify(POLICY));
  execFileSync(BUILT, ["install", dirname(executable)], { env: environment });
  figures.push(`size ${(statSync(executable).size / MIB).toFixed(1)} MiB`);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`executable: ${figures.join(", ")}\n`);
});

function start(args: readonly string[], variables = {}): ChildProcessWithoutNullStreams {
  const child = spawn(executable, args, { env: { ...environment, ...variables } });
  child.stderr.resume();
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  return child;
}

function request(id: number, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

const INITIALIZE = request(1, "initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});
const ADD = request(2, "tools/call", { name: "add", arguments: { a: 20, b: 22 } });
const DELETE = request(3, "tools/call", { name: "delete", arguments: {} });

function send(url: string, body: string, more: Record<string, string> = {}): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...more,
  };
  return fetch(url, { method: "POST", headers, body });
}

interface Serving {
  /** The arguments of the command line that name the MCP server. */
  readonly server: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** Starts the sidecar in front of that server and waits until it is ready. */
async function sidecar({ server, variables = {} }: Serving) {
  const [port, admin] = await freePorts(2);
  const config = join(ROOT, "test/fixtures/quick-stop.yaml");
  const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`, "--config", config];
  const startMs = performance.now();
  const child = start(["run", ...listeners, "--policy", join(folder, "policy.json"), ...server], variables);
  const adminUrl = `http://127.0.0.1:${admin}`;
  await until(() =>
    fetch(`${adminUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { child, adminUrl, url: `http://127.0.0.1:${port}/mcp`, readyMs: performance.now() - startMs };
}

describe("the executable, on a PATH without Node", () => {
  it("has no Node to fall back on", () => {
    expect(spawnSync("node", ["--version"], { env: environment }).error).toMatchObject({ code: "ENOENT" });
  });

  it("contains the library that slim images lack", () => {
    const linked = execFileSync("ldd", [executable], { encoding: "utf8" });
    expect(linked).toContain(`libatomic.so.1 => ${dirname(executable)}/libatomic.so.1`);
    expect(linked).not.toContain("not found");
  });

  it("prints its version", () => {
    const times = Array.from({ length: 5 }, () => {
      const startMs = performance.now();
      const said = execFileSync(executable, ["--version"], { env: environment, encoding: "utf8" });
      expect(said).toBe(`tollgate ${manifest.version}\n`);
      return performance.now() - startMs;
    });
    figures.push(`--version in ${Math.round(times.toSorted((a, b) => a - b)[2] ?? 0)} ms (median of 5)`);
  });

  it("wraps a stdio server in Python, judges its calls, and ends with its code", async () => {
    const child = start([
      "--admin",
      "127.0.0.1:0",
      "--policy",
      join(folder, "policy.json"),
      "--",
      "python3",
      PYTHON_SERVER,
    ]);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (message: string) => {
      child.stdin.write(`${message}\n`);
      return JSON.parse(String((await lines.next()).value)) as { result: Record<string, unknown> };
    };
    expect((await ask(INITIALIZE)).result["serverInfo"]).toMatchObject({ name: "one-file" });
    expect((await ask(ADD)).result["content"]).toEqual([{ type: "text", text: "42" }]);
    expect(JSON.stringify(await ask(DELETE))).toContain("delete");
    const exited = once(child, "exit");
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  });

  it("serves in front of an HTTP server, with metrics, a health check of its own, and an orderly end", async () => {
    const answer = JSON.stringify({
      jsonrpc: "2.0",
      id: 2,
      result: { content: [{ type: "text", text: "42" }] },
    });
    const server = await serveOnLoopback((_request, response) => sendJson(response, answer));
    onTestFinished(server.close);
    const { child, adminUrl, url, readyMs } = await sidecar({ server: ["--upstream", server.url] });
    expect(await (await send(url, ADD)).json()).toEqual(JSON.parse(answer));
    await send(url, DELETE);
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^tollgate_tool_calls_total\{.*tool="add".*outcome="success".*\} 1$/m);
    expect(metrics).toMatch(/^tollgate_decisions_total\{.*effect="deny".*reason="default_deny".*\} 1$/m);
    const health = spawnSync(executable, ["health", "--admin", adminUrl], { env: environment });
    expect(health.status).toBe(0);
    figures.push(`ready in ${Math.round(readyMs)} ms`, `idle: ${memoryOf(child.pid)}`);
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  it("serves the Python server over HTTP", async () => {
    const { adminUrl, url } = await sidecar({ server: ["--", "python3", PYTHON_SERVER] });
    const opened = await send(url, INITIALIZE);
    expect(await opened.text()).toContain("one-file");
    const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    await send(url, initialized, session);
    expect(await (await send(url, ADD, session)).text()).toContain('"text":"42"');
    expect(await (await send(url, DELETE, session)).text()).toContain("Unknown tool");
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^tollgate_tool_calls_total\{.*tool="add".*outcome="success".*\} 1$/m);
  });

  it.each([
    ["policy", "schema"],
    ["policy", "check", join(ROOT, "policies/prometheus.json")],
    ["audit", "query", "--audit", join(ROOT, "docs/examples/audit.jsonl")],
    ["demo", "--for", "2s"],
  ])("has what is imported lazily inside: %s %s", (...args) => {
    const { status, stderr } = spawnSync(executable, args, { env: environment, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("runs parts of the demo where it can write nothing", async () => {
    const [port] = await freePorts(1);
    const args = ["demo", "--part", "server", "--listen", `127.0.0.1:${port}`];
    const child = start(args, { TMPDIR: "/nowhere" });
    const well = (): boolean =>
      spawnSync(executable, ["health", "--url", `http://127.0.0.1:${port}/mcp`], { env: environment })
        .status === 0;
    await until(() => well() || child.exitCode !== null);
    expect(child.exitCode).toBe(null);
  });

  it.each(["http/protobuf", "http/json", "grpc"])(
    "brings the clients of stores and, by %s, of collectors",
    async (protocol) => {
      const collected: (string | undefined)[] = [];
      const server = await serveOnLoopback((incoming, response) => {
        collected.push(incoming.url);
        sendJson(response, "{}");
      });
      onTestFinished(server.close);
      const [store] = await freePorts(1);
      const { child, url } = await sidecar({
        server: ["--upstream", server.url, "--server", "test"],
        variables: {
          TOLLGATE_LIMITS: `redis://127.0.0.1:${store}`,
          OTEL_EXPORTER_OTLP_ENDPOINT: new URL(server.url).origin,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_BSP_SCHEDULE_DELAY: "10",
        },
      });
      await send(url, ADD);
      // This test has no collector with HTTP/2: for gRPC it shows only that the exporter was loaded.
      if (protocol !== "grpc") await until(() => collected.includes("/v1/traces"));
      expect(child.exitCode).toBe(null);
    },
  );
});

/** Resident memory, and the part of it that is not a mapping of a file. */
function memoryOf(pid: number | undefined): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024);
  return `${mebibytes("VmRSS")} MiB resident, ${mebibytes("RssAnon")} MiB of it anonymous`;
}
