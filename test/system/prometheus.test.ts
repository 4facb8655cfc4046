import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../fixtures/free-port.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";

const POLICY = {
  version: "1",
  default: "deny",
  hide: ["DeleteEverything"],
  tools: { ExecuteQuery: { limits: [{ counter: "queries", window: "day", max: 2 }] } },
};

let folder: string;
let server: Server;
let sidecar: TestSidecar;
let prometheus: ChildProcess;
let prometheusUrl: string;

async function call(tool: string): Promise<void> {
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: {} } };
  const headers = { "content-type": "application/json", "x-agent-id": "nightly-report" };
  await (await fetch(sidecar.url, { method: "POST", headers, body: JSON.stringify(body) })).text();
}

async function query(
  expression: string,
): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const response = await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const answer = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return answer.data.result;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-prometheus-"));
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  sidecar = await startTestSidecar({
    upstream: `http://127.0.0.1:${port}/mcp`,
    policy: POLICY,
    settings: { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } },
  });
  const [prometheusPort] = await freePorts(1);
  prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const config = join(folder, "prometheus.yml");
  const target = new URL(sidecar.adminUrl).host;
  writeFileSync(
    config,
    `scrape_configs: [{ job_name: tollgate, scrape_interval: 1s, static_configs: [{ targets: ["${target}"] }] }]\n`,
  );
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  prometheus = spawn(
    requireProgram("prometheus"),
    [...flags, `--web.listen-address=127.0.0.1:${prometheusPort}`],
    {
      stdio: "ignore",
    },
  );
  await until(() =>
    fetch(`${prometheusUrl}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

afterAll(async () => {
  const exited = once(prometheus, "exit");
  prometheus.kill();
  await exited;
  await sidecar.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("Prometheus scrapes the sidecar", () => {
  it("accepts the metrics (promtool check metrics)", async () => {
    const text = await sidecar.metrics();
    const said = execFileSync(requireProgram("promtool"), ["check", "metrics"], {
      input: text,
      encoding: "utf8",
    });
    expect(said.trim()).toBe("");
  });

  it("answers which agent called which execute tool, how often, how many were denied, and why", async () => {
    for (const tool of ["ExecuteQuery", "ExecuteQuery", "ExecuteQuery", "DeleteEverything", "Unheard"])
      await call(tool);
    const calls = `sum by (agent, tool, outcome) (tollgate_tool_calls_total{category="execute"} > 0)`;
    await until(async () => (await query(calls)).length === 2);
    expect((await query(calls)).map(({ metric, value }) => ({ ...metric, value: value[1] }))).toEqual(
      expect.arrayContaining([
        { agent: "nightly-report", tool: "ExecuteQuery", outcome: "success", value: "2" },
        { agent: "nightly-report", tool: "ExecuteQuery", outcome: "denied", value: "1" },
      ]),
    );
    const reasons = await query(`sum by (reason) (tollgate_tool_denials_total{agent="nightly-report"} > 0)`);
    expect(reasons.map(({ metric }) => metric["reason"]).toSorted()).toEqual([
      "default_deny",
      "hidden",
      "rate_limited",
    ]);
  });

  it("sees the first denial as an increase, since every decision starts at 0", async () => {
    const born = await query(`count(tollgate_decisions_total{effect="deny"})`);
    expect(Number(born[0]?.value[1])).toBeGreaterThan(10);
  });
});
