import { beforeEach, describe, expect, it } from "vitest";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, type LoopbackServer, sendEvents } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const SAMPLING = `{"jsonrpc":"2.0","id":"s-1","method":"sampling/createMessage","params":{}}`;
const PING = `{"jsonrpc":"2.0","id":9,"method":"ping"}`;
const ROOTS_WANTED = `{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}},"requestState":"x"}}`;

let upstream: LoopbackServer;
let sidecar: TestSidecar | undefined;
/** POST requests: session and body. */
let posted: (readonly [string | string[] | undefined, string])[];

beforeEach(async () => {
  posted = [];
  upstream = await serve((text, response, { method, headers }) => {
    if (method === "GET") return sendEvents(response, event(SAMPLING, 7), event(PING, 8));
    posted.push([headers["mcp-session-id"], text]);
    if (text.includes(`"asks"`)) return sendEvents(response, event(SAMPLING, 1), event(EMPTY_RESULT, 2));
    if (text.includes(`"wants"`)) return ROOTS_WANTED;
    if (text.includes(`"streams"`)) return sendEvents(response, event(ROOTS_WANTED, 1));
    if (text.includes(`"long"`)) return longer(ROOTS_WANTED);
    return response.writeHead(202).end();
  });
});

function event(data: string, id: number): string {
  return `event: message\nid: ${id}\ndata: ${data}\n\n`;
}

/** Longer than the buffer of a response that need not be inspected. */
function longer(text: string): string {
  return text.replace(`"requestState":"x"`, `"requestState":"${"x".repeat(400_000)}"`);
}

async function start(rules: Record<string, "allow" | "deny">, flags = {}): Promise<TestSidecar> {
  sidecar = await startSidecar({ upstream: upstream.url, settings: { serverRequests: rules }, flags });
  return sidecar;
}

function call(tool: string): Promise<string> {
  const headers = { "mcp-session-id": "s1", accept: "text/event-stream" };
  return postForText(sidecar?.url ?? "", toolCall(tool), headers);
}

async function listen(): Promise<string> {
  return (await fetch(sidecar?.url ?? "", { headers: { accept: "text/event-stream" } })).text();
}

function refusals(): unknown[] {
  return (sidecar?.audit() ?? []).filter(({ reason }) => reason === "invalid_message");
}

describe("a request of the server that is denied", () => {
  it("does not reach the agent, whose call goes on; Tollgate responds to the server in its session", async () => {
    const { metric } = await start({ "sampling/createMessage": "deny" });
    expect(await call("asks")).toBe(
      `event: message\nid: 1\ndata: \n\nevent: message\nid: 2\ndata: ${EMPTY_RESULT}\n\n`,
    );
    await until(() => posted.length === 2);
    const [session, text] = posted[1] ?? [];
    expect([session, JSON.parse(text ?? "")]).toMatchObject(["s1", { id: "s-1", error: { code: 403 } }]);
    expect(refusals()).toHaveLength(1);
    expect(await metric("tollgate_messages_refused_total", { cause: "server_request" })).toBe(1);
    expect(await metric("tollgate_tool_calls_total", { outcome: "success" })).toBe(1);
  });

  it("is removed from the server's own stream, and nothing else", async () => {
    await start({ "*": "deny" });
    expect(await listen()).toBe(`event: message\nid: 7\ndata: \n\nevent: message\nid: 8\ndata: ${PING}\n\n`);
    await until(() => posted.length === 1);
  });

  it.each(["wants", "streams", "long"])("is not forwarded within a result (%s)", async (tool) => {
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
    expect(await call("asks")).toBe(event(SAMPLING, 1) + event(EMPTY_RESULT, 2));
    expect(refusals()).toEqual([]);
  });
});
