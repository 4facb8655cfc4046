import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServer, sendEvents, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const SAMPLING = `{"jsonrpc":"2.0","id":"s-1","method":"sampling/createMessage","params":{}}`;
const PING = `{"jsonrpc":"2.0","id":9,"method":"ping"}`;
const RESULT = `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`;
const ROOTS_WANTED = `{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}},"requestState":"x"}}`;

let upstream: LoopbackServer;
let sidecar: TestSidecar | undefined;
/** What came by POST: its session, and its text. */
let posted: (readonly [string | string[] | undefined, string])[];

beforeEach(async () => {
  posted = [];
  upstream = await serveOnLoopback((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      if (request.method === "GET") return sendEvents(response, event(SAMPLING, 7), event(PING, 8));
      posted.push([request.headers["mcp-session-id"], text]);
      if (text.includes(`"asks"`)) return sendEvents(response, event(SAMPLING, 1), event(RESULT, 2));
      if (text.includes(`"wants"`)) return sendJson(response, ROOTS_WANTED);
      if (text.includes(`"streams"`)) return sendEvents(response, event(ROOTS_WANTED, 1));
      if (text.includes(`"long"`)) return sendJson(response, longer(ROOTS_WANTED));
      response.writeHead(202).end();
    });
  });
});
afterEach(async () => {
  await sidecar?.stop();
  upstream.close();
});

function event(data: string, id: number): string {
  return `event: message\nid: ${id}\ndata: ${data}\n\n`;
}

/** Past what is held back where nothing must be read. */
function longer(text: string): string {
  return text.replace(`"requestState":"x"`, `"requestState":"${"x".repeat(400_000)}"`);
}

async function start(rules: Record<string, "allow" | "deny">, flags = {}): Promise<TestSidecar> {
  sidecar = await startTestSidecar({
    upstream: upstream.url,
    settings: { serverRequests: rules },
    flags,
  });
  return sidecar;
}

async function call(tool: string): Promise<string> {
  const answer = await fetch(sidecar?.url ?? "", {
    method: "POST",
    headers: { "content-type": "application/json", "mcp-session-id": "s1", accept: "text/event-stream" },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}"}}`,
  });
  return answer.text();
}

async function listen(): Promise<string> {
  return (await fetch(sidecar?.url ?? "", { headers: { accept: "text/event-stream" } })).text();
}

function refusals(): unknown[] {
  return (sidecar?.audit() ?? []).filter(({ reason }) => reason === "invalid_message");
}

describe("a request of the server that is denied", () => {
  it("does not reach the agent, whose call goes on; the server is answered in its session", async () => {
    const { metric } = await start({ "sampling/createMessage": "deny" });
    expect(await call("asks")).toBe(
      `event: message\nid: 1\ndata: \n\nevent: message\nid: 2\ndata: ${RESULT}\n\n`,
    );
    await until(() => posted.length === 2);
    const [session, text] = posted[1] ?? [];
    expect([session, JSON.parse(text ?? "")]).toMatchObject(["s1", { id: "s-1", error: { code: 403 } }]);
    expect(refusals()).toHaveLength(1);
    expect(await metric("tollgate_messages_refused_total", { cause: "server_request" })).toBe(1);
    expect(await metric("tollgate_tool_calls_total", { outcome: "success" })).toBe(1);
  });

  it("is cut out of the server's own stream, and nothing else is", async () => {
    await start({ "*": "deny" });
    expect(await listen()).toBe(`event: message\nid: 7\ndata: \n\nevent: message\nid: 8\ndata: ${PING}\n\n`);
    await until(() => posted.length === 1);
  });

  it.each(["wants", "streams", "long"])("is not passed on within a result (%s)", async (tool) => {
    await start({ "roots/list": "deny" });
    const text = await call(tool);
    const message: unknown = JSON.parse(/\{.*\}/.exec(text)?.[0] ?? "");
    expect(message).toMatchObject({ id: 1, error: { code: 403 } });
    expect(text).not.toContain("inputRequests");
    expect(refusals()).toHaveLength(1);
    expect(posted).toHaveLength(1);
  });
});

describe("a request of the server that is not denied", () => {
  it.each([
    ["without rules", {}, {}],
    ["when another method is denied", { "elicitation/create": "deny" }, {}],
    ["when it is named and the others are denied", { "sampling/createMessage": "allow", "*": "deny" }, {}],
    ["in shadow mode", { "*": "deny" }, { mode: "shadow" }],
  ] as const)("passes %s", async (_when, rules, flags) => {
    await start(rules, flags);
    expect(await call("asks")).toBe(event(SAMPLING, 1) + event(RESULT, 2));
    expect(refusals()).toEqual([]);
  });
});
