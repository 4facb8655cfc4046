import { describe, expect, it } from "vitest";
import { type SharedStore, StoreError } from "../../../src/enforcement/store/store.ts";
import { ReplicaDirectory } from "../../../src/proxy/sessions/replica-directory.ts";

interface TestStore extends SharedStore {
  readonly entries: Map<string, string>;
  isAway: boolean;
  asked: number;
}

/** A store in memory that does what the three scripts do. */
function createStore(): TestStore {
  const entries = new Map<string, string>();
  const store: TestStore = {
    entries,
    isAway: false,
    asked: 0,
    scheme: { prefix: "t", server: "s", digest: (text) => text },
    script: (name, text) => ({ name, text, sha1: "" }),
    run: async ({ text }, { keys, args: [address = ""] }) => {
      if (store.isAway) throw new StoreError("connection", "away");
      if (text.includes("'SET'")) for (const key of keys) entries.set(key, address);
      else if (text.includes("'DEL'"))
        for (const key of keys.filter((each) => entries.get(each) === address)) entries.delete(key);
      else store.asked += 1;
      return entries.get(keys[0] ?? "") ?? null;
    },
  };
  return store;
}

function open(store: TestStore, address: string, names: [string, ...string[]]) {
  const clock = { nowMs: 0 };
  const faults: string[] = [];
  const directory = new ReplicaDirectory({
    store,
    address,
    names: () => names,
    nowMs: () => clock.nowMs,
    onFailed: (fault) => faults.push(fault),
  });
  return { directory, clock, faults };
}

describe("the directory of replicas", () => {
  it("finds a replica by each of its names, until it withdraws", async () => {
    const store = createStore();
    const [first, second] = [open(store, "10.0.0.1:8080", ["a", "old"]), open(store, "10.0.0.2:8080", ["b"])];
    await Promise.all([first.directory.start(), second.directory.start()]);
    expect(await second.directory.find("a")).toBe("10.0.0.1:8080");
    expect(await second.directory.find("old")).toBe("10.0.0.1:8080");
    expect(await first.directory.find("b")).toBe("10.0.0.2:8080");
    expect(await first.directory.find("c")).toBe("absent");
    expect(["a", "old", "b"].map((name) => first.directory.isOwn(name))).toEqual([true, true, false]);
    await first.directory.withdraw();
    second.clock.nowMs += 1_000;
    expect(await second.directory.find("a")).toBe("absent");
    await second.directory.withdraw();
    expect(store.entries.size).toBe(0);
  });

  it("leaves the entry of a replica that has taken its name over", async () => {
    const store = createStore();
    const { directory } = open(store, "10.0.0.1:8080", ["a"]);
    await directory.start();
    store.entries.set("t:v1:{s}:replica:a", "10.0.0.9:8080");
    await directory.withdraw();
    expect(store.entries.size).toBe(1);
  });

  it("asks once a second for each replica, and again for one that was forgotten", async () => {
    const store = createStore();
    const { directory, clock } = open(store, "10.0.0.1:8080", ["a"]);
    await directory.start();
    for (let index = 0; index < 5; index += 1) await directory.find("a");
    expect(store.asked).toBe(1);
    clock.nowMs += 1_000;
    await directory.find("a");
    directory.forget("a");
    await directory.find("a");
    expect(store.asked).toBe(3);
    await directory.withdraw();
  });

  it("keeps what it knows while the store is away, and counts each question without an answer", async () => {
    const store = createStore();
    const { directory, clock, faults } = open(store, "10.0.0.1:8080", ["a"]);
    await directory.start();
    await directory.find("a");
    clock.nowMs += 60_000;
    store.isAway = true;
    expect(await directory.find("a")).toBe("10.0.0.1:8080");
    expect(await directory.find("b")).toBe("unavailable");
    await directory.withdraw();
    expect(faults).toEqual(["connection", "connection", "connection"]);
  });
});
