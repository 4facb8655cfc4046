/** Measures time and memory of `tollgate audit query` over a log of a million records. */

import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import type { Request } from "../../src/enforcement/request.ts";
import { callRecord } from "../../src/telemetry/audit/audit-record.ts";

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const TOOLS = ["StartAHORunBatch", "ListAHORuns", "ExecuteQuery", "DeleteWorkflow", "GetRun"];
const DAY_MS = 86_400_000;
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
const plain = join(folder, "audit.jsonl");
const zipped = join(folder, "audit.jsonl.1.gz");
await write(plain, zipped);
const megabytes = statSync(plain).size / 1e6;
process.stdout.write(`${RECORDS} records, ${megabytes.toFixed(0)} MB\n`);
const asked = ["--tool", "StartAHORunBatch", "--since", "30d"];
await query("by agent, effect, reason", ["--audit", plain, ...asked, "--by", "agent,effect,reason"]);
await query("the latest 100", ["--audit", plain, ...asked]);
await query("by session: 100,000 groups", ["--audit", plain, "--by", "session", "--format", "csv"]);
await query("gzipped, by tool with sums", ["--audit", zipped, "--by", "tool", "--sum", "duration_ms"]);
rmSync(folder, { recursive: true });

async function write(plainFile: string, zippedFile: string): Promise<void> {
  const file = createWriteStream(plainFile);
  const gzip = createGzip({ level: 1 });
  const packed = gzip.pipe(createWriteStream(zippedFile));
  for (let index = 0; index < RECORDS; index += 1) {
    const line = record(index);
    const waits = [file, gzip].filter((stream) => !stream.write(line));
    for (const stream of waits) await once(stream, "drain");
  }
  file.end();
  gzip.end();
  await Promise.all([once(file, "finish"), once(packed, "finish")]);
}

function record(index: number): string {
  const name = TOOLS[index % TOOLS.length] ?? "";
  const request: Request = {
    id: `0a1b2c3d-${index.toString(36)}`,
    receivedAtMs: Date.now() - DAY_MS * 60 + Math.floor((index / RECORDS) * DAY_MS * 60),
    method: "tools/call",
    tool: { name, isKnown: true, category: { category: "execute", source: "policy", confidence: 1 } },
    agent: { name: `agent-${index % 37}`, source: "header", verified: true },
    client: { name: "inspector", version: "2.1.0" },
    session: `session-${index % 100_000}`,
    era: "legacy",
    rpcId: "1",
    transport: "http",
    bytes: 350,
    args: { bytes: 120, keys: ["workflowId", "roleArn", "parameters"], text: "" },
  };
  const rule = `/tools/${name}/limits/calls-per-minute`;
  const denial = { effect: "deny", reason: "rate_limited", rule, mode: "enforce" } as const;
  const isDenied = index % 7 === 0;
  const decision = { charges: [], unevaluable: [], ...(isDenied && { denial }) };
  const options = {
    server: "healthomics",
    digest: () => "0".repeat(64),
    traceIdOf: () => undefined,
    capture: () => undefined,
  };
  const ending = {
    outcome: "success",
    totalMs: 31,
    upstreamMs: 30.2,
    resultBytes: 1_800,
    httpStatus: 200,
  } as const;
  return callRecord(
    options,
    request,
    { decision, policyDigest: "f".repeat(64) },
    isDenied ? undefined : ending,
  );
}

async function query(what: string, args: readonly string[]): Promise<void> {
  const start = performance.now();
  const report = `process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stderr.write("rss " + maxRSS + " cpu " + (userCPUTime + systemCPUTime));
  })`;
  const child = spawn(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(report)}`, MAIN, "audit", "query", ...args],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  await once(child, "close");
  const seconds = (performance.now() - start) / 1000;
  const rssMegabytes = Number(/rss (\d+)/.exec(told)?.[1]) / 1000;
  const cpuSeconds = Number(/cpu (\d+)/.exec(told)?.[1]) / 1e6;
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor), at most ${rssMegabytes.toFixed(0)} MB\n`,
  );
}
