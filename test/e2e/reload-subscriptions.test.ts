/** A reload that changes the visible tools notifies the subscribed clients of the 2026 era, and no others. */

import { writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { beforeEach, describe, expect, it } from "vitest";
import { modernRequest } from "../fixtures/bridge.ts";
import { atEnd, serve, startSidecar, temporaryFolder } from "../fixtures/lifetime.ts";
import { openResponse } from "../fixtures/open-loop.ts";
import { startDualEraServer } from "../fixtures/servers/dual-era.ts";
import { AGENT_HEADER, type TestSidecar, until } from "../fixtures/start-sidecar.ts";
import { type ClientV2, connectV2Over } from "./relay/client-v2.ts";

const CHANGED = "notifications/tools/list_changed";
const OPEN = JSON.stringify({ version: "1", default: "allow" });
const HIDING = JSON.stringify({ version: "1", default: "allow", hide: ["greet"] });

let folder: string;
let sidecar: TestSidecar;

beforeEach(async () => {
  folder = temporaryFolder();
  for (const name of ["policy.json", "own.json"]) writeFileSync(join(folder, name), OPEN);
  const server = await startDualEraServer();
  atEnd(() => server.close());
  sidecar = await startSidecar({
    upstream: server.url,
    settings: {
      policy: join(folder, "policy.json"),
      agents: [{ match: "own-*", policy: join(folder, "own.json") }],
      ...AGENT_HEADER,
    },
  });
});

async function connect(agent: string): Promise<ClientV2> {
  const requestInit = { headers: { "x-agent-id": agent } };
  const client = await connectV2Over(
    new StreamableHTTPClientTransport(new URL(sidecar.url), { requestInit }),
    "auto",
  );
  atEnd(() => client.close());
  return client;
}

function reload(policy: string, running = sidecar): void {
  writeFileSync(join(folder, "own.json"), policy);
  running.reload();
}

describe("a subscription of the 2026 era", () => {
  it("is notified of each change of its agent's tools, if it asked for that", async () => {
    const [asking, other, unsubscribed] = [
      await connect("own-bot"),
      await connect("bot"),
      await connect("own-two"),
    ];
    expect(await asking.listTools()).toContain("greet");
    await asking.sdk.listen({ toolsListChanged: true });
    await other.sdk.listen({ toolsListChanged: true });
    await unsubscribed.sdk.listen({ resourceSubscriptions: ["test://watched-resource"] });
    reload(HIDING);
    await until(() => asking.notifications.length === 1);
    expect(await asking.listTools()).not.toContain("greet");
    reload(OPEN);
    await until(() => asking.notifications.length === 2);
    expect(asking.notifications).toEqual([CHANGED, CHANGED]);
    // Wait for later messages of the server: a notification by Tollgate would have come before them.
    await other.call("test_trigger_tool_change");
    await other.call("touch_watched_resource");
    await until(() => other.notifications.length > 0 && unsubscribed.notifications.length > 0);
    expect(other.notifications).toEqual([CHANGED]);
    expect(unsubscribed.notifications).toEqual(["notifications/resources/updated test://watched-resource"]);
    await until(() => asking.notifications.length === 3);
  });

  it("is not notified after its end", async () => {
    const client = await connect("own-bot");
    await client.listTools();
    const listening = await client.sdk.listen({ toolsListChanged: true });
    await until(async () => (await sidecar.metric("tollgate_streams")) === 1);
    await listening.close();
    await until(async () => (await sidecar.metric("tollgate_streams")) === 0);
    reload(HIDING);
    expect(await client.listTools()).not.toContain("greet");
    expect(client.notifications).toEqual([]);
  });

  it("is notified between two events and after the acknowledgement, under the id of its request", async () => {
    const streams: ServerResponse[] = [];
    const upstream = await serve((text, response) => {
      if (text.includes("tools/list"))
        return `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"greet"}]}}`;
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return void streams.push(response);
    });
    const raw = await startSidecar({
      upstream: upstream.url,
      settings: { policy: join(folder, "own.json") },
    });
    const post = async (id: number, method: string, params: object): Promise<IncomingMessage> => {
      const [message, headers] = modernRequest(id, method, params);
      return openResponse({ url: raw.url, message, headers });
    };
    (await post(1, "tools/list", {})).resume();
    await until(async () => (await raw.metric("tollgate_tools")) > 0);
    const answer = await post(7, "subscriptions/listen", { notifications: { toolsListChanged: true } });
    let received = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
    reload(HIDING, raw);
    streams[0]?.write(`data: ${ACKNOWLEDGED}\n\ndata: {"jsonrpc":"2.0",`);
    await until(() => received !== "");
    reload(OPEN, raw);
    streams[0]?.write(`"method":"notifications/progress"}\n\n`);
    await until(() => received.includes("progress"));
    const ours = `{"jsonrpc":"2.0","method":"${CHANGED}","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}`;
    expect(received).toBe(
      `data: ${ACKNOWLEDGED}\n\nevent: message\ndata: ${ours}\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n`,
    );
    answer.destroy();
  });
});

const ACKNOWLEDGED = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}`;
