/** `tollgate policy diff`: its words for each kind of difference, its exit codes, and recorded calls whose decision differs. */

import { describe, expect, it } from "vitest";
import { fileOf, run } from "./run.ts";

async function diff(before: object, after: object, ...flags: readonly string[]) {
  const base = { version: "1", default: "deny" };
  const files = [fileOf("a.json", { ...base, ...before }), fileOf("b.json", { ...base, ...after })];
  const { code, stdout } = await run("diff", ...files, "--format", "json", ...flags);
  const report: {
    differences: { kind: string; place: string; text: string }[];
    counts: object;
    decisions?: object[];
  } = JSON.parse(stdout);
  return {
    code,
    ...report,
    lines: report.differences.map(({ kind, place, text }) => `${kind} ${place}: ${text}`),
  };
}

const get = (entry: object): object => ({ tools: { get: entry } });
const on = (path: string, op: string, value: unknown): object => ({ conditions: [{ path, op, value }] });
const limit = (max: number, more: object = {}): object => ({ counter: "c", window: "hour", max, ...more });

describe("a difference", () => {
  it.each<[object, object, readonly string[]]>([
    [{ default: "allow" }, {}, ["stricter the document: default: allow -> deny"]],
    [{}, { mode: "shadow" }, ["looser the document: mode: enforce -> shadow"]],
    [{}, { strict: true }, ["stricter the document: strict: false -> true"]],
    [
      { hide: ["a", "b_*"] },
      { hide: ["a", "c"] },
      ["stricter the document: hide c: added", "looser the document: hide b_*: removed"],
    ],
    [{}, { arguments: "validate" }, ["stricter the document: arguments: observe -> validate"]],
    [{}, { arguments: "off" }, ["note the document: arguments: observe -> off"]],
    [{ pin: "deny" }, { pin: "warn" }, ["looser the document: pin: deny -> warn"]],
    [{}, { timezone: "Europe/Berlin" }, ["changed the document: timezone: UTC -> Europe/Berlin"]],
    [{}, get({}), ["looser tool get: listed, with 0 rules and 0 limits: no longer denied by default"]],
    [get({}), {}, ["stricter tool get: no longer listed: denied by default"]],
    [{}, get({ action: "deny" }), ["changed tool get: listed: denied with and without its entry"]],
    [get({}), get({ action: "approve" }), ["stricter tool get: action: allow -> approve"]],
    [
      get({ action: "deny" }),
      get({ action: "hide" }),
      ["note tool get: action: deny -> hide: denied all the same"],
    ],
    [get({}), get({ mode: "shadow" }), ["looser tool get: mode: enforce -> shadow"]],
    [get({ inherit: false }), get({}), ["stricter tool get: inherit: false -> true"]],
    [get({}), get({ category: "read" }), ["changed tool get: category: none -> read"]],
    [get({}), get({ arguments: "validate" }), ["stricter tool get: arguments: as around it -> validate"]],
    [get({ reason: "a" }), get({ reason: "b" }), ["note tool get: its message changed"]],
    [get({}), get({ require: [on("args.n", "lte", 5)] }), ["stricter tool get: require args.n lte 5: added"]],
    [get({ deny_if: [on("args.n", "gt", 5)] }), get({}), ["looser tool get: deny_if args.n gt 5: removed"]],
    [
      get({ require: [on("args.n", "lte", 5)] }),
      get({ require: [on("args.n", "lte", 3)] }),
      ["stricter tool get: require args.n lte 5 -> args.n lte 3"],
    ],
    [
      get({ deny_if: [on("args.n", "gt", 5)] }),
      get({ deny_if: [on("args.n", "gt", 9)] }),
      ["looser tool get: deny_if args.n gt 5 -> args.n gt 9"],
    ],
    [
      get({ require: [on("args.s", "eq", "a")] }),
      get({ require: [on("args.s", "eq", "b")] }),
      ['changed tool get: require args.s eq "a" -> args.s eq "b"'],
    ],
    [
      get({ deny_if: [on("args.n", "gt", 5)] }),
      get({ deny_if: [{ ...on("args.n", "gt", 5.0), effect: "approve" }] }),
      ["looser tool get: deny_if args.n gt 5: effect: deny -> approve"],
    ],
    [
      get({ limits: [limit(5)] }),
      get({ limits: [limit(3)] }),
      ["stricter tool get: limit c-per-hour for each agent: at most 5 -> 3"],
    ],
    [get({ limits: [limit(5)] }), get({}), ["looser tool get: limit c-per-hour for each agent: removed"]],
    [
      get({ limits: [limit(5, { scope: "agent+tool" })] }),
      get({ limits: [limit(5, { scope: "server" })] }),
      [
        "looser tool get: limit c-per-hour for each agent and tool: removed",
        "stricter tool get: limit c-per-hour for all calls together, at most 5: added",
      ],
    ],
    [
      get({}),
      get({ cooldown: { failures: 2, seconds: 60 } }),
      ["stricter tool get: pause after failures, 2 failures for 60 s: added"],
    ],
    [{}, { categories: { read: { hide: true } } }, ["stricter category read: action: allow -> hide"]],
    [
      { all_tools: { concurrent: 3 } },
      { all_tools: { concurrent: 2 } },
      ["stricter every tool: limit in_flight for each tool: at most 3 -> 2"],
    ],
    [{}, { methods: { ping: { action: "deny" } } }, ["stricter method ping: action: allow -> deny"]],
    [
      { tools: { "get_*": {} } },
      { tools: { "get_*": {}, get_a: { action: "approve" } } },
      [
        "changed tool get_a: has an entry of its own, in place of get_*",
        "stricter tool get_a: action: allow -> approve",
      ],
    ],
    [
      { tools: { "get_*": {} } },
      { tools: { "get_*": {}, "*_a": {} } },
      [
        "looser tool *_a: listed, with 0 rules and 0 limits: no longer denied by default",
        "changed tool *_a: decides in place of other patterns where it is more specific: get_*",
      ],
    ],
  ])("from %j to %j", async (before, after, lines) => {
    const found = await diff(before, after);
    expect(found.lines).toEqual(lines);
    expect(found.code).toBe(lines.every((line) => line.startsWith("note")) ? 0 : 1);
  });

  it("is none between two ways to write one policy, and descriptions decide nothing", async () => {
    const one = get({ description: "x", limits: [limit(5, { scope: "grant", algorithm: "aligned" })] });
    const other = get({ limits: [limit(5, { name: "n" })], "x-note": 1 });
    expect(await diff(one, other)).toMatchObject({ code: 0, differences: [] });
  });
});

