import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { countCrossings } from "../fixtures/crossings.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { sendEvents } from "../fixtures/loopback-server.ts";
import { post as postTo } from "../fixtures/post.ts";
import { type TestSidecar, untilReady } from "../fixtures/start-sidecar.ts";

const crossing = countCrossings("sessions, streams and tasks of another agent or user");
const reached = (): number => seen.length;

let issuer: Issuer;
let sidecar: TestSidecar;
let upstreamUrl: string;
let seen: string[];
/** Whether the server responds by a stream. */
let asStream: boolean;

const MODERN = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };

const STATUSES = ["task-1", "task-without-owner"].map((taskId) => {
  const params = { taskId, status: "working" };
  return `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tasks/status", params })}\n\n`;
});

interface Sent {
  readonly id: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly taskId?: string };
}

beforeAll(async () => {
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
});
beforeEach(async () => {
  seen = [];
  asStream = false;
  const upstream = await serve((text, response, request) => {
    if (request.method !== "POST") {
      seen.push(request.method ?? "");
      if (request.method === "GET") return sendEvents(response, ...STATUSES);
      return response.writeHead(200).end();
    }
    const message: Sent = JSON.parse(text);
    const { id, method, params } = message;
    seen.push(`${method} ${params?.taskId ?? ""}`);
    if (method === "initialize") response.setHeader("mcp-session-id", "s1");
    const body = JSON.stringify({ jsonrpc: "2.0", id, ...answerOf(message) });
    return asStream ? sendEvents(response, `data: ${body}\n\n`) : body;
  });
  const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}" }`;
  const config = `identity:\n  required: true\n  jwt: ${jwt}\n`;
  upstreamUrl = upstream.url;
  sidecar = await startSidecar({ upstream: upstreamUrl, config });
  await untilReady(sidecar);
});

/** A server that identifies tasks by their ids alone, for any caller. */
function answerOf({ method, params }: Sent): object {
  if (method === "tools/call" && params?.name === "modern")
    return { result: { resultType: "task", taskId: "task-1", status: "working" } };
  if (method === "tools/call") return { result: { task: { taskId: "task-1", status: "working" } } };
  if (method === "tasks/result") return { result: { content: [] } };
  if (method === "tasks/list") {
    const tasks = ["task-1", "task-of-another"].map((taskId) => ({ taskId, status: "working" }));
    return { result: { tasks, nextCursor: "2" } };
  }
  return { result: { taskId: params?.taskId, status: "completed" } };
}

/** Whether `alice` and `mallory` are two agents, or two users of one agent. */
let are: "agents" | "users";

function tokenOf(name: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return are === "agents"
    ? issuer.token(name, { claims })
    : issuer.token("desktop", { claims: { sub: name, ...claims } });
}

async function post(
  agent: string,
  method: string,
  params: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = `Bearer ${await tokenOf(agent)}`;
  return postTo(sidecar.url, { id: 7, method, params }, { authorization, ...headers });
}

/** The text of the stream that a GET opens. */
async function serverStream(agent: string): Promise<string> {
  const headers = { authorization: `Bearer ${await tokenOf(agent)}`, accept: "text/event-stream" };
  return (await fetch(sidecar.url, { headers })).text();
}

