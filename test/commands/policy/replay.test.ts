/** `tollgate policy replay` decides recorded calls under another policy, and lists the calls that it cannot decide. */

import { describe, expect, it } from "vitest";
import { fileOf, run } from "./run.ts";

interface Caller {
  readonly at?: number;
  readonly agent?: string;
  readonly verified?: boolean;
}

/** A record as the audit log writes it, `at` seconds after midnight. */
function line(record: object): object {
  const { at = 0, agent = "a", verified = true, ...more }: Caller = record;
  return {
    time: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
    id: "x",
    server: "s",
    agent: { name: agent, source: "header", verified },
    method: "tools/call",
    tool: "get",
    category: "read",
    effect: "allow",
    policy: { digest: "d" },
    args: { bytes: 2, keys: [], hmac: "h" },
    ...more,
  };
}

async function replay(policy: object, lines: readonly (object | string)[], ...flags: readonly string[]) {
  const log = lines.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n");
  const files = [fileOf("p.json", policy), "--audit", fileOf("audit.jsonl", log)];
  const { code, stdout } = await run("replay", ...files, "--format", "json", ...flags);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const on = (entry: object, more: object = {}): object => ({
  version: "1",
  default: "deny",
  tools: { get: entry },
  ...more,
});
const test = (path: string, op: string, value: unknown = true): object => ({ path, op, value });
const rule = (...conditions: readonly object[]): object => ({ conditions });
const named = (...keys: readonly string[]): object => ({ args: { bytes: 9, keys, hmac: "h" } });

const NOTHING = { unchanged: 0, allow_to_deny: 0, allow_to_would_deny: 0, deny_to_allow: 0, unknown: 0 };

describe("one recorded call", () => {
  const denied = { effect: "deny", reason: "default_deny", rule: "(default deny)" };

  it.each<[string, object, object, string]>([
    ["allowed then and now", on({}), {}, "unchanged"],
    ["denied then and now", { version: "1", default: "deny" }, denied, "unchanged"],
    ["hidden now", on({}, { hide: ["get"] }), {}, "allow_to_deny"],
    ["denied by action now", on({ action: "deny" }), {}, "allow_to_deny"],
    ["waiting for approval now", on({ action: "approve" }), {}, "allow_to_deny"],
    ["approved then", on({ action: "approve" }), { approval: "ap-1" }, "unchanged"],
    ["denied in shadow now", on({ action: "deny", mode: "shadow" }), {}, "allow_to_would_deny"],
    ["allowed now", on({}), denied, "deny_to_allow"],
    ["denied in shadow then", on({}), { effect: "would_deny", reason: "hidden" }, "unchanged"],
    [
      "of a category that is denied now",
      { version: "1", default: "allow", categories: { read: { action: "deny" } } },
      {},
      "allow_to_deny",
    ],
    [
      "of a method that is denied now",
      on({}, { methods: { ping: { action: "deny" } } }),
      { tool: undefined, method: "ping" },
      "allow_to_deny",
    ],
  ])("is compared: %s", async (_what, policy, recorded, change) => {
    const { counts } = await replay(policy, [line(recorded)]);
    expect(counts).toEqual({ ...NOTHING, [change]: 1 });
  });

  const fake = { tool: "Get", effect: "deny", reason: "look_alike", rule: "(look-alike)" };
  const changed = { effect: "deny", reason: "tool_changed", rule: "/tools/get/pin" };
  const DENY_WHAT_READS = { version: "1", default: "allow", categories: { execute: { action: "deny" } } };

  it.each<[string, object, object, string]>([
    [
      "a look-alike, under a policy that only observes",
      { version: "1", default: "allow" },
      fake,
      "deny_to_allow",
    ],
    ["a look-alike of a named tool", on({}, { default: "allow" }), fake, "unchanged"],
    ["a look-alike under default deny", on({}), fake, "unchanged"],
    ["a look-alike of a tool that the log does not name", DENY_WHAT_READS, fake, "unknown"],
    [
      "a name that the policy has itself",
      { version: "1", default: "deny", tools: { Get: {} } },
      fake,
      "deny_to_allow",
    ],
    ["a changed tool that is not pinned", on({}), changed, "deny_to_allow"],
    ["a changed tool whose pin warns", on({ pin: "warn" }), changed, "deny_to_allow"],
    ["a changed tool that is pinned, at another state maybe", on({ pin: "deny" }), changed, "unknown"],
    ["a changed tool that is denied by action", on({ action: "deny", pin: "deny" }), changed, "unchanged"],
  ])("is decided by the other policy: %s", async (_what, policy, recorded, change) => {
    const report = await replay(policy, [line(recorded)]);
    expect(report.counts).toEqual({ ...NOTHING, [change]: 1 });
    expect(JSON.stringify(report.cannot_tell)).not.toContain("left out");
  });

  const A_EXISTS = rule(test("args.a", "exists"));
  const A_GT_1 = rule(test("args.a", "gt", 1));
  const B_EXISTS = test("args.b", "exists");
  const AMOUNT = { limits: [{ counter: "a", window: "day", max: 9, increment_from: "args.a" }] };
  const TOO_MANY = named(...Array.from({ length: 64 }, (_, i) => `k${i}`));

  it.each<[string, object, object, string]>([
    ["a missing argument", { deny_if: [A_GT_1] }, named("b"), "unchanged"],
    ["a missing argument that is required", { require: [A_GT_1] }, named("b"), "allow_to_deny"],
    ["a forbidden argument that is given", { deny_if: [A_EXISTS] }, named("a"), "allow_to_deny"],
    ["a required argument that is given", { require: [A_EXISTS] }, named("a"), "unchanged"],
    [
      "one condition that certainly fails",
      { deny_if: [rule(test("args.a", "exists"), B_EXISTS)] },
      named("a"),
      "unchanged",
    ],
    [
      "an equality, which another type denies, beside a failing condition",
      { deny_if: [rule(test("args.a", "eq", 1), B_EXISTS)] },
      named("a"),
      "unknown",
    ],
    ["a value", { deny_if: [A_GT_1] }, named("a"), "unknown"],
    ["a nested value", { require: [rule(test("args.a.b", "exists"))] }, named("a"), "unknown"],
    [
      "a type beside a failing condition",
      { deny_if: [rule(test("args.a", "gt", 1), B_EXISTS)] },
      named("a"),
      "unknown",
    ],
    ["too many names", { deny_if: [A_EXISTS] }, TOO_MANY, "unknown"],
    ["no names", { deny_if: [A_EXISTS] }, { args: undefined }, "unknown"],
    ["an amount in an argument", AMOUNT, named("a"), "unknown"],
    ["a missing amount", AMOUNT, named(), "allow_to_deny"],
  ])("is decided by argument names alone: %s", async (_what, entry, recorded, change) => {
    const { counts } = await replay(on(entry), [line(recorded)]);
    expect(counts).toEqual({ ...NOTHING, [change]: 1 });
  });

  it("is denied for a missing argument in a strict policy", async () => {
    const policy = on({ deny_if: [rule(test("args.a", "gt", 1))] }, { strict: true });
    const { changes } = await replay(policy, [line(named())]);
    expect(changes).toMatchObject([{ change: "allow_to_deny", reason: "condition_unevaluable" }]);
  });

  it("is a certain denial when another rule denies it with certainty", async () => {
    const policy = on({ deny_if: [rule(test("args.a", "gt", 1)), rule(test("args.a", "exists"))] });
    expect((await replay(policy, [line(named("a"))])).counts).toMatchObject({ allow_to_deny: 1, unknown: 0 });
  });
});

const limited = (max: number, more: object = {}): object =>
  on({ limits: [{ counter: "a", window: "minute", max, ...more }] });

describe("limits", () => {
  it("are applied again at the recorded times", async () => {
    const lines = [0, 1, 2, 60, 61].map((at) => line({ at }));
    expect((await replay(limited(2), lines)).counts).toMatchObject({ unchanged: 4, allow_to_deny: 1 });
  });

  it("count in the order of calls, independently of the order of lines", async () => {
    const { changes } = await replay(limited(1), [
      line({ at: 30, agent: "a" }),
      line({ at: 10, agent: "a" }),
    ]);
    expect(changes).toMatchObject([
      { change: "allow_to_deny", reason: "rate_limited", rule: "/tools/get/limits/a-per-minute", calls: 1 },
    ]);
  });

  it("count each authenticated agent separately, and all unauthenticated callers together", async () => {
    const lines = [
      line({ agent: "a" }),
      line({ agent: "b" }),
      line({ agent: "c", verified: false }),
      line({ agent: "d", verified: false }),
    ];
    const { rows } = await replay(limited(1), lines);
    expect(
      rows.map((row: { agent: string; counts: { allow_to_deny: number } }) => [
        row.agent,
        row.counts.allow_to_deny,
      ]),
    ).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["d", 1],
    ]);
  });

  it("are also charged for calls of other agents when --agent selects one", async () => {
    const lines = [line({ agent: "a" }), line({ at: 1, agent: "b" })];
    const { calls, counts } = await replay(limited(1, { scope: "server" }), lines, "--agent", "b");
    expect([calls, counts]).toEqual([1, { ...NOTHING, allow_to_deny: 1 }]);
  });

  it("charge nothing for a call that is denied now", async () => {
    const policy = on({
      deny_if: [rule(test("args.bad", "exists"))],
      limits: [{ counter: "a", window: "minute", max: 1 }],
    });
    const { changes } = await replay(policy, [line(named("bad")), line({ at: 1 })]);
    expect(changes).toMatchObject([{ reason: "condition", calls: 1 }]);
  });
});

