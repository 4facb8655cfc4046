/** What the official clients of both SDK generations and a server of both eras say to each other, through the sidecar. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { DualEraServer } from "../fixtures/servers/dual-era.ts";
import { startDualEraServer } from "../fixtures/servers/dual-era.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { startTollgateProcess } from "../fixtures/start-tollgate.ts";
import type { ClientV1 } from "./relay/client-v1.ts";
import { connectV1 } from "./relay/client-v1.ts";
import type { ClientV2 } from "./relay/client-v2.ts";
import { connectV2 } from "./relay/client-v2.ts";
import type { RelayClient } from "./relay/relay-client.ts";
import { MODEL_ANSWER, USER_ANSWER } from "./relay/relay-client.ts";

let server: DualEraServer;
let tollgate: RunningTollgate;

beforeAll(async () => {
  server = await startDualEraServer();
  tollgate = await startTollgateProcess({ upstream: server.url, flags: ["--log-level", "error"] });
});

afterAll(async () => {
  await tollgate.stop();
  await server.close();
});

const CLIENTS: readonly { readonly name: string; readonly connect: (url: string) => Promise<RelayClient> }[] =
  [
    { name: "client 1.x", connect: (url) => connectV1(url) },
    { name: "client 2.x, 2025-11-25", connect: (url) => connectV2(url, "legacy") },
    { name: "client 2.x, 2026-07-28", connect: (url) => connectV2(url, "auto") },
  ];

describe.each(CLIENTS)("$name", ({ connect }) => {
  let client: RelayClient;

  beforeEach(async () => {
    client = await connect(tollgate.url);
  });

  afterEach(() => client.close());

  it("lists the tools that the server has", async () => {
    const direct = await connect(server.url);
    expect(await client.listTools()).toEqual(await direct.listTools());
    await direct.close();
  });

  it("gets the result of a call", async () => {
    expect(await client.call("greet", { name: "Ada" })).toBe("Hello, Ada!");
  });

  it("answers for its model inside a call", async () => {
    expect(await client.call("test_sampling", { prompt: "six by nine" })).toContain(MODEL_ANSWER);
  });

  it("answers for its user inside a call", async () => {
    expect(await client.call("test_elicitation", { message: "who?" })).toContain(USER_ANSWER.email);
  });

  it("answers round after round", async () => {
    expect(await client.call("test_input_required_result_multi_round")).toBe("state-ok after 2 rounds");
  });

  it("answers three requests of one round", async () => {
    expect(await client.call("test_input_required_result_multiple_inputs")).toBe("state-ok after 1 rounds");
  });

  it("sees progress while the call runs", async () => {
    const seen: number[] = [];
    let isDone = false;
    const call = client.call(
      "test_tool_with_progress",
      {},
      { onProgress: (progress) => seen.push(progress) },
    );
    const done = call.then(() => (isDone = true));
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { interval: 1 });
    expect(isDone).toBe(false);
    await done;
    expect(seen).toEqual([0, 50, 100]);
  });

  it("cancels a call in the server", async () => {
    const { waitingCalls, abortedCalls } = server.observed;
    const abort = new AbortController();
    const call = client.call("wait_for_cancel", {}, { signal: abort.signal });
    await vi.waitFor(() => expect(server.observed.waitingCalls).toBe(waitingCalls + 1));
    abort.abort();
    await expect(call).rejects.toThrow(/abort/i);
    await vi.waitFor(() => expect(server.observed.abortedCalls).toBe(abortedCalls + 1));
  });

  it("reads a resource", async () => {
    expect(await client.readText("test://template/7/data")).toContain('"id":"7"');
  });

  it("gets a prompt", async () => {
    const prompt = await client.promptText("test_prompt_with_arguments", { arg1: "left", arg2: "right" });
    expect(prompt).toBe("Prompt with arguments: arg1='left', arg2='right'");
  });

  it("completes an argument", async () => {
    expect(await client.completions("test_prompt_with_arguments", "arg1", "par")).toEqual(["paris", "parma"]);
  });

  it("hears of an unknown tool what the server says of it", async () => {
    await expect(client.call("no_such_tool")).rejects.toThrow(/Unknown tool: no_such_tool/);
  });
});

it("counts these calls in the sidecar: they went through it", async () => {
  const metrics = await (await fetch(`${tollgate.adminUrl}/metrics`)).text();
  const calls = /^tollgate_tool_calls_total\{.*tool="greet".*outcome="success".*\} (\d+)$/m.exec(metrics);
  expect(Number(calls?.[1])).toBeGreaterThanOrEqual(CLIENTS.length);
});

describe("a session of the 2025 era", () => {
  let client: ClientV1;

  beforeEach(async () => {
    client = await connectV1(tollgate.url);
  });

  afterEach(() => client.close());

  it("hears of a resource that it subscribed to, and no longer after it unsubscribed", async () => {
    const uri = "test://watched-resource";
    await client.sdk.subscribeResource({ uri });
    await client.call("touch_watched_resource");
    const updated = `notifications/resources/updated ${uri}`;
    await vi.waitFor(() => expect(client.notifications).toContain(updated));
    await client.sdk.unsubscribeResource({ uri });
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(() => expect(client.notifications).toContain("notifications/tools/list_changed"));
    expect(client.notifications.filter((line) => line === updated)).toHaveLength(1);
  });

  it("hears the log at its level", async () => {
    await client.sdk.setLoggingLevel("info");
    await client.call("test_tool_with_logging");
    expect(client.notifications).toEqual([
      "notifications/message Tool execution started",
      "notifications/message Tool processing data",
      "notifications/message Tool execution completed",
    ]);
  });

  it("hears no log below its level", async () => {
    await client.sdk.setLoggingLevel("error");
    await client.call("test_tool_with_logging");
    expect(client.notifications).toEqual([]);
  });

  it("gets the rest of a stream that was cut, after `Last-Event-ID`", async () => {
    const { resumedStreams } = server.observed;
    expect(await client.call("test_reconnection")).toBe("Reconnection test completed");
    expect(server.observed.resumedStreams).toBe(resumedStreams + 1);
  });

  it("ends with DELETE, and is lost then", async () => {
    const { deletedSessions } = server.observed;
    const headers = { "mcp-session-id": client.transport.sessionId ?? "", accept: "text/event-stream" };
    await client.transport.terminateSession();
    expect(server.observed.deletedSessions).toBe(deletedSessions + 1);
    expect((await fetch(tollgate.url, { headers })).status).toBe(404);
  });

  it("is a session of the server, under the server's own id", async () => {
    const { openedSessions } = server.observed;
    const another = await connectV1(tollgate.url);
    expect(server.observed.openedSessions).toBe(openedSessions + 1);
    expect(another.transport.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    await another.close();
  });
});

describe("a client of the 2026 era", () => {
  let client: ClientV2;

  beforeEach(async () => {
    client = await connectV2(tollgate.url, "auto");
  });

  afterEach(() => client.close());

  it("finds out that the server speaks it", () => {
    expect(client.sdk.getNegotiatedProtocolVersion()).toBe("2026-07-28");
  });

  it("opens no session", async () => {
    const { openedSessions } = server.observed;
    await client.call("greet", { name: "Ada" });
    expect(server.observed.openedSessions).toBe(openedSessions);
  });

  it("hears what it listens for, and nothing else", async () => {
    const listening = await client.sdk.listen({
      toolsListChanged: true,
      resourceSubscriptions: ["test://watched-resource"],
    });
    await client.call("test_trigger_prompt_change");
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(() =>
      expect(client.notifications).toEqual([
        "notifications/resources/updated test://watched-resource",
        "notifications/tools/list_changed",
      ]),
    );
    await listening.close();
  });

  it("is asked before a prompt", async () => {
    expect(await client.promptText("test_input_required_result_prompt", {})).toBe(
      `Context: ${USER_ANSWER.context}`,
    );
  });
});
