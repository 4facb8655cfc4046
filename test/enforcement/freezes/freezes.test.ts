import { describe, expect, it } from "vitest";
import { type Freeze, Freezes, type FreezeTarget } from "../../../src/enforcement/freezes/freezes.ts";

function freeze(part: FreezeTarget & { untilMs?: number }): Freeze {
  return { ...part, by: "on-call", sinceMs: 0 };
}

describe("a freeze", () => {
  it.each(["Delete_User", "delete_user ", "delete\u200b_user", "delete_user\0x"])(
    "of a tool stops a name that only looks like it: %j",
    (name) => {
      const freezes = new Freezes();
      freezes.set(freeze({ agent: "a", tool: "delete_user" }));
      expect(freezes.find(["a"], name, 1)).toBeDefined();
      expect(freezes.find(["b"], name, 1)).toBeUndefined();
      expect(freezes.find(["a"], "delete_users", 1)).toBeUndefined();
    },
  );

  it.each([
    [{}, [true, true, true, true]],
    [{ agent: "a" }, [true, true, false, false]],
    [{ tool: "run" }, [true, false, true, false]],
    [{ agent: "a", tool: "run" }, [true, false, false, false]],
  ])("of %j stops what it names and nothing else", (part, stopped) => {
    const freezes = new Freezes();
    freezes.set(freeze(part));
    const calls = [
      ["a", "run"],
      ["a", "read"],
      ["b", "run"],
      ["b", "read"],
    ] as const;
    expect(calls.map(([agent, tool]) => freezes.find([agent], tool, 1) !== undefined)).toEqual(stopped);
  });

  it.each([
    [{}, [true, true]],
    [{ agent: "a" }, [true, false]],
    [{ tool: "run" }, [false, false]],
    [{ agent: "a", tool: "run" }, [false, false]],
  ])("of %j stops other methods only when it names no tool", (part, stopped) => {
    const freezes = new Freezes();
    freezes.set(freeze(part));
    expect(["a", "b"].map((agent) => freezes.find([agent], undefined, 1) !== undefined)).toEqual(stopped);
  });

  it("stops an agent by each of its names", () => {
    const freezes = new Freezes();
    freezes.set(freeze({ agent: "claude" }));
    expect(freezes.find(["anonymous", "claude"], "run", 1)).toBeDefined();
  });

  it("takes the name of an agent for what it is, a word of JSON included", () => {
    const freezes = new Freezes();
    freezes.set(freeze({ agent: "null" }));
    expect(freezes.find(["other"], "run", 1)).toBeUndefined();
  });

  it("ends at its time", () => {
    const freezes = new Freezes();
    freezes.set(freeze({ untilMs: 10 }));
    expect([9, 10].map((nowMs) => freezes.find(["a"], "run", nowMs) !== undefined)).toEqual([true, false]);
    expect(freezes.list(10)).toEqual([]);
  });

  it("is lifted by hand", () => {
    const freezes = new Freezes();
    freezes.set(freeze({ tool: "run" }));
    expect([{ tool: "run" }, { tool: "run" }].map((part) => freezes.lift(part))).toEqual([
      "lifted",
      "not_frozen",
    ]);
    expect(freezes.find(["a"], "run", 1)).toBeUndefined();
  });

  it("of the file is taken back by the file alone", () => {
    const freezes = new Freezes();
    freezes.replaceFile([freeze({ tool: "run" })]);
    freezes.set(freeze({ tool: "run" }));
    expect(freezes.lift({ tool: "run" })).toBe("file");
    expect(freezes.list(1)).toMatchObject([{ tool: "run", isFromFile: true }]);
    freezes.replaceFile([]);
    expect(freezes.find(["a"], "run", 1)).toBeUndefined();
  });

  it("that ended in the file leaves the one by hand in force", () => {
    const freezes = new Freezes();
    freezes.replaceFile([freeze({ untilMs: 5 })]);
    freezes.set(freeze({}));
    expect(freezes.find(["a"], "run", 7)).toBeDefined();
  });
});
