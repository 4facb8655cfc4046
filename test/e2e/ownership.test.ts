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
let seen: string[];
/** Whether the server responds by a stream. */
let asStream: boolean;

const MODERN = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };

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
  sidecar = await startSidecar({ upstream: upstream.url, config });
  await untilReady(sidecar);
});

/** A server that identifies tasks by their ids alone, for any caller. */
function answerOf({ method, params }: Sent): object {
  if (method === "tools/call" && params?.name === "modern")
    return { result: { resultType: "task", taskId: "task-1", status: "working" } };
  if (method === "tools/call") return { result: { task: { taskId: "task-1", status: "working" } } };
  if (method === "tasks/result") return { result: { content: [] } };
  if (params?.taskId === "unheard") return { error: { code: -32602, message: "Task not found" } };
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

    it.each(["tasks/get", "tasks/result"])(
      "without a known owner is forwarded, and then belongs to its first user (%s)",
      async (method) => {
        const ask = async (agent: string, taskId: string): Promise<unknown> =>
          (await post(agent, method, { taskId, ...more })).json();
        expect(await ask("alice", "from-before")).toHaveProperty("result");
        expect(await ask("mallory", "from-before")).toHaveProperty("error");
        expect(seen).toEqual([`${method} from-before`]);
      },
    );

    it("that the server does not know has no owner", async () => {
      for (const agent of ["mallory", "alice"])
        expect(await (await post(agent, "tasks/get", { taskId: "unheard", ...more })).json()).toHaveProperty(
          "error",
        );
      expect(seen).toEqual(["tasks/get unheard", "tasks/get unheard"]);
    });
  });
});
