/** Lists of Tollgate's own: a request of the modern era, or a legacy session that is closed at once. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { requestOwnList } from "../../../src/proxy/tools/own-list.ts";
import { UpstreamHttp } from "../../../src/proxy/upstream/http.ts";
import {
  type LoopbackServer,
  readBody,
  sendEvents,
  sendJson,
  serveOnLoopback,
} from "../../fixtures/loopback-server.ts";

interface Received {
  readonly method: string;
  readonly http: string | undefined;
  readonly session: string | undefined;
  readonly id: unknown;
  readonly cursor: string | undefined;
  readonly isModern: boolean;
}

let server: LoopbackServer | undefined;
afterEach(() => server?.close());

type Answer = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

async function listOf(answer: Answer, maxBytes = 1_000_000, timeoutMs = 5_000) {
  const seen: Received[] = [];
  server = await serveOnLoopback((request, response) => {
    void readBody(request).then((text) => {
      const message = text === "" ? {} : JSON.parse(text);
      const received = {
        method: message.method ?? "",
        http: request.method,
        session: request.headers["mcp-session-id"]?.toString(),
        id: message.id,
        cursor: message.params?.cursor,
        isModern: request.headers["mcp-method"] !== undefined,
      };
      seen.push(received);
      answer(received, response, request);
    });
  });
  const upstream = new UpstreamHttp({
    url: new URL(server.url),
    connectMs: 1_000,
    idleMs: 5_000,
    maxAgeMs: 60_000,
  });
  const pages = await requestOwnList({ upstream, version: "1", maxBytes, timeoutMs });
  upstream.close();
  return {
    pages: pages?.map((page) => JSON.parse(page).result.tools.map((tool: { name: string }) => tool.name)),
    seen,
  };
}

function result(id: unknown, value: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: value });
}

const TOOLS = { tools: [{ name: "a", inputSchema: {} }] };

/** A legacy server: it knows nothing of the modern era, and wants a session. */
const legacy: Answer = ({ method, http, session, id, isModern, cursor }, response) => {
  if (http === "DELETE") response.writeHead(204).end();
  else if (isModern || (method !== "initialize" && session !== "s1")) sendJson(response, "no session", 400);
  else if (method === "initialize") {
    response.setHeader("mcp-session-id", "s1");
    sendJson(response, result(id, { protocolVersion: "2025-03-26", capabilities: {} }));
  } else if (id === undefined) response.writeHead(202).end();
  else if (cursor === undefined) sendJson(response, result(id, { ...TOOLS, nextCursor: "2" }));
  else
    sendEvents(
      response,
      ": hi\n\n",
      `data: {"jsonrpc":"2.0","method":"x"}\n\n`,
      `data: ${result(`${String(id)}`, TOOLS)}\n\n`,
    );
};

describe("a list of Tollgate's own", () => {
  it("is one request to a modern server", async () => {
    const { pages, seen } = await listOf(({ id }, response) => sendJson(response, result(id, TOOLS)));
    expect(pages).toEqual([["a"]]);
    expect(seen).toMatchObject([{ method: "tools/list", isModern: true, session: undefined }]);
  });

  it("is a session of its own on a legacy server, which is closed at once", async () => {
    const { pages, seen } = await listOf(legacy);
    expect(pages).toEqual([["a"], ["a"]]);
    expect(seen.slice(1).map(({ http, method, session }) => [http, method, session])).toEqual([
      ["POST", "initialize", undefined],
      ["POST", "notifications/initialized", "s1"],
      ["POST", "tools/list", "s1"],
      ["POST", "tools/list", "s1"],
      ["DELETE", "", "s1"],
    ]);
  });

  it("closes its session when the list is refused", async () => {
    const { pages, seen } = await listOf((received, response, request) =>
      received.method === "tools/list" && !received.isModern
        ? sendJson(
            response,
            JSON.stringify({ jsonrpc: "2.0", id: received.id, error: { code: -1, message: "no" } }),
          )
        : legacy(received, response, request),
    );
    expect(pages).toBeUndefined();
    expect(seen.at(-1)).toMatchObject({ http: "DELETE", session: "s1" });
  });

  it.each<[string, Answer]>([
    ["refuses a caller without a credential", (_, response) => sendJson(response, "{}", 401)],
    ["answers with text", (_, response) => sendJson(response, "hello")],
    [
      "ends the stream without a response",
      (_, response) => sendEvents(response, "data: {}\n\n", "data: x\n\n"),
    ],
    ["breaks the connection", (_, response) => response.destroy()],
    [
      "never ends its list",
      ({ id }, response) => sendJson(response, result(id, { ...TOOLS, nextCursor: "x" })),
    ],
    [
      "answers with a larger list than is read",
      ({ id }, response) => sendJson(response, result(id, { tools: ["x".repeat(2_000)] })),
    ],
    [
      "streams a larger list than is read",
      (_, response) => sendEvents(response, `data: ${"x".repeat(2_000)}\n\n`),
    ],
  ])("is absent when the server %s", async (_, answer) => {
    expect((await listOf(answer, 1_000)).pages).toBeUndefined();
  });

  it("is given up when the server does not answer in time", async () => {
    const answers: ServerResponse[] = [];
    expect((await listOf((_, response) => void answers.push(response), 1_000, 20)).pages).toBeUndefined();
    expect(answers.length).toBeGreaterThan(0);
  });
});
