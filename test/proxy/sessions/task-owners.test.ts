import { describe, expect, it } from "vitest";
import { TaskOwners } from "../../../src/proxy/sessions/task-owners.ts";

const DAY_MS = 24 * 3_600_000;

function owners(max = 10_000, maxOfOne = 1_000) {
  const clock = { ms: 0 };
  return { clock, tasks: new TaskOwners(() => clock.ms, max, maxOfOne) };
}

describe("owners of tasks", () => {
  it("remain the first agent that used the task, even if another agent receives a response about it", () => {
    const { tasks } = owners();
    tasks.learn("t", "alice");
    tasks.learn("t", "mallory");
    expect([tasks.mayUse("t", "alice"), tasks.mayUse("t", "mallory")]).toEqual([true, false]);
  });

  it("are not evicted by an agent with many tasks", () => {
    const { tasks } = owners(10, 3);
    tasks.learn("t", "alice");
    for (let index = 0; index < 100; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect(tasks.size).toBe(4);
    expect(tasks.mayUse("t", "mallory")).toBe(false);
    expect(tasks.mayUse("t", "alice")).toBe(true);
  });

  it("refuse unknown tasks only to the agent that is at its maximum", () => {
    const { tasks } = owners(10, 3);
    for (let index = 0; index < 4; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect([tasks.mayUse("unknown", "mallory"), tasks.mayUse("unknown", "alice")]).toEqual([false, true]);
  });

  it("refuse unknown tasks to every agent when the total is at its maximum", () => {
    const { tasks } = owners(4, 3);
    for (const agent of ["a", "b", "c"])
      for (const task of ["1", "2"]) tasks.learn(`${agent}-${task}`, agent);
    expect(tasks.size).toBe(4);
    expect([tasks.mayUse("c-1", "c"), tasks.mayUse("c-1", "a"), tasks.mayUse("a-1", "a")]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("are forgotten after a day without use", () => {
    const { tasks, clock } = owners(2, 2);
    tasks.learn("old", "alice");
    tasks.learn("used", "alice");
    clock.ms += DAY_MS;
    tasks.mayUse("used", "alice");
    clock.ms += 1;
    tasks.learn("new", "bob");
    expect(tasks.size).toBe(2);
    expect([tasks.mayUse("used", "bob"), tasks.mayUse("new", "alice")]).toEqual([false, false]);
  });
});
