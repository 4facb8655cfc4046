/** The task status read from messages of servers of both eras. */

import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { MessageSkimmer } from "../../src/mcp/message-skimmer.ts";
import type { MessageSummary } from "../../src/mcp/message-summary.ts";
import { endingOfTaskResult, createdTaskId, taskUpdate } from "../../src/mcp/task-status.ts";

function outlineOf(message: object): MessageSummary {
  const outline = new MessageSkimmer();
  outline.push(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message })));
  return outline.end();
}

describe("a call has become a task", () => {
  it.each<[string, object, string | undefined]>([
    ["of 2025-11-25", { id: 1, result: { task: { taskId: "t", status: "working" } } }, "t"],
    ["of 2026-07-28", { id: 1, result: { resultType: "task", taskId: "t", status: "working" } }, "t"],
    ["that is done already", { id: 1, result: { task: { taskId: "t", status: "completed" } } }, "t"],
    [
      "not, when a result only names a task",
      { id: 1, result: { content: [], taskId: "t", status: "working" } },
      undefined,
    ],
    ["not, without a status", { id: 1, result: { task: { taskId: "t" } } }, undefined],
    [
      "not, when its id is not a string",
      { id: 1, result: { task: { taskId: 5, status: "working" } } },
      undefined,
    ],
    ["not, by a notification", { method: "notifications/tasks/status", params: { taskId: "t" } }, undefined],
  ])("%s", (_what, message, taskId) => {
    expect(createdTaskId(outlineOf(message))).toBe(taskId);
  });
});

const STATUS = "notifications/tasks/status";

describe("news of a task", () => {
  it.each<[string, object, object | undefined]>([
    ["goes on", { id: 1, result: { taskId: "t", status: "working" } }, { taskId: "t" }],
    ["waits for input", { id: 1, result: { taskId: "t", status: "input_required" } }, { taskId: "t" }],
    [
      "is done (2025-11-25)",
      { id: 1, result: { taskId: "t", status: "completed" } },
      { taskId: "t", ending: { outcome: "success" } },
    ],
    [
      "failed (2025-11-25), without a reason",
      { id: 1, result: { taskId: "t", status: "failed" } },
      { taskId: "t", ending: { outcome: "tool_error" } },
    ],
    [
      "was cancelled",
      { id: 1, result: { taskId: "t", status: "cancelled" } },
      { taskId: "t", ending: { outcome: "cancelled" } },
    ],
    [
      "is done (2026-07-28)",
      { id: 1, result: { taskId: "t", status: "completed", result: { content: [] } } },
      { taskId: "t", hasResult: true, ending: { outcome: "success" } },
    ],
    [
      "is done with an error of the tool",
      { id: 1, result: { taskId: "t", status: "completed", result: { isError: true } } },
      { taskId: "t", hasResult: true, ending: { outcome: "tool_error" } },
    ],
    [
      "failed with an error of the protocol",
      { id: 1, result: { taskId: "t", status: "failed", error: { code: -32603, message: "m" } } },
      { taskId: "t", ending: { outcome: "rpc_error", rpcCode: -32603 } },
    ],
    [
      "is done, in a notification",
      { method: STATUS, params: { taskId: "t", status: "completed" } },
      { taskId: "t", ending: { outcome: "success" } },
    ],
    [
      "failed, in a notification",
      { method: "notifications/tasks", params: { taskId: "t", status: "failed", error: { code: 5 } } },
      { taskId: "t", ending: { outcome: "rpc_error", rpcCode: 5 } },
    ],
    ["has an unknown status", { id: 1, result: { taskId: "t", status: "odd" } }, undefined],
    ["has no id in the message", { id: 1, result: { status: "completed" } }, undefined],
    [
      "is in the params of a message that is not a notification",
      { id: 1, params: { taskId: "t", status: "completed" } },
      undefined,
    ],
  ])("%s", (_what, message, news) => {
    expect(taskUpdate(outlineOf(message))).toEqual(news);
  });
});

it.each<[object, object]>([
  [{ result: { content: [] } }, { outcome: "success" }],
  [{ result: { isError: true } }, { outcome: "tool_error" }],
  [{ error: { code: -32000 } }, { outcome: "rpc_error", rpcCode: -32000 }],
])("reads the ending of a task from tasks/result as from the call's own result: %j", (message, ending) => {
  expect(endingOfTaskResult(outlineOf({ id: 1, ...message }))).toEqual(ending);
});