async function cannotTell(policy: object, lines: readonly (object | string)[]): Promise<string> {
  return (await replay(policy, lines)).cannot_tell.join("\n");
}

describe("the limitations of a replay", () => {
  it.each<[string, object, readonly (object | string)[], string]>([
    [
      "argument values",
      on({ deny_if: [rule(test("args.a", "gt", 1))] }),
      [line(named("a"))],
      "no values: 1 call may be denied or not",
    ],
    [
      "how full counters were",
      on({ limits: [{ counter: "a", window: "day", max: 1 }] }),
      [line({})],
      "counters start empty at the first line",
    ],
    [
      "sessions",
      on({ limits: [{ counter: "a", window: "day", max: 1, scope: "session" }] }),
      [line({})],
      "1 call without a session",
    ],
    [
      "where categories came from",
      on({}, { categories: { read: {} } }),
      [line({})],
      "categories are the recorded ones",
    ],
    [
      "what no rule decided",
      on({}),
      [line({ effect: "deny", reason: "frozen" })],
      "left out: 1 call denied by something other than a policy's rules",
    ],
    ["lines that are broken", on({}), ["nonsense", "{}"], "left out: 2 lines that could not be read"],
    [
      "messages that were refused",
      on({}),
      [line({ method: undefined, tool: undefined, refusal: { cause: "x" } })],
      "left out: 1 line about messages without a policy decision",
    ],
    [
      "names that were cut",
      on({}),
      [line(named("k".repeat(256)))],
      "1 call with too many or too long argument names",
    ],
    ["what an agent would have done", on({}), [], "an agent that is denied acts differently afterwards"],
    ["which agent has which policy", on({}), [], "this policy was applied to every agent"],
  ])("are reported for %s", async (...[, policy, lines, text]) => {
    expect(await cannotTell(policy, lines)).toContain(text);
  });
});

