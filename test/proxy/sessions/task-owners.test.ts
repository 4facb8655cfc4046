import { describe, expect, it } from "vitest";
import { TaskOwners } from "../../../src/proxy/sessions/task-owners.ts";

const DAY_MS = 24 * 3_600_000;

function owners(max = 10_000, maxOfOne = 1_000) {
  const clock = { ms: 0 };
  return { clock, tasks: new TaskOwners(() => clock.ms, max, maxOfOne) };
}

describe("owners of tasks", () => {
  it("stay the first, whoever is answered about the task later", () => {
    const { tasks } = owners();
    tasks.learn("t", "alice");
    tasks.learn("t", "mallory");
    expect([tasks.use("t", "alice"), tasks.use("t", "mallory")]).toEqual(["allowed", "refused"]);
  });

  it("are not pushed out by an agent with many tasks", () => {
    const { tasks } = owners(10, 3);
    tasks.learn("t", "alice");
    for (let index = 0; index < 100; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect(tasks.size).toBe(4);
    expect(tasks.use("t", "mallory")).toBe("refused");
    expect(tasks.use("t", "alice")).toBe("allowed");
  });

  it("past the bound of one agent refuse that agent what they do not know, and no other", () => {
    const { tasks } = owners(10, 3);
    for (let index = 0; index < 4; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect([tasks.use("unknown", "mallory"), tasks.use("unknown", "alice")]).toEqual(["refused", "allowed"]);
  });

  it("past the bound of all refuse what they do not know", () => {
    const { tasks } = owners(4, 3);
    for (const agent of ["a", "b", "c"])
      for (const task of ["1", "2"]) tasks.learn(`${agent}-${task}`, agent);
    expect(tasks.size).toBe(4);
    expect([tasks.use("c-1", "c"), tasks.use("c-1", "a"), tasks.use("a-1", "a")]).toEqual([
      "refused",
      "refused",
      "allowed",
    ]);
  });

  it("are forgotten after a day without use", () => {
    const { tasks, clock } = owners(2, 2);
    tasks.learn("old", "alice");
    tasks.learn("used", "alice");
    clock.ms += DAY_MS;
    tasks.use("used", "alice");
    clock.ms += 1;
    tasks.learn("new", "bob");
    expect(tasks.size).toBe(2);
    expect([tasks.use("used", "bob"), tasks.use("new", "alice")]).toEqual(["refused", "refused"]);
  });
});
