/** Measures what one sidecar needs: memory when idle, under calls and with open streams, and CPU time per call: `npm run bench:sizing`, after `npm run build:executable`. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../../test/fixtures/free-port.ts";

const EXECUTABLE = join(import.meta.dirname, "../../dist-executable/tollgate");
const AT_ONCE = 50;
const FOR_MS = 10_000;
const STREAMS = 1_000;
/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;

const RESULT = { content: [{ type: "text", text: "x".repeat(1_000) }] };
const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    look: {
      require: [{ conditions: [{ path: "args.query", op: "exists", value: true }] }],
      limits: [{ counter: "looks", window: "minute", max: 1_000_000_000, scope: "grant" }],
    },
  },
};

const folder = mkdtempSync(join(tmpdir(), "tollgate-sizing-"));
const policy = join(folder, "policy.json");
writeFileSync(policy, JSON.stringify(POLICY));
const server = createServer((incoming, response) => {
  if (incoming.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return;
  }
  incoming.resume().on("end", () => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: RESULT }));
  });
}).listen(0, "127.0.0.1");
await once(server, "listening");
const [port = 0, admin = 0, upstream = 0] = [...(await freePorts(2)), portOf()];
const flags = ["--upstream", `http://127.0.0.1:${upstream}/mcp`, "--policy", policy];
const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`];
const log = ["--log-level", "error", "--audit", join(folder, "audit.jsonl")];
const sidecar = spawn(EXECUTABLE, [...flags, ...listeners, ...log], {
  stdio: ["ignore", "inherit", "inherit"],
});
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

try {
  while (!(await isReady())) await pause(20);
  print(`idle                     ${memory(sidecar)}`);
  await measureCalls();
  await measureStreams();
} finally {
  const exited = once(sidecar, "exit");
  sidecar.kill("SIGKILL");
  await exited;
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measureCalls(): Promise<void> {
  const [beforeMs, start] = [processorMs(sidecar), performance.now()];
  let calls = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - start < FOR_MS) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const [usedMs, tookMs] = [processorMs(sidecar) - beforeMs, performance.now() - start];
  print(
    `${AT_ONCE} calls at a time       ${Math.round((calls / tookMs) * 1_000)} calls/s, ${memory(sidecar)}`,
  );
  print(
    `processor for one call   ${(usedMs / calls).toFixed(2)} ms, so ${Math.round((1_000 * calls) / usedMs)} calls/s for each core`,
  );
}

async function measureStreams(): Promise<void> {
  const before = kibibytes(sidecar, "VmRSS");
  const opened = await Promise.all(Array.from({ length: STREAMS }, openStream));
  print(
    `${STREAMS} open streams        ${memory(sidecar)}, ${Math.round((kibibytes(sidecar, "VmRSS") - before) / STREAMS)} KiB for each`,
  );
  for (const stream of opened) stream.destroy();
}

async function call(): Promise<void> {
  const params = { name: "look", arguments: { query: "sum(rate(http_requests_total[5m]))" } };
  const outgoing = request({
    agent,
    port,
    path: "/mcp",
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  });
  outgoing.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
  const [response] = await once(outgoing, "response");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`a call was answered with ${response.statusCode}`);
}

async function openStream() {
  const headers = { accept: "text/event-stream" };
  const outgoing = request({ agent, port, path: "/mcp", headers }).on("error", () => undefined);
  outgoing.end();
  const [response] = await once(outgoing, "response");
  if (response.statusCode !== 200) throw new Error(`a stream was answered with ${response.statusCode}`);
  response.on("error", () => undefined);
  return outgoing;
}

function isReady(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${admin}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function portOf(): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function kibibytes({ pid }: ChildProcess, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
}

/** User and system time since the start. */
function processorMs({ pid }: ChildProcess): number {
  const [, after = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const fields = after.split(" ").map(Number);
  return ((fields[11] ?? 0) + (fields[12] ?? 0)) * TICK_MS;
}

function memory(child: ChildProcess): string {
  const mebibytes = (name: string): number => Math.round(kibibytes(child, name) / 1024);
  return `${mebibytes("VmRSS")} MiB resident (at most ${mebibytes("VmHWM")}), ${mebibytes("RssAnon")} MiB of it anonymous`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
