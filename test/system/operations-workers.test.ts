/** Several workers behind one listener act as one sidecar: limits, freezes, policies, metrics, audit log and drain. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

const WORKERS = 3;
const MAX = 50;
const CALLS = 400;

const folder = mkdtempSync(join(tmpdir(), "tollgate-workers-"));
const policyFile = join(folder, "policy.json");
const auditFile = join(folder, "audit.jsonl");

let upstream: Awaited<ReturnType<typeof serveOnLoopback>>;
let tollgate: RunningTollgate;
let reached = 0;
/** Responses to `hang`, which the server holds back. */
const held: ServerResponse[] = [];

function policyOf(tools: object = {}): object {
  return {
    version: "1",
    default: "allow",
    tools: {
      run: { limits: [{ counter: "runs", window: "day", max: MAX }] },
      hang: { limits: [{ counter: "hanging", window: "concurrent", max: 1 }] },
      ask: { action: "approve" },
      ...tools,
    },
  };
}

function writePolicy(tools: object = {}): void {
  writeFileSync(policyFile, JSON.stringify(policyOf(tools)));
}

function answer(body: string, response: ServerResponse): void {
  const { id, method, params } = JSON.parse(body);
  if (method === "initialize") response.setHeader("mcp-session-id", `session-${(reached += 1)}`);
  if (params?.name === "hang") return void held.push(response);
  if (method === "tools/call") reached += 1;
  const result = method === "initialize" ? { protocolVersion: "2025-06-18" } : { content: [] };
  sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, result }));
}

function serve(incoming: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    if (body === "") response.writeHead(405).end();
    else answer(body, response);
  });
}

beforeAll(async () => {
  upstream = await serveOnLoopback(serve);
  writePolicy();
  const flags = ["--workers", String(WORKERS), "--policy", policyFile, "--audit", auditFile];
  tollgate = await startTollgateProcess({ upstream: upstream.url, flags });
});

