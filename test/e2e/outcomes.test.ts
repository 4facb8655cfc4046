/** The outcome of a call in metrics and audit log, through the running sidecar: one row for each way to end. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { OUTCOMES, type Outcome } from "../../src/mcp/vocabulary.ts";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { type LoopbackServer, sendEvents, sendJson } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { post, postForText } from "../fixtures/post.ts";
import { startDualEraServer } from "../fixtures/servers/dual-era.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

let upstream: LoopbackServer;
let sidecar: TestSidecar;
/** The methods and tool names of the requests that the upstream received. */
let arrived: string[] = [];
/** The stream that the server keeps open for the client of each session. */
let ownStream: ServerResponse | undefined;

beforeAll(async () => {
  upstream = await serve((text, response, request) => answer(request, response, text));
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: { version: "1", default: "allow", tools: { denied: { action: "deny" } } },
    bounds: { upstreamIdleMs: 300 },
  });
});

interface Received {
  readonly id: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly taskId?: string };
}

/** Answers of the upstream to a tools/call, by the tool's name. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse, id: number) => void>> = {
  success: (response, id) => reply(response, id, { content: [] }),
  success_streamed: (response, id) => {
    sendEvents(response, `data: ${JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })}\n\n`);
  },
  tool_error: (response, id) => reply(response, id, { content: [], isError: true }),
  rpc_error: (response, id) => {
    sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32602, message: "m" } }));
  },
  no_json: (response) => sendJson(response, "no JSON"),
  broken: (response) => void response.socket?.destroy(),
  broken_stream: (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": begins\n\n");
    setImmediate(() => response.socket?.destroy());
  },
  stream_without_answer: (response) => sendEvents(response, `data: {"jsonrpc":"2.0","method":"x"}\n\n`),
  server_error: (response) => void response.writeHead(500, { "content-type": "text/plain" }).end("oops"),
  silent: () => undefined,
  quiet_stream: (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": begins\n\n");
  },
};

function answer(request: IncomingMessage, response: ServerResponse, text: string): void {
  if (request.method === "GET") {
    ownStream = response.writeHead(200, { "content-type": "text/event-stream" });
    return void ownStream.write(": open\n\n");
  }
  const { id, method, params }: Received = JSON.parse(text);
  arrived.push(params?.name ?? method);
  if (method === "initialize") response.setHeader("mcp-session-id", "s1");
  if (method === "tools/call") return callAnswer(response, id, params?.name ?? "");
  if (method.startsWith("tasks/")) return taskAnswer(response, id, method, params?.taskId ?? "");
  if (id === undefined) return void response.writeHead(202).end();
  reply(response, id, {});
}

function callAnswer(response: ServerResponse, id: number, tool: string): void {
  const own = ANSWERS[tool];
  if (own !== undefined) return own(response, id);
  const told = { taskId: tool, status: "working" };
  reply(response, id, tool.startsWith("legacy_") ? { task: told } : { resultType: "task", ...told });
}

/** The task's id determines its ending. */
const ENDED: Readonly<Record<string, object>> = {
  legacy_done: { status: "completed" },
  legacy_failed: { status: "failed" },
  legacy_cancelled: { status: "cancelled" },
  modern_done: { status: "completed", result: { content: [] } },
  modern_tool_error: { status: "completed", result: { content: [], isError: true } },
  modern_rpc_error: { status: "failed", error: { code: -32603, message: "m" } },
};

function taskAnswer(response: ServerResponse, id: number, method: string, taskId: string): void {
  if (method === "tasks/cancel" && taskId.startsWith("modern_")) return reply(response, id, {});
  if (method !== "tasks/result") return reply(response, id, { taskId, status: "working", ...ENDED[taskId] });
  const meta = { "io.modelcontextprotocol/related-task": { taskId } };
  if (taskId.endsWith("rpc_error")) {
    return sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, error: { code: -5, message: "m" } }));
  }
  reply(response, id, { content: [], isError: taskId.endsWith("tool_error"), _meta: meta });
}

function reply(response: ServerResponse, id: number, result: object): void {
  sendJson(response, JSON.stringify({ jsonrpc: "2.0", id, result }));
}

let lastId = 0;