/** Opens a session of alice; the header that names it, as her client sees it. */
async function openSession(): Promise<Record<string, string>> {
  const response = await post("alice", "initialize", { protocolVersion: "2025-11-25" });
  await response.text();
  return { "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

describe.each(["agents", "users"] as const)("between %s", (kind) => {
  beforeEach(() => {
    are = kind;
  });

  describe("a session of one of them", () => {
    it.each(["POST", "GET", "DELETE"])("cannot be used by another agent (%s)", async (method) => {
      const session = await openSession();
      const headers = { authorization: `Bearer ${await tokenOf("mallory")}`, ...session };
      seen = [];
      const response = await crossing(reached, () =>
        method === "POST"
          ? post("mallory", "tools/call", { name: "x" }, headers)
          : fetch(sidecar.url, { method, headers }),
      );
      expect(response.status).toBe(404);
      expect(seen).toEqual([]);
      expect(sidecar.audit().at(-1)).toMatchObject({
        ...(are === "agents" ? { agent: { name: "mallory", verified: true } } : { user: "mallory" }),
        refusal: { cause: "ownership" },
      });
      const own = await post("alice", "tools/list", {}, session);
      expect(own.status).toBe(200);
    });

    it("stays the agent's with another of its tokens", async () => {
      const session = await openSession();
      const renewed = await tokenOf("alice", { jti: "renewed" });
      const headers = { authorization: `Bearer ${renewed}`, ...session };
      expect((await post("alice", "ping", {}, headers)).status).toBe(200);
    });
  });

  describe.each(["legacy", "modern"])("a task of one of them (%s)", (era) => {
    const more = era === "modern" ? MODERN : {};

    async function open(): Promise<void> {
      await (await post("alice", "tools/call", { name: era, task: {}, ...more })).text();
      seen = [];
    }

    it.each(["tasks/get", "tasks/result", "tasks/cancel", "tasks/update", "tasks/anything"])(
      "cannot be used by another agent (%s)",
      async (method) => {
        await open();
        const response = await crossing(reached, () =>
          post("mallory", method, { taskId: "task-1", ...more }),
        );
        expect(response.status).toBe(200);
        expect(await response.json()).toEqual({
          jsonrpc: "2.0",
          id: 7,
          error: { code: -32602, message: "Task not found" },
        });
        expect(seen).toEqual([]);
        expect(await sidecar.metric("tollgate_messages_refused_total", { cause: "ownership" })).toBe(1);
        expect(await (await post("alice", method, { taskId: "task-1", ...more })).json()).toHaveProperty(
          "result",
        );
      },
    );

    it("belongs to its agent when the response that opened it was a stream", async () => {
      asStream = true;
      await open();
      const response = await crossing(reached, () =>
        post("mallory", "tasks/get", { taskId: "task-1", ...more }),
      );
      expect(await response.text()).toContain("Task not found");
      expect(seen).toEqual([]);
    });

    it("is not reached by an id that is no text", async () => {
      await open();
      const response = await crossing(reached, () =>
        post("mallory", "tasks/get", { taskId: ["task-1"], ...more }),
      );
      expect(await response.json()).toMatchObject({ error: { code: -32_600 } });
      expect(seen).toEqual([]);
    });

    it.each(["tasks/get", "tasks/result", "tasks/cancel", "Tasks/Get"])(
      "that this process has not seen belongs to no caller (%s)",
      async (method) => {
        for (const agent of ["alice", "mallory"]) {
          const response = await crossing(reached, () => post(agent, method, { taskId: "unseen", ...more }));
          expect(await response.json()).toMatchObject({ error: { message: "Task not found" } });
        }
        expect(seen).toEqual([]);
      },
    );

    it.each([
      ["tasks/get", { taskId: ["task-1"] }],
      ["tasks/anything", { taskId: ["task-1"] }],
      ["tasks/anything", { taskId: { id: "task-1" } }],
      ["TASKS/GET", { taskId: "task-1" }],
      ["subscriptions/listen", { notifications: { taskIds: ["task-1"] } }],
      ["subscriptions/listen", { notifications: { taskIds: ["own", "task-1"] } }],
      ["subscriptions/listen", { notifications: { taskIds: "task-1" } }],
      ["subscriptions/listen", { notifications: { taskIds: [["task-1"]] } }],
      ["subscriptions/listen", { notifications: { TaskIDs: ["task-1"] } }],
      ["subscriptions/listen", { Notifications: { taskIds: ["task-1"] } }],
      ["subscriptions/listen", { taskIds: ["task-1"] }],
      ["subscriptions/listen", { notifications: { taskIds: Array.from({ length: 65 }, () => "task-1") } }],
      ["tools/call", { name: "x", task: { taskId: "task-1" } }],
      ["prompts/get", { name: "x", _meta: { "io.modelcontextprotocol/related-task": { taskId: "task-1" } } }],
    ])("is not reached by another agent in another form: %s %j", async (method, params) => {
      await open();
      const response = await crossing(reached, () => post("mallory", method, { ...more, ...params }));
      expect(await response.text()).toMatch(/Task not found|not a string/);
      expect(seen).toEqual([]);
    });

    it("can be subscribed to by its owner", async () => {
      await open();
      const notifications = { toolsListChanged: true, taskIds: ["task-1"] };
      await (await post("alice", "subscriptions/listen", { notifications, ...more })).text();
      expect(seen).toEqual(["subscriptions/listen "]);
    });

    it("that the client made for the server is named in its notifications", async () => {
      const message = { method: "notifications/tasks/status", params: { taskId: "unseen", ...more } };
      const text = JSON.stringify({ jsonrpc: "2.0", ...message });
      await postTo(sidecar.url, text, { authorization: `Bearer ${await tokenOf("alice")}` });
      expect(seen).toEqual(["notifications/tasks/status unseen"]);
    });
  });

  describe.each([false, true])("a list of tasks", (inStream) => {
    it(`shows each of them its own alone (${inStream ? "stream" : "json"})`, async () => {
      await (await post("alice", "tools/call", { name: "legacy", task: {} })).text();
      asStream = inStream;
      const listed = async (agent: string): Promise<string> => (await post(agent, "tasks/list", {})).text();
      expect(await listed("alice")).toContain(
        `{"tasks":[{"taskId":"task-1","status":"working"}],"nextCursor":"2"}`,
      );
      expect(await listed("mallory")).toContain(`{"tasks":[],"nextCursor":"2"}`);
    });
  });

  it("the status of a task is not told on the stream of another", async () => {
    await (await post("alice", "tools/call", { name: "legacy", task: {} })).text();
    expect(await serverStream("alice")).toContain("task-1");
    expect(await serverStream("mallory")).not.toContain("task-1");
    expect(await serverStream("mallory")).toContain("task-without-owner");
  });
});

describe("where no credential names the callers", () => {
  it("a task that this process has not seen is for the server to decide", async () => {
    const open = await startSidecar({ upstream: upstreamUrl });
    const response = await postTo(open.url, { id: 7, method: "tasks/get", params: { taskId: "unseen" } }, {});
    expect(await response.json()).toHaveProperty("result");
    expect(await (await postTo(open.url, { id: 7, method: "tasks/list", params: {} }, {})).text()).toContain(
      "task-of-another",
    );
  });
});