afterAll(async () => {
  await tollgate?.stop("SIGKILL");
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  readonly method?: string;
  readonly params?: object;
  readonly session?: string;
}

/** Over a connection of its own, which goes to the next worker. */
async function send({
  method = "tools/call",
  params,
  session,
}: Sent): Promise<{ text: string; headers: Headers }> {
  const response = await fetch(tollgate.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      connection: "close",
      ...(session !== undefined && { "mcp-session-id": session }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return { text: await response.text(), headers: response.headers };
}

async function call(name: string, args: object = {}): Promise<"passed" | "denied"> {
  const { text } = await send({ params: { name, arguments: args } });
  return text.includes('"isError":true') ? "denied" : "passed";
}

/** The members that the tests look at. */
interface AdminResponse {
  readonly ready?: boolean;
  readonly decisions?: readonly { readonly id: string }[];
  readonly limits?: readonly object[];
  readonly approvals?: readonly { readonly id: string }[];
}

async function read(path: string): Promise<AdminResponse> {
  const response = await fetch(`${tollgate.adminUrl}${path}`);
  return JSON.parse(await response.text());
}

async function isReady(): Promise<boolean> {
  const { ready } = await read("/readyz").catch((): AdminResponse => ({}));
  return ready === true;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${tollgate.adminUrl}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function control(path: string, body: object): Promise<void> {
  const response = await fetch(`${tollgate.adminUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ by: "test", ...body }),
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

interface AuditRecord {
  readonly id?: string;
  readonly tool?: string;
  readonly client?: object;
  readonly control?: { readonly action: string };
  readonly upstream?: { readonly outcome: string };
}

function auditRecords(): AuditRecord[] {
  return readFileSync(auditFile, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function workerPids(): number[] {
  const children = readFileSync(`/proc/${tollgate.pid}/task/${tollgate.pid}/children`, "utf8");
  return children.trim().split(" ").map(Number);
}

async function answersOfGone(): Promise<Set<string>> {
  return new Set(await many(30, () => call("gone")));
}

/** All of `count`, at most 100 at once. */
async function many<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) results.push(await work((next += 1)));
  };
  await Promise.all(Array.from({ length: 100 }, one));
  return results;
}

describe("several workers", () => {
  it("admit exactly the calls of a limit, and tell of each in one scrape, one list and one audit log", async () => {
    const answers = await many(CALLS, () => call("run"));
    const passed = answers.filter((each) => each === "passed").length;
    expect([passed, reached]).toEqual([MAX, MAX]);
    expect(await metric("tollgate_tool_calls_total")).toBe(CALLS);
    expect(await metric("tollgate_requests_inflight")).toBe(0);
    const { decisions = [] } = await read("/decisions?limit=1000");
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(CALLS);
    await until(() => auditRecords().length === CALLS);
    const ids = auditRecords().map(({ id }) => String(id));
    expect(new Set(ids).size).toBe(CALLS);
    // Each worker names its requests by a prefix of its own.
    expect(new Set(ids.map((id) => id.split("-")[0])).size).toBe(WORKERS);
    expect((await read("/limits")).limits).toContainEqual(expect.objectContaining({ used: MAX, max: MAX }));
    noteFigure({
      row: "limits of workers are exact",
      figure: `${passed} of ${CALLS} calls at ${WORKERS} workers, max ${MAX}`,
      isMet: passed === MAX,
    });
  });

  it("obey a freeze with the first call after its answer, and so its end", async () => {
    await control("/freeze", { tool: "free" });
    expect(new Set(await many(60, () => call("free")))).toEqual(new Set(["denied"]));
    await control("/unfreeze", { tool: "free" });
    expect(new Set(await many(60, () => call("free")))).toEqual(new Set(["passed"]));
  });

  it("ask for one approval, which passes one call of all of them", async () => {
    expect(await call("ask")).toBe("denied");
    const { approvals = [] } = await read("/approvals");
    await control(`/approvals/${approvals[0]?.id}/approve`, {});
    const answers = await many(20, () => call("ask"));
    expect(answers.filter((each) => each === "passed")).toHaveLength(1);
  });

  it("know the client of a session that another worker has opened", async () => {
    const clientInfo = { name: "probe", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    const { headers } = await send({ method: "initialize", params });
    const session = headers.get("mcp-session-id") ?? "";
    expect(session).not.toBe("");
    await until(async () => (await metric("tollgate_sessions")) === 1);
    const before = auditRecords().length;
    await many(12, () => send({ params: { name: "free", arguments: {} }, session }));
    await until(() => auditRecords().length === before + 12);
    const clients = auditRecords()
      .slice(before)
      .map(({ client }) => client);
    expect(new Set(clients.map((client) => JSON.stringify(client)))).toEqual(
      new Set([JSON.stringify(clientInfo)]),
    );
  });

  it("all take a new policy, and none takes one with a mistake", async () => {
    expect(await answersOfGone()).toEqual(new Set(["passed"]));
    writePolicy({ gone: { action: "deny" } });
    tollgate.hangUp();
    await until(async () => (await answersOfGone()).has("denied"));
    await until(async () => !(await answersOfGone()).has("passed"));
    writeFileSync(policyFile, '{"version": "1", "default": "allow", "tools": 7}');
    tollgate.hangUp();
    await until(async () => (await metric("tollgate_policy_last_reload_successful")) === 0);
    expect(await answersOfGone()).toEqual(new Set(["denied"]));
    const reloads = auditRecords().filter(({ control: change }) => change?.action === "reload");
    expect(reloads).toHaveLength(1);
  });

  it("replace one that is killed, whose calls in flight end", async () => {
    const hanging = call("hang").catch(() => "lost");
    await until(() => held.length === 1);
    expect(await call("hang")).toBe("denied");
    const before = workerPids();
    for (const pid of before) process.kill(pid, "SIGKILL");
    expect(await hanging).toBe("lost");
    await until(isReady);
    expect(workerPids().filter((pid) => before.includes(pid))).toEqual([]);
    expect(await metric("tollgate_requests_inflight")).toBe(0);
    const next = call("hang");
    await until(() => held.length === 2);
    for (const response of held.splice(0)) sendJson(response, '{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(await next).toBe("passed");
    expect(await call("run")).toBe("denied");
    const lost = auditRecords().filter(({ upstream: ending }) => ending?.outcome === "cancelled");
    expect(lost).toHaveLength(1);
  });

  it("finish their open requests after SIGTERM, and leave no process and no record behind", async () => {
    const open = call("hang").catch(() => "cut");
    await until(() => held.length === 1);
    const pids = workerPids();
    tollgate.signal("SIGTERM");
    await until(async () => !(await isReady()));
    for (const response of held) sendJson(response, '{"jsonrpc":"2.0","id":1,"result":{}}');
    await open;
    expect(await tollgate.exitCode).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
    const last = auditRecords().at(-1);
    expect(last).toMatchObject({ tool: "hang" });
  });
});