it("counts users by the user of each record, and reports records without one", async () => {
  const limits = [{ counter: "c", window: "day", max: 1, scope: "user" }];
  const policy = { version: "1", default: "deny", tools: { get: { limits } } };
  const lines = ["ann", "bob", "ann", undefined].map((user, at) => ({ ...line({ at }), user }));
  const log = fileOf("audit.jsonl", lines.map((each) => JSON.stringify(each)).join("\n"));
  const { stdout } = await run("replay", fileOf("p.json", policy), "--audit", log, "--format", "json");
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ counts: { unchanged: 3, allow_to_deny: 1 } });
  expect(JSON.stringify(report)).toContain("1 call without a user in the log");
});

it("prints a table by agent and tool, the changes, and the limitations", async () => {
  const lines = [line({}), line({ at: 1, agent: "bee", tool: "drop" })]
    .map((each) => JSON.stringify(each))
    .join("\n");
  const policy = fileOf("p.json", on({}));
  const { code, stdout } = await run("replay", policy, "--audit", fileOf("audit.jsonl", lines));
  expect(code).toBe(0);
  expect(stdout.split("\nWhat this cannot tell:\n")[0]).toBe(
    [
      `2 recorded calls under ${policy}, 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:01.000Z`,
      "",
      "agent  tool  calls  unchanged  allow -> deny  deny -> allow  cannot tell",
      "a      get   1      1          ·              ·              ·",
      "bee    drop  1      ·          1              ·              ·",
      "",
      "change         calls  agent  tool  because",
      "allow -> deny  1      bee    drop  default_deny (default deny)",
      "",
    ].join("\n"),
  );
});
