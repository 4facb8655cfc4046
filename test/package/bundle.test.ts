/** The shipped package works without any installed dependency. */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { isBuiltin } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { bundleDist } from "../../scripts/bundle-dist.ts";
import { WrapClient, type WrapOptions } from "../fixtures/start-wrap.ts";

const ROOT = resolve(import.meta.dirname, "../..");

let folder: string;
let main: string;
let clients: WrapClient[] = [];

beforeAll(async () => {
  // The tests' own cache would be used in place of the package's.
  vi.stubEnv("NODE_COMPILE_CACHE", undefined);
  folder = mkdtempSync(join(tmpdir(), "tollgate-package-"));
  await bundleDist(join(folder, "dist"));
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "policies"), join(folder, "policies"));
  main = join(folder, "dist/main.js");
});
afterEach(async () => {
  for (const client of clients) await client.close();
  clients = [];
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
}

function wrap(options: Partial<WrapOptions> = {}): WrapClient {
  const client = new WrapClient({ server: "plain", main, ...options });
  clients.push(client);
  return client;
}

describe("the package", () => {
  it("prints its version", () => {
    expect(run("--version")).toMatchObject({ status: 0, stdout: `tollgate ${manifest.version}\n` });
  });

  it("imports only its own files and Node's built-in modules", () => {
    const files = globSync("dist/**/*.js", { cwd: folder });
    const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
    const imported = [...text.matchAll(/^(?:import|export)\b[^"'\n]*"([^"]+)";$/gm)];
    const required = [...text.matchAll(/\b__require\d*\("([^"]+)"\)/g)];
    expect(imported.length).toBeGreaterThan(50);
    expect(required.length).toBeGreaterThan(50);
    const targets = [...imported, ...required].map(([, target = ""]) => target);
    const others = targets.filter((target) => !/^\.\.?\//.test(target) && !isBuiltin(target));
    // The package `debug` treats this import as optional.
    expect(new Set(others)).toEqual(new Set(["supports-color"]));
  });

  it("reads the files of clients, in JSON with comments and in TOML", () => {
    const jsonc = join(folder, "mcp.json");
    const toml = join(folder, "config.toml");
    writeFileSync(jsonc, '{ "mcpServers": { "a": { "command": "x" }, } } // end');
    writeFileSync(toml, '[mcp_servers.a] # a\ncommand = "x"\n');
    for (const [client, file] of [
      ["cursor", jsonc],
      ["codex", toml],
    ] as const) {
      const flags = ["--client", client, "--file", file, "--folder", join(folder, "kept")];
      const { status, stdout, stderr } = run("clients", "list", ...flags);
      expect({ status, stderr, isFound: stdout.includes("stdio") }).toEqual({
        status: 0,
        stderr: "",
        isFound: true,
      });
    }
  });

  it("can be started by the name of its command", () => {
    expect(readFileSync(main, "utf8").split("\n")[0]).toBe("#!/usr/bin/env node");
  });

  it.each(["express", "jose", "pino", "zod", "@redis/client", "@grpc/grpc-js"])(
    "has the licence of %s",
    (name) => {
      const notices = readFileSync(join(folder, "dist/THIRD-PARTY.txt"), "utf8");
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
    },
  );
});

describe("its commands", () => {
  it("check a policy in YAML", () => {
    writeFileSync(join(folder, "policy.yaml"), "version: '1'\ndefault: deny\ntools: { read: {} }\n");
    expect(run("policy", "check", "policy.yaml")).toMatchObject({ status: 0, stderr: "" });
  });

  it("read an audit log", () => {
    const { status, stdout } = run("audit", "query", join(ROOT, "docs/examples/audit.jsonl"));
    expect(status).toBe(0);
    expect(stdout).toContain("StartAHORunBatch");
  });

  it("run the demo with the policy from the package", () => {
    const { status, stdout } = run(
      "demo",
      "--for",
      "1s",
      "--listen",
      "127.0.0.1:0",
      "--admin",
      "127.0.0.1:0",
    );
    expect(status).toBe(0);
    expect(stdout).toContain("denied");
  });
});

describe("its sidecar", () => {
  it("wraps a server, denies by policy, and reports both on its admin listener", async () => {
    const policy = join(folder, "policy.json");
    writeFileSync(policy, JSON.stringify({ version: "1", default: "deny", tools: { echo: {} } }));
    const client = wrap({ flags: ["--policy", policy] });
    expect((await client.call(1, "echo", { text: "hello" })).result?.content?.[0]?.text).toContain("hello");
    expect((await client.call(2, "delete_all")).error?.message).toBe("Unknown tool: delete_all");
    expect(await client.metric("tollgate_tool_calls_total", { outcome: "success" })).toBe(1);
    expect(await client.metric("tollgate_tool_calls_total", { outcome: "denied" })).toBe(1);
  });

  it("stores its compile cache in its own folder", async () => {
    expect(await wrap().close()).toEqual({ code: 0, signal: null });
    expect(globSync(".cache/compiled/*/*", { cwd: folder }).length).toBeGreaterThan(0);
  });

  it.each([
    { protocol: "http/json", path: "/v1/traces", serve: () => createServer(answer) },
    { protocol: "http/protobuf", path: "/v1/traces", serve: () => createServer(answer) },
    {
      protocol: "grpc",
      path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      serve: createGrpc,
    },
  ])("exports traces over $protocol", async ({ protocol, path, serve }) => {
    asked.length = 0;
    const server = serve();
    const collector = await listen(server);
    const client = wrap({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
    });
    await client.call(1, "echo");
    await client.close();
    server.close();
    expect(asked).toEqual([path]);
  });
});

/** Paths of the requests that a collector received. */
const asked: string[] = [];

const answer: Parameters<typeof createServer>[1] = (request, response) => {
  asked.push(request.url ?? "");
  request.resume();
  response.writeHead(200, { "content-type": "application/json", connection: "close" }).end("{}");
};

function createGrpc(): Server {
  return createHttp2Server((request, response) => {
    asked.push(request.url);
    request.resume();
    response.writeHead(200, { "content-type": "application/grpc" });
    response.addTrailers({ "grpc-status": "0" });
    // An empty length-prefixed message: all data was accepted.
    response.end(Buffer.alloc(5));
  });
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
