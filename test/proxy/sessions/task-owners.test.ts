import { describe, expect, it } from "vitest";
import { redisTaskOwners } from "../../../src/proxy/sessions/redis-task-owners.ts";
import { type SharedTaskOwners, TaskOwners } from "../../../src/proxy/sessions/task-owners.ts";
import { type SharedStore, StoreError } from "../../../src/enforcement/store/store.ts";

const DAY_MS = 24 * 3_600_000;

function owners(max = 10_000, maxOfOne = 1_000, unknown: "server" | "none" | SharedTaskOwners = "server") {
  const clock = { ms: 0 };
  return { clock, tasks: new TaskOwners({ nowMs: () => clock.ms, unknown, max, maxOfOne }) };
}

describe("owners of tasks", () => {
  it("remain the first agent that used the task, even if another agent receives a response about it", () => {
    const { tasks } = owners();
    tasks.learn("t", "alice");
    tasks.learn("t", "mallory");
    expect([tasks.mayUse("t", "alice"), tasks.mayUse("t", "mallory")]).toEqual(["own", "foreign"]);
  });

  it("are not evicted by an agent with many tasks", () => {
    const { tasks } = owners(10, 3);
    tasks.learn("t", "alice");
    for (let index = 0; index < 100; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect(tasks.size).toBe(4);
    expect(tasks.mayUse("t", "mallory")).toBe("foreign");
    expect(tasks.mayUse("t", "alice")).toBe("own");
  });

  it("do not exist for an unknown task where credentials name the callers", () => {
    const { tasks } = owners(10, 3, "none");
    expect(tasks.mayUse("from-before", "alice")).toBe("foreign");
    tasks.learn("t", "alice");
    expect([tasks.mayUse("t", "alice"), tasks.mayUse("t", "alice\nann")]).toEqual(["own", "foreign"]);
  });

  it("refuse unknown tasks only to the agent that is at its maximum", () => {
    const { tasks } = owners(10, 3);
    for (let index = 0; index < 4; index += 1) tasks.learn(`m-${index}`, "mallory");
    expect([tasks.mayUse("unknown", "mallory"), tasks.mayUse("unknown", "alice")]).toEqual([
      "foreign",
      "own",
    ]);
  });

  it("refuse unknown tasks to every agent when the total is at its maximum", () => {
    const { tasks } = owners(4, 3);
    for (const agent of ["a", "b", "c"])
      for (const task of ["1", "2"]) tasks.learn(`${agent}-${task}`, agent);
    expect(tasks.size).toBe(4);
    expect([tasks.mayUse("c-1", "c"), tasks.mayUse("c-1", "a"), tasks.mayUse("a-1", "a")]).toEqual([
      "foreign",
      "foreign",
      "own",
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
    expect([tasks.mayUse("used", "bob"), tasks.mayUse("new", "alice")]).toEqual(["foreign", "foreign"]);
  });
});

/** A store with the commands of the script, which is run by its arguments; the Lua text itself is tested with Redis. */
function memoryStore() {
  const state = { entries: new Map<string, string>(), isDown: false, keys: new Set<string>() };
  const store: SharedStore = {
    scheme: { prefix: "p", server: "s", digest: (text) => `digest of ${text.length}` },
    script: (name, text) => ({ name, text, sha1: "" }),
    run: async (_script, { keys: [key = ""], args: [claimed = ""] }) => {
      if (state.isDown) throw new StoreError("connection", "away");
      state.keys.add(key);
      if (claimed !== "" && !state.entries.has(key)) state.entries.set(key, claimed);
      return state.entries.get(key) ?? null;
    },
  };
  return { state, store };
}

function replicas() {
  const { state, store } = memoryStore();
  const faults: string[] = [];
  const shared = redisTaskOwners({ store, timeoutMs: 1, onFailed: (fault) => faults.push(fault) });
  return { state, faults, one: owners(10, 3, shared).tasks, other: owners(10, 3, shared).tasks };
}

describe("owners of tasks in a store", () => {
  it("are known to a process that has not seen the task", async () => {
    const { one, other, state } = replicas();
    one.learn("t", "alice");
    expect(await other.mayUse("t", "mallory!")).toBe("foreign");
    expect(await other.mayUse("t", "alice")).toBe("own");
    expect([other.mayUse("t", "alice"), other.mayUse("t", "mallory!")]).toEqual(["own", "foreign"]);
    expect([...state.keys]).toEqual(["p:v1:{s}:task:digest of 1"]);
  });

  it("do not exist for a task that no process has seen", async () => {
    const { one } = replicas();
    expect(await one.mayUse("t", "alice")).toBe("foreign");
  });

  it("are asked for again, since the id of a task may be faster than the entry of its owner", async () => {
    const { one, other } = replicas();
    const use = other.mayUse("t", "alice");
    one.learn("t", "alice");
    expect(await use).toBe("own");
  });

  it("are not known, and no caller is taken for the owner, while the store gives no answer", async () => {
    const { one, other, state, faults } = replicas();
    one.learn("t", "alice");
    state.isDown = true;
    expect([await other.mayUse("t", "alice"), await other.mayUse("t", "mallory!")]).toEqual([
      "unavailable",
      "unavailable",
    ]);
    expect(one.mayUse("t", "alice")).toBe("own");
    expect(faults).toEqual(["connection", "connection"]);
    state.isDown = false;
    expect(await other.mayUse("t", "alice")).toBe("own");
  });

  it("remain the first of two whom a server gives one id at two replicas", async () => {
    const { one, other } = replicas();
    one.learn("t", "alice");
    other.learn("t", "mallory!");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await other.mayUse("t", "mallory!")).toBe("foreign");
    expect(await other.mayUse("t", "alice")).toBe("own");
  });
});
