/** Limits that count the answer, through the running sidecar: over JSON of any length, event streams and tasks. */

import type { ServerResponse } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import type { TestSidecar } from "../fixtures/start-sidecar.ts";

const COST = "result.structuredContent.usage.cost";

function limited(increment_from: string, max: number): object {
  return { limits: [{ counter: "c", window: "day", max, scope: "server", increment_from }] };
}

const TOOLS = {
  cost: limited(COST, 3),
  long: limited(COST, 3),
  stream: limited(COST, 3),
  task: limited(COST, 3),
  modern: limited(COST, 3),
  bytes: limited("result.bytes", 300),
  silent: limited(COST, 3),
  fails: { cooldown: { failures: 2, seconds: 3_600 } },
  forgiving: { limits: [{ counter: "c", window: "day", max: 1, on_error: "refund" }] },
};

function answerTo(name: string): object {
  const structuredContent = { note: "é", usage: { cost: 2 } };
  switch (name) {
    case "long":
      return { content: [{ type: "text", text: "x".repeat(400_000) }], structuredContent };
    case "task":
      return { task: { taskId: "t", status: "working" } };
    case "modern":
      return { resultType: "task", taskId: "m", status: "completed", result: { structuredContent } };
    case "fails":
    case "forgiving":
      return { isError: true, content: [] };
    case "silent":
      return { content: [] };
    default:
      return { content: [{ type: "text", text: "y".repeat(100) }], structuredContent };
  }
}

let sidecar: TestSidecar;

beforeEach(async () => {
  const upstream = await serve((body, response: ServerResponse) => {
    const { id, method, params } = JSON.parse(body);
    const result =
      method === "tasks/get"
        ? { taskId: "t", status: "completed" }
        : answerTo(method === "tasks/result" ? "cost" : params.name);
    const text = JSON.stringify({ jsonrpc: "2.0", id, result });
    if (params.name !== "stream") return text;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(
      `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\ndata: ${text}\n\n`,
    );
    return undefined;
  });
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: { version: "1", default: "deny", tools: TOOLS },
  });
});

async function call(name: string): Promise<string> {
  const answer = await postForText(sidecar.url, toolCall(name));
  return /"reason":"([a-z_]+)"/.exec(answer)?.[1] ?? "passed";
}

describe("a limit that counts the answer", () => {
  it.each(["cost", "long", "stream", "modern", "bytes"])(
    "refuses the call after the one that reaches max: %s",
    async (name) => {
      expect([await call(name), await call(name), await call(name)]).toEqual([
        "passed",
        "passed",
        "budget_exceeded",
      ]);
    },
  );

  it("counts the result of a task that was asked for after its end", async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(await call("task")).toBe("passed");
      await postForText(sidecar.url, { method: "tasks/get", params: { taskId: "t" } });
      await postForText(sidecar.url, { method: "tasks/result", params: { taskId: "t" } });
      await postForText(sidecar.url, { method: "tasks/result", params: { taskId: "t" } });
    }
    expect(await call("task")).toBe("budget_exceeded");
  });

  it("shows an amount that answers do not have in the count of conditions that cannot be evaluated", async () => {
    for (let time = 0; time < 4; time += 1) expect(await call("silent")).toBe("passed");
    const labels = { rule: "/tools/silent/limits/c-per-day", cause: "missing" };
    expect(await sidecar.metric("tollgate_conditions_unevaluable_total", labels)).toBe(4);
  });

  it("pauses a tool that fails, with the time to wait", async () => {
    expect([await call("fails"), await call("fails")]).toEqual(["passed", "passed"]);
    const refused = await postForText(sidecar.url, toolCall("fails"));
    expect(refused).toContain("this tool has failed too often, and takes no calls for a while");
    expect(refused).toContain('"reason":"cooldown"');
    expect(refused).toMatch(/"retry_after_seconds":3[67]\d\d/);
    expect(await call("cost")).toBe("passed");
  });

  it("gives failed calls back", async () => {
    for (let time = 0; time < 3; time += 1) expect(await call("forgiving")).toBe("passed");
  });
});
