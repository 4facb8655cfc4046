/** `tollgate policy learn`: the policy that it writes, from how many calls, and its messages about logs that hold nothing or too little. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../../fixtures/lifetime.ts";
import { MAIN } from "../../fixtures/start-wrap.ts";
import { fileOf, run, toolOf } from "./run.ts";

const START = Date.UTC(2026, 0, 1);

/** A record of a call, `at` seconds after midnight, with these captured values. */
function line(more: object = {}, at = 0): string {
  return `${JSON.stringify({
    time: new Date(START + at * 1_000).toISOString(),
    server: "s",
    agent: { name: "ann", source: "jwt", verified: true },
    method: "tools/call",
    tool: "get",
    category: "read",
    effect: "allow",
    ...more,
  })}\n`;
}

const by = (name: string): object => ({ agent: { name, source: "jwt", verified: true } });

function captured(values: Readonly<Record<string, readonly [type: string, text?: string]>>): object {
  const pairs = Object.entries(values);
  const texts = pairs.flatMap(([path, [, text]]) => (text === undefined ? [] : [[path, text] as const]));
  return {
    args: {
      bytes: 9,
      keys: [],
      hmac: "h",
      captured: Object.fromEntries(texts),
      captured_types: Object.fromEntries(pairs.map(([path, [type]]) => [path, type])),
    },
  };
}

/** As versions wrote it that did not write types. */
function untyped(value: string): string {
  return line({ args: { bytes: 1, keys: ["a"], hmac: "h", captured: { "args.a": value } } });
}

function withoutDescriptions(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (key === "description" ? undefined : item)),
  );
}

async function learn(lines: readonly string[], ...flags: readonly string[]) {
  const { code, stdout, stderr } = await run(
    "learn",
    "--audit",
    fileOf("audit.jsonl", lines.join("")),
    ...flags,
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining("next: read it")]);
  return { policy: JSON.parse(stdout), notes: stderr };
}

const repeat = (times: number, text: (index: number) => string): string[] =>
  Array.from({ length: times }, (_none, index) => text(index));

