/** Tasks keep their owner over restarts and replicas: sidecars with one store, each of which has seen none of the others' tasks. */

import { beforeEach, describe, expect, it } from "vitest";
import { countCrossings } from "../fixtures/crossings.ts";
import { atEnd, serve, startSidecar } from "../fixtures/lifetime.ts";
import { type LoopbackServer, sendEvents } from "../fixtures/loopback-server.ts";
import { post } from "../fixtures/post.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { AGENT_HEADER, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const crossing = countCrossings("tasks over restarts and replicas");

let redis: RedisServer;
let upstream: LoopbackServer;
/** Requests about tasks that reached the server. */
let asked: number;
let asStream: boolean;
let made: number;

beforeEach(async () => {
  [asked, made, asStream] = [0, 0, false];
  redis = await startRedis();
  atEnd(redis.stop);
  upstream = await serve((text, response) => {
    const { id, method, params } = JSON.parse(text);
    if (method !== "tools/call") asked += 1;
    const task = {
      taskId: method === "tools/call" ? `task-${(made += 1)}` : params.taskId,
      status: "working",
    };
    const isLegacyCall = method === "tools/call" && params.name === "legacy";
    const result = isLegacyCall ? { task } : { resultType: "task", ...task };
    const body = JSON.stringify({ jsonrpc: "2.0", id, result });
    return asStream ? sendEvents(response, `data: ${body}\n\n`) : body;
  });
});

function start(): Promise<TestSidecar> {
  const config = JSON.stringify({ limits: { url: redis.url, "timeout-ms": 1_000 } });
  return startSidecar({ upstream: upstream.url, config, settings: AGENT_HEADER });
}

type Names = Readonly<Record<string, string>>;
const ANN: Names = { "x-agent-id": "desktop", "x-user-id": "ann" };
const OTHERS: readonly Names[] = [
  { "x-agent-id": "desktop", "x-user-id": "bob" },
  { "x-agent-id": "desktop" },
  { "x-agent-id": "batch", "x-user-id": "ann" },
  { "x-agent-id": "batch" },
  {},
];
const MODERN = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };

async function ask({ url }: TestSidecar, names: Names, method: string, params: object): Promise<string> {
  return (await post(url, { id: 1, method, params }, names)).text();
}

describe.each(["legacy", "modern"])("in the %s era", (era) => {
  const more = era === "modern" ? MODERN : {};

  describe.each(["a restart", "another replica"])("after %s", (after) => {
    it.each([false, true])("a task stays its owner's (in a stream: %s)", async (inStream) => {
      asStream = inStream;
      const first = await start();
      const opened = await ask(first, ANN, "tools/call", { name: era, ...more });
      const taskId = /"taskId":"([^"]+)"/.exec(opened)?.[1] ?? "";
      if (after === "a restart") await first.stop();
      const second = await start();
      const methods = ["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"];
      const uses = [
        ...methods.map((method) => ({ method, params: { taskId, ...more } })),
        { method: "subscriptions/listen", params: { notifications: { taskIds: [taskId] }, ...more } },
      ];
      for (const { method, params } of uses)
        for (const other of OTHERS) {
          const use = (): Promise<string> => ask(second, other, method, params);
          expect(await crossing(() => asked, use)).toContain("Task not found");
        }
      for (const { method, params } of uses)
        expect(await ask(second, ANN, method, params)).toContain(`"result"`);
    });
  });

  it("a task that no process has seen belongs to no caller", async () => {
    const sidecar = await start();
    const guess = (names: Names): Promise<string> =>
      crossing(
        () => asked,
        () => ask(sidecar, names, "tasks/get", { taskId: "guessed", ...more }),
      );
    for (const answer of await Promise.all([ANN, ...OTHERS].map(guess)))
      expect(answer).toContain("Task not found");
  });

  it("no caller uses an unseen task while the store is away, and its owner does afterwards", async () => {
    const [first, second] = [await start(), await start()];
    const opened = await ask(first, ANN, "tools/call", { name: era, ...more });
    const taskId = /"taskId":"([^"]+)"/.exec(opened)?.[1] ?? "";
    redis.signal("SIGSTOP");
    for (const names of [ANN, ...OTHERS]) {
      const use = (): Promise<string> => ask(second, names, "tasks/get", { taskId, ...more });
      expect(await crossing(() => asked, use)).toContain("cannot look up the owner of this task now");
    }
    expect(await ask(first, ANN, "tasks/get", { taskId, ...more })).toContain(`"result"`);
    redis.signal("SIGCONT");
    await until(async () => (await ask(second, ANN, "tasks/get", { taskId, ...more })).includes(`"result"`));
    expect(await ask(second, OTHERS[0] ?? {}, "tasks/get", { taskId, ...more })).toContain("Task not found");
  });
});
