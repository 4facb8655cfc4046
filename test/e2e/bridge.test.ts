import { afterEach, describe, expect, it } from "vitest";
import { INITIALIZE, modernRequest, stdioServer } from "../fixtures/bridge.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { post as postTo } from "../fixtures/post.ts";
import { isRunning } from "../fixtures/processes.ts";
import {
  startTestSidecar,
  type TestSidecar,
  type TestSidecarOptions,
  until,
} from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  tools: { delete_all: { rules: [{ name: "never", action: "deny", on_deny: "Nothing is deleted here" }] } },
};

let sidecar: TestSidecar;

afterEach(() => sidecar.stop());

async function start(server: string, options: Partial<TestSidecarOptions> = {}): Promise<void> {
  const { command, args } = stdioServer(server);
  sidecar = await startTestSidecar({ command: [command, ...args], ...options });
}

function post(message: object, headers: Record<string, string> = {}): Promise<Response> {
  return postTo(sidecar.url, message, { accept: "application/json, text/event-stream", ...headers });
}

async function openSession(): Promise<Record<string, string>> {
  const answer = await post(INITIALIZE);
  await answer.text();
  const headers = { "mcp-session-id": answer.headers.get("mcp-session-id") ?? "" };
  await post({ id: undefined, method: "notifications/initialized" }, headers);
  return headers;
}

async function ready(): Promise<number> {
  return (await fetch(`${sidecar.adminUrl}/readyz`)).status;
}

describe("a stdio server behind the bridge", () => {
  it("never receives a call that the policy denies, in either era", async () => {
    await start("puppet", { policy: POLICY });
    const session = await openSession();
    const denied = await (await post(toolCall("delete_all"), session)).json();
    expect(denied).toMatchObject({ id: 1, result: { isError: true } });
    expect(await (await post({ id: 2, method: "test/received" }, session)).text()).not.toContain(
      "delete_all",
    );
    const [message, headers] = modernRequest(1, "tools/call", { name: "delete_all" });
    const named = { ...headers, "mcp-name": "delete_all" };
    expect(await (await post(message, named)).json()).toMatchObject({ result: { isError: true } });
    expect(await (await post(...modernRequest(2, "test/received"))).text()).not.toContain("delete_all");
    expect(await sidecar.metric("tollgate_tool_denials_total", { tool: "delete_all" })).toBe(2);
  });

  it("is shared by 1,000 clients that all use id 1, and each client receives only its own response", async () => {
    await start("puppet");
    const clients = Array.from({ length: 1_000 }, (_, client) => `client ${client}`);
    const heard = await Promise.all(
      clients.map(async (client) => {
        const answer = await post(...modernRequest(1, "test/echo", { client, together: 50 }));
        const { id, result } = JSON.parse(await answer.text());
        return [id, result.heard.params.client];
      }),
    );
    expect(heard).toEqual(clients.map((client) => [1, client]));
    expect(await sidecar.metric("tollgate_inflight_requests")).toBe(0);
  });

  it("appears in metrics and audit log like an HTTP server", async () => {
    await start("plain", { policy: POLICY });
    const session = await openSession();
    expect(await (await post(toolCall("safe", { a: 1 }), session)).text()).toContain('{\\"a\\":1}');
    expect(await sidecar.metric("tollgate_sessions")).toBe(1);
    expect(sidecar.audit()).toMatchObject([
      { tool: "safe", session: session["mcp-session-id"], upstream: { outcome: "success" } },
    ]);
    const duration = "mcp_client_operation_duration_seconds_count";
    const labels = { network_transport: "pipe", mcp_method_name: "tools/call" };
    expect(await sidecar.metric(duration, labels)).toBe(1);
  });

  it("that dies within a call causes an error for the caller, and its session is unknown afterwards", async () => {
    await start("dies-mid-call");
    const session = await openSession();
    const answer = await post(toolCall("echo"), session);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32_603 } });
    expect((await post(toolCall("echo"), session)).status).toBe(404);
    expect(await sidecar.metric("tollgate_sessions")).toBe(0);
    expect(sidecar.audit()[0]).toMatchObject({ upstream: { outcome: "upstream_error", status: 502 } });
    expect((await openSession())["mcp-session-id"]).not.toBe(session["mcp-session-id"]);
    await until(async () => (await ready()) === 200);
  });

  it("is ready while it runs and not ready after it exits; its restarts are counted", async () => {
    await start("puppet");
    await until(async () => (await ready()) === 200);
    const [message, headers] = modernRequest(1, "test/echo", { exit: 1 });
    expect((await post(message, headers)).status).toBe(502);
    expect(await ready()).toBe(503);
    expect(await sidecar.metric("tollgate_upstream_up")).toBe(0);
    await until(async () => (await ready()) === 200);
    expect(await sidecar.metric("tollgate_upstream_restarts_total")).toBe(1);
  });

  it("that exits at once makes the sidecar not ready, and requests are answered with 502", async () => {
    await start("dies-at-start");
    await until(async () => (await sidecar.metric("tollgate_upstream_restarts_total")) >= 1);
    expect(await ready()).toBe(503);
    expect((await post(INITIALIZE)).status).toBe(502);
  });

  it("that cannot be started prevents the sidecar from starting", async () => {
    await start("plain");
    await expect(startTestSidecar({ command: ["no-such-program"] })).rejects.toThrow(
      "`no-such-program` cannot be started",
    );
  });

  it("has at most max-children sessions: one more takes the place of the longest idle one, and each ends when it is idle", async () => {
    let steadyMs = 0;
    const clock = { wallMs: () => Date.now(), steadyMs: () => steadyMs };
    await start("plain", { clock, settings: { stdio: { maxChildren: 2, idleMs: 60_000 } } });
    const sessions = [await openSession(), await openSession()];
    expect((await post(INITIALIZE)).status).toBe(200);
    expect(await sidecar.metric("tollgate_sessions")).toBe(2);
    expect((await post(toolCall("echo"), sessions[0])).status).toBe(404);
    steadyMs = 60_000;
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
    expect((await post(toolCall("echo"), sessions[1])).status).toBe(404);
    await until(async () => (await post(INITIALIZE)).status === 200);
  });

  it("reads max-children and idle-ms from the settings file", async () => {
    await start("plain", { config: "stdio: { max-children: 1, idle-ms: 1000 }\n" });
    const session = await openSession();
    await openSession();
    expect((await post(toolCall("echo"), session)).status).toBe(404);
    await until(async () => (await sidecar.metric("tollgate_sessions")) === 0);
  });

  it("is stopped with all its processes when the sidecar stops", async () => {
    await start("puppet");
    const sessions = [await openSession(), await openSession()];
    const pids = await Promise.all(
      sessions.map(async (session) => {
        const text = await (await post({ id: 2, method: "test/received" }, session)).text();
        return Number(/"pid":(\d+)/.exec(text)?.[1]);
      }),
    );
    expect(pids.map(isRunning)).toEqual([true, true]);
    await sidecar.stop();
    expect(pids.map(isRunning)).toEqual([false, false]);
  });
});
