/** The seed's server from PyPI, wrapped, in front of a real Prometheus: AWS alone is a stand-in. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseSamples } from "../../src/commands/demo/samples.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { isRunning, listProcessTree } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { MAIN } from "../fixtures/start-wrap.ts";
import { type Program, startProgram } from "./observability/programs.ts";
import { type AwsStandIn, startAws } from "./stdio/aws.ts";
import { connectPython, connectTypescript, type OfficialClient } from "./stdio/clients.ts";
import { pythonProgram } from "./stdio/python.ts";
import { callsIn, print } from "./stdio/story.ts";

const TOOLS = ["ExecuteQuery", "ExecuteRangeQuery", "GetAvailableWorkspaces", "GetServerInfo", "ListMetrics"];
const POLICY = fileURLToPath(new URL("../../policies/prometheus.json", import.meta.url));

let folder: string;
let prometheus: Program;
let aws: AwsStandIn;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-awslabs-"));
  const [port = 0] = await freePorts(1);
  const config = join(folder, "prometheus.yml");
  const job = `{ job_name: itself, scrape_interval: 1s, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }`;
  writeFileSync(config, `scrape_configs: [${job}]\n`);
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  prometheus = await startProgram("prometheus", flags, port);
  const isScraped = async () =>
    (await (await fetch(`${prometheus.url}/api/v1/query?query=up`)).text()).includes('"1"');
  await until(isScraped);
  aws = await startAws(prometheus.url);
});

afterAll(async () => {
  aws.close();
  await prometheus.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the stand-in for AWS", () => {
  it("refuses a request without a signature, and one with a wrong one", async () => {
    const before = aws.refused();
    const url = `${aws.workspaceUrl}/api/v1/query?query=up`;
    const scope = "AKIDSTANDIN/20260101/eu-central-1/aps/aws4_request";
    const wrong = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { headers: { authorization: wrong } })).status).toBe(403);
    expect(aws.refused() - before).toBe(2);
  });
});

describe.each([
  { client: "the TypeScript client", connect: connectTypescript },
  { client: "the Python client", connect: connectPython },
])(
  "$client, Tollgate, awslabs.prometheus-mcp-server, a stand-in for AWS, Prometheus",
  ({ client: name, connect }) => {
    const agent = name.includes("Python") ? "on-call-python" : "on-call-typescript";
    let client: OfficialClient;
    let audit: string;
    let adminUrl: string;
    let before: readonly number[];

    beforeAll(async () => {
      before = listProcessTree(process.pid);
      audit = join(folder, `${agent}.jsonl`);
      const [adminPort = 0] = await freePorts(1);
      adminUrl = `http://127.0.0.1:${adminPort}`;
      const flags = [
        "--policy",
        POLICY,
        "--agent",
        agent,
        "--audit",
        audit,
        "--admin",
        `127.0.0.1:${adminPort}`,
      ];
      const server = pythonProgram("awslabs.prometheus-mcp-server");
      const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, ...aws.environment };
      client = await connect({ command: [process.execPath, MAIN, ...flags, "--", server], environment });
    });
    afterAll(async () => {
      const ours = listProcessTree(process.pid).filter((pid) => !before.includes(pid));
      expect(ours.length).toBeGreaterThan(1);
      await client.close();
      await until(() => !ours.some(isRunning));
      print(`${name}, awslabs.prometheus-mcp-server`, callsIn(audit));
    });

    it("starts the server, which gets its identity from STS", () => {
      expect(aws.asked).toContain("sts GetCallerIdentity");
    });

    it("lists its five tools", async () => {
      expect((await client.listTools()).toSorted()).toEqual(TOOLS);
    });

    it("gets what PromQL evaluates to", async () => {
      const sum = await client.call("ExecuteQuery", { query: "1+1" });
      expect(sum.isError).toBe(false);
      expect(JSON.parse(sum.text)).toMatchObject({ resultType: "scalar", result: [expect.any(Number), "2"] });
      const up = await client.call("ExecuteQuery", { query: 'up{job="itself"}' });
      expect(JSON.parse(up.text)).toMatchObject({
        resultType: "vector",
        result: [{ metric: { __name__: "up", job: "itself" }, value: [expect.any(Number), "1"] }],
      });
      expect(aws.asked.at(-1)).toBe(`aps query?query=${encodeURIComponent('up{job="itself"}')}`);
    });

    it.each(TOOLS.flatMap((tool) => ["profile", "region"].map((argument) => ({ tool, argument }))))(
      "is refused $tool with $argument, and no request reaches Prometheus or AWS",
      async ({ tool, argument }) => {
        const before = aws.asked.length + aws.refused();
        const range = { start: "2026-01-01T00:00:00Z", end: "2026-01-01T01:00:00Z", step: "1m" };
        const fitting = { query: "up", ...(tool === "ExecuteRangeQuery" && range) };
        const { isError, text } = await client.call(tool, { ...fitting, [argument]: "us-east-1" });
        expect(isError).toBe(true);
        expect(text).toMatch(/^\[POLICY DENIED\]/);
        expect(text).toContain(`leave \`${argument}\` out: the operator chooses the credentials`);
        expect(aws.asked.length + aws.refused()).toBe(before);
      },
    );

    it("has agent, tool, category and outcome of each call in its audit log", () => {
      const calls = callsIn(audit);
      expect(calls.filter(({ outcome }) => outcome === "success")).toEqual([
        { agent, tool: "ExecuteQuery", category: "execute", outcome: "success" },
        { agent, tool: "ExecuteQuery", category: "execute", outcome: "success" },
      ]);
      const denied = calls
        .filter(({ outcome }) => outcome === "denied")
        .map(({ tool, category }) => `${tool} ${category}`);
      expect(denied).toEqual(
        TOOLS.flatMap((tool) => Array(2).fill(`${tool} ${tool.startsWith("Execute") ? "execute" : "read"}`)),
      );
    });

    it("has them in its metrics", async () => {
      const samples = parseSamples(await (await fetch(`${adminUrl}/metrics`)).text());
      const calls = samples.filter(
        ({ name: metric, value }) => metric === "tollgate_tool_calls_total" && value > 0,
      );
      const told = calls.map(({ labels, value }) => [
        labels["agent"],
        labels["tool"],
        labels["category"],
        labels["outcome"],
        value,
      ]);
      expect(told).toEqual(
        expect.arrayContaining([
          [agent, "ExecuteQuery", "execute", "success", 2],
          [agent, "ExecuteQuery", "execute", "denied", 2],
          [agent, "ListMetrics", "read", "denied", 2],
        ]),
      );
      expect(told).toHaveLength(1 + TOOLS.length);
    });
  },
);