async function send(method: string, params: object, options: Sending = {}): Promise<void> {
  lastId += 1;
  const id = { id: method.startsWith("notifications/") ? undefined : (options.id ?? lastId) };
  try {
    const headers = options.session === undefined ? {} : { "mcp-session-id": options.session };
    const response = await post(sidecar.url, { ...id, method, params }, headers, options.signal);
    await response.text();
  } catch {
    // The test or the server broke the connection on purpose.
  }
}

interface Sending {
  readonly id?: number;
  readonly session?: string;
  readonly signal?: AbortSignal;
}

function call(name: string, options?: Sending): Promise<void> {
  return send("tools/call", { name }, options);
}

/** How often the tool's calls have ended, by outcome. */
async function countedOf(tool: string): Promise<Partial<Record<Outcome, number>>> {
  const counted = await Promise.all(
    OUTCOMES.map(async (outcome) => {
      // A name that the server has answered with success is known from then on.
      const counts = [tool, "_unknown"].map((each) =>
        sidecar.metric("tollgate_tool_calls_total", { tool: each, outcome }),
      );
      const [named = 0, unnamed = 0] = await Promise.all(counts);
      return [outcome, named + unnamed] as const;
    }),
  );
  return Object.fromEntries(counted);
}

function auditOf(tool: string): unknown[] {
  return sidecar
    .audit()
    .filter((line) => line["tool"] === tool)
    .map(({ upstream: told, effect }) => outcomeIn(told) ?? effect);
}

function outcomeIn(told: unknown): unknown {
  return typeof told === "object" && told !== null && "outcome" in told ? told.outcome : undefined;
}

/** Runs `act` and checks that exactly one call of this tool has ended, with this outcome. */
async function expectOutcome(tool: string, outcome: Outcome, act: () => Promise<unknown>): Promise<void> {
  const before = await countedOf(tool);
  await act();
  await until(() => auditOf(tool).length > 0);
  const after = await countedOf(tool);
  const risen = OUTCOMES.filter((each) => after[each] !== before[each]);
  expect(risen).toEqual([outcome]);
  expect((after[outcome] ?? 0) - (before[outcome] ?? 0)).toBe(1);
  expect(auditOf(tool)).toEqual([outcome === "denied" ? "deny" : outcome]);
}

describe("a call", () => {
  it.each<[string, Outcome]>([
    ["success", "success"],
    ["success_streamed", "success"],
    ["tool_error", "tool_error"],
    ["rpc_error", "rpc_error"],
    ["no_json", "upstream_error"],
    ["broken", "upstream_error"],
    ["broken_stream", "upstream_error"],
    ["stream_without_answer", "upstream_error"],
    ["server_error", "upstream_error"],
    ["silent", "timeout"],
    ["denied", "denied"],
  ])("to %s is counted as %s", (tool, outcome) => expectOutcome(tool, outcome, () => call(tool)));

  it("is counted as an upstream error when the upstream refuses connections", async () => {
    const lonely = await startSidecar({ upstream: "http://127.0.0.1:1/mcp" });
    await post(lonely.url, toolCall("t"));
    expect(await lonely.metric("tollgate_tool_calls_total", { outcome: "upstream_error" })).toBe(1);
    expect(await lonely.metric("tollgate_tool_calls_total")).toBe(1);
  });

  it.each(["silent", "quiet_stream"])("whose client disconnects during %s is cancelled", async (tool) => {
    arrived = [];
    const before = await countedOf(tool);
    const hangUp = new AbortController();
    const sent = call(tool, { signal: hangUp.signal });
    await until(() => arrived.includes(tool));
    hangUp.abort();
    await sent;
    await until(async () => (await countedOf(tool)).cancelled === (before.cancelled ?? 0) + 1);
    expect(auditOf(tool).at(-1)).toBe("cancelled");
  });

  it("is cancelled by the client's notifications/cancelled in the same session only", async () => {
    await send("initialize", { protocolVersion: "2025-11-25", clientInfo: { name: "c", version: "1" } });
    arrived = [];
    const before = await countedOf("quiet_stream");
    const hangUp = new AbortController();
    const sent = call("quiet_stream", { id: 77, session: "s1", signal: hangUp.signal });
    await until(() => arrived.includes("quiet_stream"));
    await send("notifications/cancelled", { requestId: 77 });
    await send("notifications/cancelled", { requestId: 78 }, { session: "s1" });
    expect(await countedOf("quiet_stream")).toEqual(before);
    await send("notifications/cancelled", { requestId: 77 }, { session: "s1" });
    expect((await countedOf("quiet_stream")).cancelled).toBe((before.cancelled ?? 0) + 1);
    hangUp.abort();
    await sent;
    expect((await countedOf("quiet_stream")).cancelled).toBe((before.cancelled ?? 0) + 1);
  });
});