describe("the report", () => {
  it("is read place by place", async () => {
    const a = fileOf("a.json", {
      version: "1",
      default: "deny",
      tools: { get: { limits: [limit(5)] }, set: {} },
    });
    const b = fileOf("b.json", {
      version: "1",
      default: "deny",
      tools: { get: { limits: [limit(3)], reason: "r" } },
    });
    expect(await run("diff", a, b)).toEqual({
      code: 1,
      stderr: "",
      stdout: [
        `${b} compared with ${a}: 2 stricter, 1 note`,
        "",
        "tool get",
        "  stricter  limit c-per-hour for each agent: at most 5 -> 3",
        "  note      its message changed",
        "",
        "tool set",
        "  stricter  no longer listed: denied by default",
        "",
      ].join("\n"),
    });
    expect((await run("diff", a, a)).stdout).toBe(`${a} compared with ${a}: no differences\n`);
  });

  it("lists the recorded calls whose decision differs", async () => {
    const record = {
      time: "2026-01-01T00:00:00.000Z",
      agent: { name: "ann", source: "jwt", verified: true },
      method: "tools/call",
      tool: "get",
      effect: "allow",
      args: { keys: [] },
    };
    const log = fileOf("audit.jsonl", `${JSON.stringify(record)}\n${JSON.stringify(record)}\n`);
    const { decisions } = await diff(get({}), get({ limits: [limit(1)] }), "--audit", log);
    expect(decisions).toEqual([
      {
        agent: "ann",
        tool: "get",
        before: "allow",
        after: "deny",
        rule: "/tools/get/limits/c-per-hour",
        calls: 1,
      },
    ]);
    const a = fileOf("a.json", { version: "1", default: "deny", ...get({}) });
    expect((await run("diff", a, a, "--audit", log)).stdout).toContain(
      "No recorded call is decided otherwise.",
    );
    const none = fileOf("b.json", { version: "1", default: "deny" });
    expect((await run("diff", a, none, "--audit", log)).stdout).toContain(
      "2      ann    get   allow -> deny  (default deny)",
    );
  });

  it.each<[readonly string[], number, string]>([
    [["policies/prometheus.json"], 64, "tollgate policy diff: A B: must be two policies"],
    [["a", "b", "c"], 64, "A B: must be two policies"],
    [["policies/prometheus.json", "nowhere.json"], 2, "nowhere.json: cannot be read: no such file"],
    [
      ["policies/prometheus.json", "policies/prometheus.json", "--audit", "no.jsonl"],
      2,
      "no.jsonl: cannot be read",
    ],
  ])("of %j is refused with exit code %i", async (argv, code, problem) => {
    expect(await run("diff", ...argv)).toMatchObject({ code, stderr: expect.stringContaining(problem) });
  });
});
