/** Limits of calls in flight, through the running sidecar: a call counts until it ends, however it ends. */

import type { ServerResponse } from "node:http";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { post, postForText } from "../fixtures/post.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const RESULT = `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}]}}`;

let sidecar: TestSidecar;
/** Calls that the server has not answered. */
let held: ServerResponse[] = [];

beforeAll(async () => {
  const upstream = await serve((body, response) => {
    const { method, params } = JSON.parse(body);
    if (method.startsWith("tasks/"))
      return `{"jsonrpc":"2.0","id":1,"result":{"taskId":"t","status":"completed"}}`;
    if (params?.name === "task")
      return `{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t","status":"working"}}}`;
    held.push(response);
    return undefined;
  });
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: {
      version: "1",
      default: "deny",
      tools: { slow: { concurrent: 1 }, task: { concurrent: 1 } },
      methods: { "resources/read": { action: "allow", concurrent: 1 } },
    },
  });
});

beforeEach(() => {
  held = [];
});

const READ = { method: "resources/read", params: { uri: "file:///a" } };

function endAll(): void {
  for (const response of held.splice(0)) sendJson(response, RESULT);
}

describe("a limit of calls in flight", () => {
  it.each([
    ["a call", toolCall("slow")],
    ["a request of another method", READ],
  ])("refuses %s while one is in flight, and says when it may pass", async (_what, message) => {
    const first = postForText(sidecar.url, message);
    await until(() => held.length === 1);
    const refused = await postForText(sidecar.url, message);
    expect(refused).toContain(
      "1 calls are in flight, of 1 that may be: this one may pass when one of them ends",
    );
    expect(refused).toContain('"reason":"concurrency_exceeded"');
    expect(refused).toContain('"retryable":true');
    endAll();
    expect(await first).toContain("done");
    const next = postForText(sidecar.url, message);
    await until(() => held.length === 1);
    endAll();
    expect(await next).toContain("done");
  });

  it.each<[string, (leave: AbortController) => void]>([
    ["its client leaves", (leave) => leave.abort()],
    ["the server breaks the connection", () => held.forEach((response) => response.socket?.destroy())],
  ])("has room again when %s", async (_what, end) => {
    const leave = new AbortController();
    const first = post(sidecar.url, toolCall("slow"), {}, leave.signal).catch(() => undefined);
    await until(() => held.length === 1);
    end(leave);
    await first;
    held = [];
    const answers: string[] = [];
    const again = async (): Promise<void> => {
      while (!answers.at(-1)?.includes("done"))
        answers.push(await postForText(sidecar.url, toolCall("slow")));
    };
    const passed = again();
    await until(() => held.length === 1);
    endAll();
    await passed;
  });

  it("counts a call that has become a task until the task ends", async () => {
    expect(await postForText(sidecar.url, toolCall("task"))).toContain("working");
    expect(await postForText(sidecar.url, toolCall("task"))).toContain("concurrency_exceeded");
    await postForText(sidecar.url, { method: "tasks/get", params: { taskId: "t" } });
    expect(await postForText(sidecar.url, toolCall("task"))).toContain("working");
  });
});
