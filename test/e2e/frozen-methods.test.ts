/** A freeze stops every request of an agent but those by which it learns or ends something. */

import { beforeAll, describe, expect, it } from "vitest";
import { METHODS } from "../../src/mcp/methods.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar } from "../fixtures/start-sidecar.ts";

const PASSING = [
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/unsubscribe",
  "server/discover",
  "subscriptions/listen",
  "tasks/cancel",
  "tools/list",
];

let sidecar: TestSidecar;
let reached: string[] = [];

beforeAll(async () => {
  const upstream = await serve((body) => {
    reached.push(JSON.parse(body).method);
    return `{"jsonrpc":"2.0","id":1,"result":{}}`;
  });
  const file = temporaryFile("freezes.json", [{ agent: "frozen", reason: "stop" }, { tool: "run" }]);
  sidecar = await startSidecar({ upstream: upstream.url, settings: { ...AGENT_HEADER, freeze: { file } } });
});

async function send(agent: string, method: string, params: object = {}): Promise<string> {
  reached = [];
  return postForText(sidecar.url, { method, params }, { "x-agent-id": agent });
}

/** Sends a message without an id; returns the status. */
async function notify(agent: string, method: string): Promise<number> {
  reached = [];
  const response = await fetch(sidecar.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "x-agent-id": agent,
    },
    body: JSON.stringify({ jsonrpc: "2.0", method }),
  });
  await response.text();
  return response.status;
}

describe("a frozen agent", () => {
  const requests = [...METHODS, "vendor/do", "Ping", "resources/READ"].filter(
    (method) => !method.startsWith("notifications/") && method !== "tools/call",
  );

  it.each(requests)("may send %s only when that makes no server act", async (method) => {
    const answer = await send("frozen", method);
    if (PASSING.includes(method)) expect(answer).not.toContain('"reason":"frozen"');
    else expect(reached).toEqual([]);
  });

  it.each(["resources/read", "prompts/get", "tasks/result", "completion/complete", "vendor/do"])(
    "is refused %s, with the reason",
    async (method) => {
      const answer = await send("frozen", method, { uri: "file:///a", name: "p", taskId: "t" });
      if (method !== "tasks/result") expect(answer).toContain("[POLICY DENIED] stop. Rule: (frozen).");
      expect(reached).toEqual([]);
    },
  );

  it.each(["vendor/do", "Ping", "run", "resources/READ", "notification/x"])(
    "cannot send %s as a notification, without an id",
    async (method) => {
      expect(await notify("frozen", method)).toBe(400);
      expect(reached).toEqual([]);
    },
  );

  it.each([
    ["frozen", "notifications/initialized"],
    ["other", "vendor/do"],
  ])("and no other is stopped: agent %s may send %s as a notification", async (agent, method) => {
    await notify(agent, method);
    expect(reached).toEqual([method]);
  });

  it("does not stop another agent, and a frozen tool stops no other method", async () => {
    await send("other", "resources/read", { uri: "file:///a" });
    expect(reached).toEqual(["resources/read"]);
  });
});