describe("a learned policy", () => {
  it("lists the tools that were called, and denies everything else in shadow mode", async () => {
    const { policy } = await learn([line(), line({ tool: "set_*" })]);
    expect(policy).toMatchObject({ version: "1", default: "deny", mode: "shadow" });
    expect(Object.keys(policy.tools)).toEqual(["get", String.raw`set_\*`]);
    const enforced = await learn([line()], "--mode", "enforce");
    expect(enforced.policy).not.toHaveProperty("mode");
  });

  it("says from how many calls of which agents each entry, rule and limit is", async () => {
    const lines = [
      ...repeat(3, (index) => line({}, index)),
      line(by("bob")),
      line({ ...by("bob"), tool: "set" }),
    ];
    const { policy } = await learn(lines);
    expect(policy.description).toContain("from 5 calls of 2 agents to 2 tools, 2026-01-01T00:00Z to");
    expect(policy.tools.get).toEqual({
      description: "4 calls: ann 3, bob 1",
      require: [
        {
          description: "2 agents in 4 calls",
          conditions: [{ path: "caller.agent", op: "in", value: ["ann", "bob"] }],
        },
      ],
      limits: [
        {
          description: "4 calls: 99 % of 2 hours had at most 3 calls of an agent; with head room 5",
          counter: "calls",
          window: "hour",
          max: 5,
          scope: "agent",
        },
      ],
    });
    expect(policy.tools.set.require[0].conditions[0].value).toEqual(["bob"]);
  });

  it("asks for agents once where each called every tool, and not at all where none has a proven name", async () => {
    const one = await learn([line(), line({ tool: "set" })]);
    expect(one.policy.all_tools.require[0]).toMatchObject({
      description: "1 agent in 2 calls, each to every tool",
    });
    expect(one.policy.tools.get).not.toHaveProperty("require");
    const claimed = await learn([line({ agent: { name: "x", source: "client_info", verified: false } })]);
    expect(claimed.policy).not.toHaveProperty("all_tools");
    expect(claimed.policy.tools.get.description).toBe("1 call: anonymous 1");
  });

  it.each([
    // 99 hours with one call each, and one with 20.
    ["what the log has in one window, above the head room", ["--head-room", "2"], 20],
    ["the head room, above what the log has", ["--head-room", "30"], 30],
  ])("limits calls to %s", async (_what, flags, max) => {
    const usual = repeat(99, (index) => line({}, index * 3600));
    const burst = repeat(20, (index) => line({}, 100 * 3600 + index));
    const { policy } = await learn([...usual, ...burst], ...flags);
    expect(policy.tools.get.limits[0]).toMatchObject({ window: "hour", max });
  });

  it("counts what came together across the boundary of two windows", async () => {
    const { policy } = await learn(
      repeat(40, (index) => line({}, 3590 + index / 2)),
      "--head-room",
      "1",
    );
    expect(policy.tools.get.limits[0].max).toBe(40);
  });

  it("lists the texts that were captured, and bounds the numbers", async () => {
    const lines = repeat(6, (index) =>
      line(
        captured({
          "args.region": ["text", index % 2 === 0 ? "eu" : "us"],
          "args.size": ["number", String(index * 10)],
          "args.dry_run": index === 0 ? ["missing"] : ["boolean", "true"],
          "args.free": ["text", `text ${index}`],
          "args.list": ["list", "[1]"],
          "args.key": ["text", "bearer [redacted]"],
        }),
      ),
    );
    const { policy } = await learn(lines, "--values", "5");
    expect(policy.tools.get.require).toEqual([
      {
        description: "args.region: 2 values in 6 calls",
        conditions: [{ path: "args.region", op: "in", value: ["eu", "us"] }],
      },
      {
        description: "args.size: from 0 to 50 in 6 calls",
        conditions: [
          { path: "args.size", op: "gte", value: 0 },
          { path: "args.size", op: "lte", value: 50 },
        ],
      },
      {
        description: "args.dry_run: 1 value in 5 of 6 calls",
        conditions: [{ path: "args.dry_run", op: "in", value: [true], if_present: true }],
      },
    ]);
    expect(policy.tools.get.description).toBe(
      "6 calls: ann 6; args.free: no rule, more than 5 values; args.list: no rule, a list or an object; args.key: no rule, a secret in it",
    );
    const none = await learn(lines, "--values", "0");
    expect(none.policy.tools.get).not.toHaveProperty("require");
  });

  it("makes no rule of an argument that was not captured in each call", async () => {
    const { policy } = await learn([
      line(captured({ "args.a": ["text", "x"] })),
      line({ args: { keys: ["a"] } }),
    ]);
    expect(policy.tools.get.description).toContain("args.a: no rule, looked at in 1 of 2 calls");
  });

  it("reads values of a log without types as text or as number", async () => {
    const { policy } = await learn([untyped("5"), untyped("x")]);
    expect(policy.tools.get.require[0].conditions).toEqual([
      { path: "args.a", op: "in", value: ["5", 5, "x"] },
    ]);
  });

  it("asks for approval again where a person approved every call", async () => {
    const { policy } = await learn([
      line({ approval: "ap-1" }),
      line({ tool: "set", approval: "ap-2" }),
      line({ tool: "set" }),
    ]);
    expect(policy.tools.get).toMatchObject({
      action: "approve",
      description: "1 call: ann 1; 1 approved by a person",
    });
    expect(policy.tools.set).not.toHaveProperty("action");
  });

  it("is the same in YAML, with the reasons as comments", async () => {
    const log = fileOf("audit.jsonl", [line(), line({ tool: "yes" }), line({ tool: "a\nb: c" })].join(""));
    const json = await run("learn", log);
    const yaml = await run("learn", log, "--format", "yaml");
    expect(parse(yaml.stdout)).toEqual(withoutDescriptions(JSON.parse(json.stdout)));
    expect(yaml.stdout).toContain("\n  # 1 call: ann 1\n  get:\n");
  });

  it("names the tools that the server lists and no agent called", async () => {
    const tools = fileOf("tools.json", { tools: [toolOf("get"), toolOf("drop")] });
    const { policy } = await learn([line(), line({ tool: "gone" })], "--tools", tools);
    expect(policy.description).toContain("Listed by the server and never called, so denied: drop.");
    expect(policy.description).toContain("Called, and no longer listed by the server: gone.");
  });

  it("is written to a file once, and for each agent to a folder", async () => {
    const folder = temporaryFolder();
    const log = fileOf(
      "audit.jsonl",
      [line(), line(by("b/c")), line({ ...by("bob"), tool: "set" })].join(""),
    );
    const file = join(folder, "p.yaml");
    expect((await run("learn", log, "-o", file)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("mode: shadow");
    expect(await run("learn", log, "-o", file)).toMatchObject({
      code: 1,
      stderr: `tollgate: ${file}: is there already; name another file, or give --force\n`,
    });
    expect((await run("learn", log, "-o", file, "--force")).code).toBe(0);
    expect((await run("learn", log, "--per-agent", "--out", join(folder, "all"))).code).toBe(0);
    expect(parse(readFileSync(join(folder, "all/agents.yaml"), "utf8"))).toEqual({
      policy: `${folder}/all/others.yaml`,
      agents: [
        { match: "ann", policy: `${folder}/all/ann.yaml` },
        { match: "b/c", policy: `${folder}/all/ann.yaml` },
        { match: "bob", policy: `${folder}/all/bob.yaml` },
      ],
    });
    expect(parse(readFileSync(join(folder, "all/others.yaml"), "utf8"))).toMatchObject({
      default: "deny",
      tools: {},
    });
  });
});

describe("the log", () => {
  it("may be gzipped, cut off in its last line, or come from standard input", () => {
    const text = `${line()}${line()}${line().slice(0, 40)}`;
    const argv = [MAIN, "policy", "learn", "--audit", "-", "--format", "yaml"];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
      input: gzipSync(text),
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining("# 2 calls: ann 2")]);
    expect(stderr).toContain("tollgate: -: its last line is cut off, and left out\n");
  });

  it("is learned from calls that passed; the others are counted", async () => {
    const lines = [
      line(),
      line({ effect: "would_deny", reason: "default_deny", mode: "shadow" }),
      line({ tool: "drop", effect: "deny", reason: "default_deny" }),
      line({ effect: "ask", reason: "approval_required" }),
      line({ method: "tools/list", tool: undefined }),
      line({ effect: "deny", refusal: { cause: "c" } }),
      line({ effect: "quarantine" }),
      "no record\n",
      line(),
    ];
    const { policy, notes } = await learn(lines);
    expect(policy.tools.get.description).toBe("3 calls: ann 3; 1 passed in shadow mode alone");
    expect(notes.split("\n").slice(0, -2)).toEqual([
      "tollgate: learned from 3 calls of 9 lines",
      "tollgate: 2 calls denied: nothing was learned from them",
      "tollgate: 1 tool only denied, and left out: drop",
      "tollgate: 1 call passed in shadow mode alone, and the policy lets them pass: see whether it should",
      "tollgate: 1 line could not be read as records, and left out",
      "tollgate: 1 record of another version of the log, and left out: learn with the version that wrote them",
    ]);
  });

  it("is bounded by --since and --until", async () => {
    const lines = [line(), line({ tool: "set" }, 86_400), line({ tool: "drop" }, 2 * 86_400)];
    const { policy, notes } = await learn(lines, "--since", "2026-01-02", "--until", "2026-01-03");
    expect(Object.keys(policy.tools)).toEqual(["set"]);
    expect(notes).toContain("2 calls outside --since and --until");
  });

  it("raises a limit by the calls that come far out of order", async () => {
    const late = repeat(5, (index) => line({}, index));
    const { policy, notes } = await learn([line({}, 100 * 3600), line({}, 200 * 3600), ...late]);
    expect(policy.tools.get.limits[0].max).toBe(6);
    expect(notes).toContain(
      "5 calls far out of the order of time: the limits of their tools are higher by as many",
    );
  });

  const NEVER = "nothing to learn from:";
  it.each<[string, readonly string[], readonly string[], string]>([
    [
      "is empty",
      [],
      [],
      "the log is empty; run Tollgate with --audit while agents work, in shadow mode if need be",
    ],
    ["is no log", ["{}\n", "text\n"], [], "none of its lines is a record of an audit log"],
    [
      "has no calls",
      [line({ method: "ping", tool: undefined })],
      [],
      "its records are about no call of a tool",
    ],
    ["is of another version", [line({ effect: "x" })], [], "its records are of another version of the log"],
    [
      "has denied calls alone",
      [line({ effect: "deny" })],
      [],
      "1 call, and none passed; run in shadow mode while agents work",
    ],
    ["has no call in the time", [line()], ["--since", "2027-01-01"], "no call is within --since and --until"],
  ])("that %s gives no policy", async (_what, lines, flags, reason) => {
    const file = fileOf("audit.jsonl", lines.join(""));
    const out = join(temporaryFolder(), "p.json");
    const { code, stderr } = await run("learn", "--audit", file, "--out", out, ...flags);
    expect([code, stderr.split("\n")[0]]).toEqual([1, `tollgate: ${file}: ${NEVER} ${reason}`]);
    expect(() => readFileSync(out)).toThrow("ENOENT");
  });

  it("that cannot be read gives no policy", async () => {
    const cut = fileOf(
      "audit.gz",
      gzipSync(repeat(2_000, (index) => line({ id: String(Math.sin(index)) })).join("")).subarray(0, 9_000),
    );
    expect(await run("learn", "--audit", cut)).toMatchObject({
      code: 1,
      stderr: `tollgate: ${cut}: cannot be read: its compressed data ends too early; copy the whole file\n`,
    });
    expect(await run("learn", "--audit", "/nowhere.jsonl")).toMatchObject({ code: 1, stdout: "" });
  });

  it("with more agents and tools than there is room for is refused, or counts them together", async () => {
    const agents = repeat(10_050, (index) => line(by(`a${index}`)));
    const { policy, notes } = await learn(agents);
    expect(policy).not.toHaveProperty("all_tools");
    expect(policy.tools.get.limits[0].max).toBe(50);
    expect(notes).toContain("some tools have more agents than are counted apart");
    const tools = fileOf("audit.jsonl", repeat(10_050, (index) => line({ tool: `t${index}` })).join(""));
    expect(await run("learn", "--audit", tools)).toMatchObject({
      code: 1,
      stderr: "tollgate: the calls name more than 10000 tools: narrow them with --since and --until\n",
    });
  });
});

