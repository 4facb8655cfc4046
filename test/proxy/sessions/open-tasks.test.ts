/** Calls kept open for their tasks: the maximum time and number, and the outcome of tasks without further messages. */

import { Buffer } from "node:buffer";
import { beforeEach, expect, it } from "vitest";
import { combineObservers, type Ending } from "../../../src/enforcement/observer.ts";
import { RequestLifecycle } from "../../../src/enforcement/request-lifecycle.ts";
import { MessageSkimmer } from "../../../src/mcp/message-skimmer.ts";
import type { MessageSummary } from "../../../src/mcp/message-summary.ts";
import { OpenTasks } from "../../../src/proxy/sessions/open-tasks.ts";
import { exampleRequest } from "../../telemetry/examples.ts";

const HOUR_MS = 3_600_000;

let nowMs: number;
let endings: Ending[];
beforeEach(() => {
  nowMs = 0;
  endings = [];
});

function trackingOf(): RequestLifecycle {
  const observer = { requestEnded: (_request: unknown, ending: Ending) => void endings.push(ending) };
  const clock = { wallMs: () => nowMs, steadyMs: () => nowMs };
  return new RequestLifecycle(
    exampleRequest(),
    combineObservers([observer], (error) => {
      throw error;
    }),
    clock,
  );
}

function outlineOf(message: object): MessageSummary {
  const outline = new MessageSkimmer();
  outline.push(Buffer.from(JSON.stringify(message)));
  return outline.end();
}

function told(taskId: string, status: string): MessageSummary {
  return outlineOf({ id: 1, result: { task: { taskId, status } } });
}

const ANSWER = { resultBytes: 10 };

it("ends a task as a timeout an hour after its last message", () => {
  const tasks = new OpenTasks(() => nowMs);
  expect(tasks.begin(trackingOf(), told("a", "working"), ANSWER)).toBe(true);
  expect(tasks.begin(trackingOf(), told("b", "working"), ANSWER)).toBe(true);
  nowMs = HOUR_MS / 2;
  tasks.onTaskMessage(told("a", "working"), ANSWER);
  nowMs = HOUR_MS;
  tasks.sweep();
  expect(endings).toMatchObject([{ outcome: "timeout", totalMs: HOUR_MS }]);
  expect(tasks.size).toBe(1);
  nowMs = 2 * HOUR_MS;
  tasks.sweep();
  expect([endings.length, tasks.size]).toEqual([2, 0]);
  tasks.closeAll();
});

it("ends the task with the oldest message when there are too many", () => {
  const tasks = new OpenTasks(() => nowMs, 2);
  for (const id of ["a", "b"]) tasks.begin(trackingOf(), told(id, "working"), ANSWER);
  tasks.onTaskMessage(told("a", "working"), ANSWER);
  tasks.begin(trackingOf(), told("c", "working"), ANSWER);
  expect([endings.length, tasks.size]).toEqual([1, 2]);
  tasks.onTaskMessage(told("b", "completed"), ANSWER);
  expect(endings).toMatchObject([{ outcome: "timeout" }]);
  tasks.onTaskMessage(told("a", "completed"), ANSWER);
  expect(endings).toMatchObject([{ outcome: "timeout" }, { outcome: "success", resultBytes: 10 }]);
  tasks.closeAll();
});

it("counts a task as cancelled when no message followed its tasks/cancel", () => {
  const tasks = new OpenTasks(() => nowMs);
  tasks.begin(trackingOf(), told("a", "working"), ANSWER);
  tasks.onTaskMessage(outlineOf({ id: 2, result: {} }), ANSWER, { method: "tasks/cancel", taskId: "a" });
  expect(endings).toEqual([]);
  tasks.closeAll();
  expect(endings).toMatchObject([{ outcome: "cancelled" }]);
});

it("counts the reported end of a task that continued after tasks/cancel", () => {
  const tasks = new OpenTasks(() => nowMs);
  tasks.begin(trackingOf(), told("a", "working"), ANSWER);
  tasks.onTaskMessage(outlineOf({ id: 2, result: {} }), ANSWER, { method: "tasks/cancel", taskId: "a" });
  tasks.onTaskMessage(told("a", "completed"), ANSWER);
  expect(endings).toMatchObject([{ outcome: "success" }]);
  tasks.closeAll();
});

it("immediately ends a task that is created as completed", () => {
  const tasks = new OpenTasks(() => nowMs);
  expect(tasks.begin(trackingOf(), told("a", "completed"), ANSWER)).toBe(true);
  expect(endings).toMatchObject([{ outcome: "success" }]);
  tasks.closeAll();
});

it("does not treat a failed look-up of a task as its end", () => {
  const tasks = new OpenTasks(() => nowMs);
  tasks.begin(trackingOf(), told("a", "working"), ANSWER);
  const unknown = outlineOf({ id: 2, error: { code: -32602, message: "unknown task" } });
  tasks.onTaskMessage(unknown, ANSWER, { method: "tasks/get", taskId: "a" });
  tasks.onTaskMessage(unknown, ANSWER, { method: "tasks/cancel", taskId: "a" });
  expect(endings).toEqual([]);
  tasks.closeAll();
  expect(endings).toMatchObject([{ outcome: "timeout" }]);
});

it.each([
  [-32_700, false],
  [-32_602, false],
  [-32_601, false],
  [-32_600, false],
  [-32_000, true],
  [7, true],
])("takes error %d of tasks/result for the end of the task: %s", (code, isEnd) => {
  const tasks = new OpenTasks(() => nowMs);
  tasks.begin(trackingOf(), told("a", "working"), ANSWER);
  const error = outlineOf({ id: 2, error: { code, message: "m" } });
  tasks.onTaskMessage(error, ANSWER, { method: "tasks/result", taskId: "a" });
  expect(tasks.size).toBe(isEnd ? 0 : 1);
  tasks.onTaskMessage(told("a", "completed"), ANSWER);
  expect(endings).toMatchObject([{ outcome: isEnd ? "rpc_error" : "success" }]);
  tasks.closeAll();
});
