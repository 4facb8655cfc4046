/** The official clients of both SDK generations and a server of both eras, with the sidecar between them. */

import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { atEnd, startTollgate } from "../fixtures/lifetime.ts";
import { type DualEraServer, startDualEraServer } from "../fixtures/servers/dual-era.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { type ClientV1, connectV1 } from "./relay/client-v1.ts";
import { type ClientV2, connectV2 } from "./relay/client-v2.ts";
import { USER_ANSWER } from "./relay/relay-client.ts";
import { describeClients, itListsTools, itServesBothEras } from "./relay/suites.ts";

let server: DualEraServer;
let tollgate: RunningTollgate;

beforeAll(async () => {
  server = await startDualEraServer();
  atEnd(() => server.close());
  tollgate = await startTollgate({ upstream: server.url, flags: ["--log-level", "error"] });
});

describeClients(
  () => tollgate.url,
  (connection) => {
    itListsTools(connection, () => server.url);
    itServesBothEras(connection, () => Promise.resolve(server.observed));
  },
);

it("counts these calls in the sidecar", async () => {
  const metrics = await (await fetch(`${tollgate.adminUrl}/metrics`)).text();
  const calls = /^tollgate_tool_calls_total\{.*tool="greet".*outcome="success".*\} (\d+)$/m.exec(metrics);
  expect(Number(calls?.[1])).toBeGreaterThanOrEqual(3);
});

describe("a session of the 2025 era", () => {
  let client: ClientV1;

  beforeEach(async () => {
    client = await connectV1(tollgate.url);
  });

  afterEach(() => client.close());

  it("is notified of a resource until it unsubscribes", async () => {
    const uri = "test://watched-resource";
    await client.sdk.subscribeResource({ uri });
    await client.call("touch_watched_resource");
    const updated = `notifications/resources/updated ${uri}`;
    await vi.waitFor(() => expect(client.notifications).toContain(updated), 60_000);
    await client.sdk.unsubscribeResource({ uri });
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(
      () => expect(client.notifications).toContain("notifications/tools/list_changed"),
      60_000,
    );
    expect(client.notifications.filter((line) => line === updated)).toHaveLength(1);
  });

  it("gets log messages of its level", async () => {
    await client.sdk.setLoggingLevel("info");
    await client.call("test_tool_with_logging");
    expect(client.notifications).toEqual([
      "notifications/message Tool execution started",
      "notifications/message Tool processing data",
      "notifications/message Tool execution completed",
    ]);
  });

  it("gets no log messages below its level", async () => {
    await client.sdk.setLoggingLevel("error");
    await client.call("test_tool_with_logging");
    expect(client.notifications).toEqual([]);
  });

  it("gets the rest of a stream that was cut, after `Last-Event-ID`", async () => {
    const { resumedStreams } = server.observed;
    expect(await client.call("test_reconnection")).toBe("Reconnection test completed");
    expect(server.observed.resumedStreams).toBe(resumedStreams + 1);
  });

  it("ends with DELETE, and is unknown afterwards", async () => {
    const { deletedSessions } = server.observed;
    const headers = { "mcp-session-id": client.transport.sessionId ?? "", accept: "text/event-stream" };
    await client.transport.terminateSession();
    expect(server.observed.deletedSessions).toBe(deletedSessions + 1);
    expect((await fetch(tollgate.url, { headers })).status).toBe(404);
  });

  it("has the id that the server gave it", async () => {
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

  it("negotiates that era with the server", () => {
    expect(client.sdk.getNegotiatedProtocolVersion()).toBe("2026-07-28");
  });

  it("opens no session", async () => {
    const { openedSessions } = server.observed;
    await client.call("greet", { name: "Ada" });
    expect(server.observed.openedSessions).toBe(openedSessions);
  });

  it("gets the notifications that it subscribed to, and no others", async () => {
    const listening = await client.sdk.listen({
      toolsListChanged: true,
      resourceSubscriptions: ["test://watched-resource"],
    });
    await client.call("test_trigger_prompt_change");
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(
      () =>
        expect(client.notifications).toEqual([
          "notifications/resources/updated test://watched-resource",
          "notifications/tools/list_changed",
        ]),
      60_000,
    );
    await listening.close();
  });

  it("answers a request before a prompt", async () => {
    expect(await client.promptText("test_input_required_result_prompt", {})).toBe(
      `Context: ${USER_ANSWER.context}`,
    );
  });
});