describe("the command line", () => {
  it.each([
    [[], "--audit: is required: a log that tollgate run --audit wrote, or - for stdin"],
    [
      ["x", "--window", "huor"],
      '--window: must be one of minute, hour, day, got "huor", did you mean "hour"?',
    ],
    [["x", "--head-room", "0.5"], '--head-room: must be a number from 1 to 1000, got "0.5"'],
    [["x", "--values", "-1"], "`--values` needs a value; one that begins with - is written --values=VALUE"],
    [["x", "--values", "many"], '--values: must be a number from 0 to 1000, got "many"'],
    [["x", "--since", "May"], '--since: must be a time such as 30d, 2h or 2026-07-01T12:00:00Z, got "May"'],
    [["x", "--mode", "off"], '--mode: must be one of shadow, enforce, got "off"'],
    [["x", "--per-agent"], "--per-agent: needs --out with a folder"],
    [["x", "--format", "xml"], '--format: must be json or yaml, got "xml"'],
    [
      ["x", "--tools", "a", "--upstream", "http://b"],
      "must have one of --tools, --upstream and -- COMMAND, got several",
    ],
    [["x", "--haed-room", "2"], "unknown option `--haed-room`, did you mean `--head-room`?"],
  ])("of %j is refused", async (argv, problem) => {
    const { code, stderr } = await run("learn", ...argv);
    expect([code, stderr.split("\n")[0]]).toEqual([64, `tollgate policy learn: ${problem}`]);
  });

  it("takes a URL as --tools", async () => {
    const { code, stderr } = await run("learn", "x", "--tools", "http://127.0.0.1:9/mcp");
    expect([code, stderr]).toEqual([69, expect.stringContaining("127.0.0.1:9")]);
  });
});
