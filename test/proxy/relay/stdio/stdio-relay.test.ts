import { DEFAULT_MESSAGE_BOUNDS } from "../../../../src/json/message-bounds.ts";
import { fieldsWith } from "../../../../src/mcp/message-fields.ts";
import { callerOf } from "../../../../src/enforcement/request.ts";
import { toolView } from "../../../../src/policy/tool-view.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { parsePolicyFile } from "../../../../src/config/files/policy-file.ts";
import { SYSTEM_CLOCK } from "../../../../src/enforcement/clock.ts";
import { MemoryCounters } from "../../../../src/enforcement/limits/memory-counters.ts";
import { Freezes } from "../../../../src/enforcement/freezes/freezes.ts";
import {
  createServerRequests,
  type ServerRequestRules,
} from "../../../../src/proxy/relay/server-request-rules.ts";
import { noApprovals } from "../../../fixtures/approvals.ts";
import { createEnforcer } from "../../../../src/enforcement/enforcer.ts";
import { combineObservers, type Ending, type Refusal } from "../../../../src/enforcement/observer.ts";
import { ChildError } from "../../../../src/proxy/upstream/child/child-error.ts";
import { StdioRelay } from "../../../../src/proxy/relay/stdio/stdio-relay.ts";
import { OpenTasks } from "../../../../src/proxy/sessions/open-tasks.ts";
import { ToolCatalog } from "../../../../src/proxy/tools/tool-catalog.ts";
import { lineUpstream } from "../../../../src/proxy/upstream/stdio.ts";

const COST = "result.structuredContent.cost";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["hidden"],
  methods: { "resources/read": { action: "deny" } },
  tools: {
    no: { action: "deny" },
    once: { limits: [{ counter: "once", window: "day", max: 1 }] },
    paid: { limits: [{ counter: "cost", window: "day", max: 5, increment_from: COST }] },
  },
};

/** A relay between two lists; `send` replaces the server's pipe, `rules` are the rules for the server's requests. */
function open(send?: (line: string) => Promise<void>, rules: ServerRequestRules = {}) {
  const file = parsePolicyFile(Buffer.from(JSON.stringify(POLICY)), "policy.json");
  if (!file.ok) throw new Error(file.problems.join("\n"));
  const toServer: string[] = [];
  const toClient: string[] = [];
  const endings: (Ending & { id: string })[] = [];
  const refusals: Refusal[] = [];
  const dropped: string[] = [];
  const observer = combineObservers(
    [
      {
        requestEnded: ({ rpcId }, ending) => endings.push({ id: rpcId, ...ending }),
        messageRefused: (refusal) => refusals.push(refusal),
      },
    ],
    (error) => {
      throw error;
    },
  );
  const enforcer = createEnforcer({
    digest: (text) => text,
    counters: new MemoryCounters(),
    approvals: noApprovals(),
    freezes: new Freezes(),
    clock: SYSTEM_CLOCK,
    onFailure: () => undefined,
  });
  const tools = new ToolCatalog({ policies: [file.policy], onListed: () => undefined });
  let id = 0;
  const relay = new StdioRelay({
    runtime: {
      clock: SYSTEM_CLOCK,
      messageBounds: DEFAULT_MESSAGE_BOUNDS,
      telemetry: { observer, propagate: () => undefined },
      enforcement: {
        enforcer,
        tools,
        policyFor: () => file.policy,
        answerFields: () => fieldsWith([{ path: COST, names: ["structuredContent", "cost"] }]),
        viewFor: (caller) => toolView(file.policy, callerOf(caller)),
      },
    },
    nextId: () => String((id += 1)),
    agent: { name: "local", source: "flag", verified: true },
    toClient: async (line) => {
      toClient.push(line.toString());
    },
    upstream: lineUpstream(
      send ??
        (async (line) => {
          toServer.push(line);
        }),
    ),
    serverRequests: createServerRequests(rules),
    tasks: new OpenTasks(SYSTEM_CLOCK.steadyMs),
    onDropped: (cause) => dropped.push(cause),
  });
  const fromClient = (message: object) => relay.fromClient(Buffer.from(JSON.stringify(message)));
  const fromServer = (message: object) => relay.fromServer(Buffer.from(JSON.stringify(message)));
  return { relay, toServer, toClient, endings, refusals, dropped, fromClient, fromServer };
}