describe("a call that has become a task", () => {
  it.each<[string, string, Outcome]>([
    ["legacy_done", "tasks/get", "success"],
    ["legacy_failed", "tasks/get", "tool_error"],
    ["legacy_cancelled", "tasks/cancel", "cancelled"],
    ["legacy_result", "tasks/result", "success"],
    ["legacy_result_tool_error", "tasks/result", "tool_error"],
    ["legacy_result_rpc_error", "tasks/result", "rpc_error"],
    ["modern_done", "tasks/get", "success"],
    ["modern_tool_error", "tasks/get", "tool_error"],
    ["modern_rpc_error", "tasks/get", "rpc_error"],
  ])("%s is counted when the result of %s reports its end, as %s", async (tool, method, outcome) => {
    const before = await countedOf(tool);
    await call(tool);
    expect(await countedOf(tool)).toEqual(before);
    expect(auditOf(tool)).toEqual([]);
    await expectOutcome(tool, outcome, () => send(method, { taskId: tool }));
    await send("tasks/get", { taskId: tool });
    expect(auditOf(tool)).toEqual([outcome]);
  });

  it("remains open while the task is working", async () => {
    await call("legacy_slow");
    await send("tasks/get", { taskId: "legacy_slow" });
    expect(auditOf("legacy_slow")).toEqual([]);
  });

  it("is counted when a notification on the server's own stream reports its end", async () => {
    await call("legacy_told");
    const hangUp = new AbortController();
    const stream = fetch(sidecar.url, { headers: { accept: "text/event-stream" }, signal: hangUp.signal });
    await until(() => ownStream !== undefined);
    const params = { taskId: "legacy_told", status: "completed" };
    const message = { jsonrpc: "2.0", method: "notifications/tasks/status", params };
    await expectOutcome("legacy_told", "success", async () => {
      ownStream?.write(`data: ${JSON.stringify(message)}\n\n`);
      await until(() => auditOf("legacy_told").length > 0);
    });
    hangUp.abort();
    await stream.catch(() => undefined);
  });

  it("is a timeout when the sidecar stops before the task's end was reported", async () => {
    const other = await startSidecar({ upstream: upstream.url });
    await post(other.url, toolCall("modern_x"));
    expect(other.audit()).toEqual([]);
    await other.drain();
    expect(other.audit()).toMatchObject([{ tool: "modern_x", upstream: { outcome: "timeout" } }]);
  });
});

describe("a task of a real server of 2026-07-28", () => {
  let guarded: TestSidecar;
  beforeAll(async () => {
    const server = await startDualEraServer();
    atEnd(() => server.close());
    guarded = await startSidecar({ upstream: server.url });
  });

  async function ask(method: string, params: object, name: string): Promise<Record<string, unknown>> {
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
    };
    const headers = {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      "mcp-name": name,
    };
    const message = { method, params: { ...params, _meta: meta } };
    const text = await postForText(guarded.url, message, headers);
    const data = text.startsWith("{") ? text : text.replace(/^[^]*?data: (.*)[^]*$/, "$1");
    const { result }: { result: Record<string, unknown> } = JSON.parse(data);
    return result;
  }

  it.each<[string, object, Outcome]>([
    ["slow_compute", { seconds: 0, label: "x" }, "success"],
    ["failing_job", {}, "tool_error"],
    ["protocol_error_job", {}, "rpc_error"],
  ])("%s is counted when it ends", async (name, input, outcome) => {
    const { taskId, resultType } = await ask("tools/call", { name, arguments: input }, name);
    expect(resultType).toBe("task");
    expect(guarded.audit().filter((line) => line["tool"] === name)).toEqual([]);
    const task = { taskId: String(taskId) };
    await until(async () => (await ask("tasks/get", task, task.taskId))["status"] !== "working");
    const lines = guarded.audit().filter((line) => line["tool"] === name);
    expect(lines).toMatchObject([{ effect: "allow", upstream: { outcome } }]);
  });
});
