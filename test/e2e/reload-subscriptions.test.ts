/** A client of the 2026 era that listens for tools hears of a reload that changes what it may see, and nobody else does. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modernRequest } from "../fixtures/bridge.ts";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { openResponse } from "../fixtures/open-loop.ts";
import { type DualEraServer, startDualEraServer } from "../fixtures/servers/dual-era.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";
import { type ClientV2, connectV2Over } from "./relay/client-v2.ts";

const CHANGED = "notifications/tools/list_changed";
const OPEN = JSON.stringify({ version: "1", default: "allow" });
const HIDING = JSON.stringify({ version: "1", default: "allow", hide: ["greet"] });

let folder: string;
let server: DualEraServer;
let sidecar: TestSidecar;
const clients: ClientV2[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-reload-"));
  for (const name of ["policy.json", "own.json"]) writeFileSync(join(folder, name), OPEN);
  server = await startDualEraServer();
  sidecar = await startTestSidecar({
    upstream: server.url,
    settings: {
      policy: join(folder, "policy.json"),
      agents: [{ match: "own-*", policy: join(folder, "own.json") }],
      identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } },
    },
  });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await sidecar.stop();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function connect(agent: string): Promise<ClientV2> {
  const requestInit = { headers: { "x-agent-id": agent } };
  const client = await connectV2Over(
    new StreamableHTTPClientTransport(new URL(sidecar.url), { requestInit }),
    "auto",
  );
  clients.push(client);
  return client;
}

function reload(policy: string): void {
  writeFileSync(join(folder, "own.json"), policy);
  sidecar.reload();
}

describe("a subscription of the 2026 era", () => {
  it("hears that its agent's tools are others, each time, where it asked for that", async () => {
    const [asking, other, deaf] = [await connect("own-bot"), await connect("bot"), await connect("own-two")];
    expect(await asking.listTools()).toContain("greet");
    await asking.sdk.listen({ toolsListChanged: true });
    await other.sdk.listen({ toolsListChanged: true });
    await deaf.sdk.listen({ resourceSubscriptions: ["test://watched-resource"] });
    reload(HIDING);
    await until(() => asking.notifications.length === 1);
    expect(await asking.listTools()).not.toContain("greet");
    reload(OPEN);
    await until(() => asking.notifications.length === 2);
    expect(asking.notifications).toEqual([CHANGED, CHANGED]);
    // What the server says afterwards has come after what we would have said before.
    await other.call("test_trigger_tool_change");
    await other.call("touch_watched_resource");
    await until(() => other.notifications.length > 0 && deaf.notifications.length > 0);
    expect(other.notifications).toEqual([CHANGED]);
    expect(deaf.notifications).toEqual(["notifications/resources/updated test://watched-resource"]);
    await until(() => asking.notifications.length === 3);
  });

  it("hears nothing any more when it has ended", async () => {
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

  it("hears it between two events and after the acknowledgement, under the id of its request", async () => {
    const streams: ServerResponse[] = [];
    const upstream = await serveOnLoopback((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        if (text.includes("tools/list"))
          return sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"greet"}]}}`);
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        streams.push(response);
      });
    });
    const raw = await startTestSidecar({
      upstream: upstream.url,
      settings: { policy: join(folder, "own.json") },
    });
    try {
      const post = async (id: number, method: string, params: object): Promise<IncomingMessage> => {
        const [message, headers] = modernRequest(id, method, params);
        return openResponse({ url: raw.url, message, headers });
      };
      (await post(1, "tools/list", {})).resume();
      await until(async () => (await raw.metric("tollgate_tools")) > 0);
      const answer = await post(7, "subscriptions/listen", { notifications: { toolsListChanged: true } });
      let heard = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
      const change = (policy: string): void => {
        writeFileSync(join(folder, "own.json"), policy);
        raw.reload();
      };
      change(HIDING);
      streams[0]?.write(`data: ${ACKNOWLEDGED}\n\ndata: {"jsonrpc":"2.0",`);
      await until(() => heard !== "");
      change(OPEN);
      streams[0]?.write(`"method":"notifications/progress"}\n\n`);
      await until(() => heard.includes("progress"));
      const ours = `{"jsonrpc":"2.0","method":"${CHANGED}","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}`;
      expect(heard).toBe(
        `data: ${ACKNOWLEDGED}\n\nevent: message\ndata: ${ours}\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n`,
      );
      answer.destroy();
    } finally {
      await raw.stop();
      upstream.close();
    }
  });
});

const ACKNOWLEDGED = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}`;