const request = (id: unknown, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const call = (id: unknown, name: string) => request(id, "tools/call", { name, arguments: {} });
const result = (id: unknown, body: object = {}) => ({ jsonrpc: "2.0", id, result: body });

describe("a stdio relay", () => {
  it("refunds the limit of a call that could not be sent", async () => {
    let isGone = true;
    const { fromClient, toClient, endings } = open(async () => {
      if (isGone) throw new ChildError("gone", "the child takes no more lines");
    });
    await fromClient(call(1, "once"));
    expect(endings).toMatchObject([{ id: "1", outcome: "upstream_error", rpcCode: -32_603 }]);
    expect(toClient).toHaveLength(1);
    isGone = false;
    await fromClient(call(2, "once"));
    await fromClient(call(3, "once"));
    expect(toClient.slice(1)).toEqual([expect.stringContaining("[POLICY DENIED]")]);
    expect(toClient[1]).toContain('"id":3');
  });

  it("counts the amount of an answer, and of the result of a task, and refuses the next call", async () => {
    const { fromClient, fromServer, toClient } = open();
    await fromClient(call(1, "paid"));
    await fromServer(result(1, { structuredContent: { cost: 2 } }));
    await fromClient(call(2, "paid"));
    await fromServer(result(2, { task: { taskId: "t", status: "working" } }));
    await fromClient(request(3, "tasks/get", { taskId: "t" }));
    await fromServer(result(3, { taskId: "t", status: "completed" }));
    await fromClient(request(4, "tasks/result", { taskId: "t" }));
    await fromServer(result(4, { structuredContent: { cost: 3 } }));
    expect(toClient.join("")).not.toContain("DENIED");
    await fromClient(call(5, "paid"));
    expect(toClient.at(-1)).toContain("the budget of 5 is used up");
  });

  it("responds to a denied method with an error, and sends nothing to the server", async () => {
    const { fromClient, toServer, toClient } = open();
    await fromClient(request("r", "resources/read", { uri: "file:///x" }));
    expect(toServer).toEqual([]);
    expect(JSON.parse(toClient[0] ?? "")).toMatchObject({ id: "r", error: { code: 403 } });
  });

  it.each([
    [1, 1],
    ["1", "1"],
    ["é", "\u00e9"],
  ])("matches the response to the id %j by value, not by its spelling", async (asked, answered) => {
    const { fromClient, fromServer, toClient, endings } = open();
    await fromClient(request(asked, "ping"));
    await fromServer(result(answered));
    expect(endings).toMatchObject([{ outcome: "success" }]);
    expect(toClient).toHaveLength(1);
  });

  it("distinguishes a number id from a string id with the same digits", async () => {
    const { fromClient, fromServer, toClient, dropped } = open();
    await fromClient(request(1, "ping"));
    await fromClient(request("1", "ping"));
    await fromServer(result("1"));
    await fromServer(result(1));
    await fromServer(result("1"));
    expect({ toClient: toClient.map(String), dropped }).toEqual({
      toClient: ['{"jsonrpc":"2.0","id":"1","result":{}}', '{"jsonrpc":"2.0","id":1,"result":{}}'],
      dropped: ["unmatched"],
    });
  });

  it("filters the response to tools/list, and drops a second response", async () => {
    const { fromClient, fromServer, toClient, dropped } = open();
    const list = result(1, { tools: [{ name: "hidden" }, { name: "seen" }], more: 1.5 });
    await fromClient(request(1, "tools/list"));
    await fromServer(list);
    await fromServer(list);
    expect(toClient).toEqual(['{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"seen"}],"more":1.5}}']);
    expect(dropped).toEqual(["unmatched"]);
  });

  it("counts a call that has become a task when the task ends", async () => {
    const { fromClient, fromServer, toClient, endings } = open();
    const { params } = call(1, "slow");
    await fromClient(request(1, "tools/call", { ...params, task: { ttl: 60_000 } }));
    await fromServer(result(1, { task: { taskId: "t1", status: "working" } }));
    expect(toClient).toHaveLength(1);
    expect(endings).toEqual([]);
    await fromClient(request(2, "tasks/result", { taskId: "t1" }));
    await fromServer(result(2, { content: [], isError: true }));
    expect(endings).toMatchObject([
      { id: "1", outcome: "tool_error" },
      { id: "2", outcome: "tool_error" },
    ]);
  });

  it("counts a call when a notification reports the end of its task", async () => {
    const { fromClient, fromServer, toClient, endings } = open();
    const { params } = call(1, "slow");
    await fromClient(request(1, "tools/call", { ...params, task: {} }));
    await fromServer(result(1, { task: { taskId: "t1", status: "working" } }));
    const status = { taskId: "t1", status: "failed" };
    await fromServer({ jsonrpc: "2.0", method: "notifications/tasks/status", params: status });
    expect(toClient).toHaveLength(2);
    expect(endings).toMatchObject([{ id: "1" }]);
  });

  it("responds to a server's forbidden request with an error, and does not forward the request to the client", async () => {
    const { fromServer, toServer, toClient, refusals } = open(undefined, { "*": "deny" });
    await fromServer(request("s", "sampling/createMessage"));
    await fromServer(request("p", "ping"));
    expect(toServer.map((line) => JSON.parse(line))).toMatchObject([{ id: "s", error: { code: 403 } }]);
    expect(toClient).toEqual([JSON.stringify(request("p", "ping"))]);
    expect(refusals).toMatchObject([{ cause: "server_request" }]);
  });

  it("does not forward a result that contains a forbidden request of the server", async () => {
    const { fromClient, fromServer, toClient, refusals } = open(undefined, { "roots/list": "deny" });
    await fromClient(call(1, "asks"));
    const inputRequests = { r: { method: "roots/list" } };
    await fromServer(result(1, { resultType: "input_required", inputRequests }));
    expect(JSON.parse(toClient[0] ?? "")).toMatchObject({ id: 1, error: { code: 403 } });
    expect(refusals).toMatchObject([{ cause: "server_request" }]);
  });

  it("responds with an error when the server's tools/list cannot be read", async () => {
    const { relay, fromClient, toClient, endings } = open();
    await fromClient(request(1, "tools/list"));
    await relay.fromServer(
      Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden","name":"seen"}]}}'),
    );
    expect(JSON.parse(toClient[0] ?? "")).toMatchObject({ id: 1, error: { code: -32_603 } });
    expect(endings).toMatchObject([{ outcome: "upstream_error" }]);
  });

  it.each([
    ["no object", "[]"],
    ["no JSON", "hello"],
    ["no JSON-RPC", '{"level":"error","error":"x"}'],
    ["a log with the id of a request", '{"level":"error","id":1,"error":"x"}'],
    ["a result for a request that does not wait", '{"jsonrpc":"1.0","id":2,"result":{}}'],
  ])("drops a line that is %s", async (_, line) => {
    const { relay, fromClient, toClient, dropped } = open();
    await fromClient(request(1, "ping"));
    await relay.fromServer(Buffer.from(line));
    expect({ toClient, dropped }).toEqual({ toClient: [], dropped: ["not_json_rpc"] });
  });

  it.each([
    ["another version", '{"jsonrpc":"1.0","id":1,"result":{}}'],
    ["a request and an answer in one", '{"jsonrpc":"2.0","id":1,"method":"ping","result":{"tools":[]}}'],
    ["a result for nobody", '{"jsonrpc":"2.0","result":{}}'],
    ["neither", '{"jsonrpc":"2.0","id":1}'],
    ["a result without its end", '{"jsonrpc":"2.0","result":{"content":['],
  ])("drops a line that is %s, and answers the request that it was meant for", async (_, line) => {
    const { relay, fromClient, toClient, dropped } = open();
    await fromClient(request(1, "ping"));
    await relay.fromServer(Buffer.from(line));
    expect(dropped).toEqual(["not_json_rpc"]);
    expect(toClient.map((each): unknown => JSON.parse(each))).toMatchObject([
      { id: 1, error: { message: "The MCP server behind Tollgate sent an answer that cannot be read" } },
    ]);
  });

  it("answers no request by a line without an id while several wait", async () => {
    const { relay, fromClient, toClient } = open();
    await fromClient(request(1, "ping"));
    await fromClient(request(2, "ping"));
    await relay.fromServer(Buffer.from('{"jsonrpc":"2.0","result":{"content":['));
    expect(toClient).toEqual([]);
  });

  it("accepts an id again after the response to it", async () => {
    const { fromClient, fromServer, toClient, refusals } = open();
    for (let round = 0; round < 2; round += 1) {
      await fromClient(request(1, "ping"));
      await fromServer(result(1));
    }
    expect(toClient).toHaveLength(2);
    expect(refusals).toEqual([]);
  });

  it("refuses more than 10,000 concurrent requests", async () => {
    const { fromClient, toServer, refusals } = open();
    for (let id = 0; id <= 10_000; id += 1) await fromClient(request(id, "ping"));
    expect(toServer).toHaveLength(10_000);
    expect(refusals).toMatchObject([{ cause: "envelope", detail: "too many requests are under way" }]);
  });

  it("forwards no message with an agent's baggage", async () => {
    const { fromClient, toServer } = open();
    const params = { _meta: { baggage: "user=ada" } };
    await fromClient(request(1, "ping", params));
    await fromClient({ jsonrpc: "2.0", method: "notifications/progress", params });
    expect(toServer.map((line): unknown => JSON.parse(line))).toMatchObject([
      { params: { _meta: {} } },
      { params: { _meta: {} } },
    ]);
    expect(toServer.join()).not.toContain("baggage");
  });

  it("ends all open requests when the server exits, and responds to all but the cancelled ones", async () => {
    const { relay, fromClient, toClient, endings } = open();
    for (const id of [1, 2]) await fromClient(call(id, "free"));
    await fromClient({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await relay.end("upstream_error");
    await relay.end("upstream_error");
    expect(endings).toMatchObject([
      { id: "1", outcome: "cancelled" },
      { id: "2", outcome: "upstream_error" },
    ]);
    expect(toClient.map((line): unknown => JSON.parse(line))).toMatchObject([
      { id: 2, error: { code: -32_603 } },
    ]);
  });
});

describe("a cancelled request", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };

  it("ends as cancelled when its server does not answer in 5 seconds", async () => {
    const { fromClient, fromServer, endings, dropped } = open();
    await fromClient(call(1, "free"));
    await fromClient(cancel);
    vi.advanceTimersByTime(4_999);
    expect(endings).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(endings).toMatchObject([{ outcome: "cancelled" }]);
    await fromServer(result(1));
    expect(dropped).toEqual(["unmatched"]);
  });

  it("ends with the server's outcome when the server responds first", async () => {
    const { fromClient, fromServer, endings, toServer } = open();
    await fromClient(call(1, "free"));
    await fromClient(cancel);
    await fromServer(result(1));
    vi.advanceTimersByTime(10_000);
    expect(endings).toMatchObject([{ outcome: "success" }]);
    expect(toServer).toHaveLength(2);
  });
});

describe("a response of the server on stdio", () => {
  it.each([
    ["the id as a text", 7, `{"jsonrpc":"2.0","id":"7","result":{}}`, `{"jsonrpc":"2.0","id":7,"result":{}}`],
    [
      "a number for a text",
      "7",
      `{"jsonrpc":"2.0","id":7,"result":{}}`,
      `{"jsonrpc":"2.0","id":"7","result":{}}`,
    ],
  ])("is forwarded under the id of its request when it has %s", async (_name, id, line, expected) => {
    const { fromClient, relay, toClient } = open();
    await fromClient({ jsonrpc: "2.0", id, method: "ping" });
    await relay.fromServer(Buffer.from(line));
    expect(toClient.map(String)).toEqual([expected]);
  });

  it.each([
    ["NaN", `{"jsonrpc":"2.0","id":7,"result":{"a":NaN}}`],
    ["the id as a text, and NaN", `{"jsonrpc":"2.0","id":"7","result":{"a":NaN}}`],
  ])(
    "that cannot be read for %s is replaced by an error under the id of its request",
    async (_name, line) => {
      const { fromClient, relay, toClient, dropped } = open();
      await fromClient({ jsonrpc: "2.0", id: 7, method: "ping" });
      await relay.fromServer(Buffer.from(line));
      expect(toClient.map((text) => JSON.parse(String(text)))).toMatchObject([
        { id: 7, error: { code: -32_603, message: expect.stringContaining("cannot be read") } },
      ]);
      expect(dropped).toEqual(["not_json_rpc"]);
    },
  );
});
