/** `tollgate audit query`: its results, its output, and broken logs. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runAudit } from "../../../src/commands/audit.ts";
import { type AuditCommandIo, runQuery } from "../../../src/commands/audit/query.ts";
import { readLines } from "../../../src/commands/audit/read-lines.ts";
import { RecordGroups, OTHER_GROUPS } from "../../../src/commands/audit/tally.ts";
import { parseTimeBound } from "../../../src/commands/audit/time-bound.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";
import { temporaryFile } from "../../fixtures/lifetime.ts";
import { MAIN } from "../../fixtures/start-wrap.ts";
import { runProgram } from "../policy/run.ts";

const NOW_MS = Date.UTC(2026, 6, 31, 12);
const DAY_MS = 86_400_000;

function line(daysAgo: number, agent: string, fields: object = {}): string {
  const record = {
    time: new Date(NOW_MS - daysAgo * DAY_MS).toISOString(),
    id: `${agent}-${daysAgo}`,
    server: "healthomics",
    agent: { name: agent, source: "header", verified: true },
    method: "tools/call",
    tool: "StartAHORunBatch",
    category: "execute",
    effect: "allow",
    args: { bytes: 10, keys: [] },
    upstream: { outcome: "success", status: 200, duration_ms: 1.5, result_bytes: 100 },
    ...fields,
  };
  return `${JSON.stringify(record)}\n`;
}

const DENIED = { effect: "deny", reason: "rate_limited", rule: "/tools/x/limits/y", upstream: undefined };

const LINES = [
  line(40, "planner"),
  line(20, "planner"),
  line(10, "planner"),
  line(9, "planner", DENIED),
  line(8, "runner", DENIED),
  line(7, "runner", DENIED),
  line(6, "runner", { ...DENIED, reason: "default_deny", rule: "(default deny)" }),
  line(5, "reader", { tool: "ListAHORuns", category: "read" }),
  line(4, "reader", {
    tool: "ListAHORuns",
    category: "read",
    upstream: { outcome: "tool_error", duration_ms: 2 },
  }),
].join("");

const LOG = temporaryFile("audit.jsonl", LINES);

function query(...argv: readonly string[]): Promise<Run> {
  return queryWith(argv, {});
}

interface Given {
  readonly stdin?: Readable;
  readonly env?: AuditCommandIo["env"];
}

function queryWith(argv: readonly string[], { stdin = Readable.from([]), env = {} }: Given): Promise<Run> {
  return captureIo((io) => runQuery(argv, { ...io, stdin, env }, NOW_MS));
}

function audit(...argv: readonly string[]): Promise<Run> {
  return captureIo((io) => runAudit(argv, { ...io, stdin: Readable.from([]), env: {} }));
}

describe("a query for a month's calls of one tool by agent, effect and reason", () => {
  const asked = ["--tool", "StartAHORunBatch", "--since", "30d", "--by", "agent,effect,reason"];

  it("prints a table with the most frequent group first", async () => {
    expect(await query("--audit", LOG, ...asked)).toEqual({
      code: 0,
      stdout: [
        "agent    effect  reason        count",
        "planner  allow   -                 2",
        "runner   deny    rate_limited      2",
        "planner  deny    rate_limited      1",
        "runner   deny    default_deny      1",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  it("prints JSON with --format json", async () => {
    const { stdout } = await query("--audit", LOG, ...asked, "--format", "json");
    expect(JSON.parse(stdout)).toEqual([
      { agent: "planner", effect: "allow", reason: null, count: 2 },
      { agent: "runner", effect: "deny", reason: "rate_limited", count: 2 },
      { agent: "planner", effect: "deny", reason: "rate_limited", count: 1 },
      { agent: "runner", effect: "deny", reason: "default_deny", count: 1 },
    ]);
  });

  it("prints CSV with --format csv", async () => {
    const { stdout } = await query("--audit", LOG, ...asked, "--format", "csv");
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "agent,effect,reason,count",
      "planner,allow,,2",
      "runner,deny,rate_limited,2",
    ]);
  });
});

/** The ids of the records that a query shows. */
async function idsOf(...argv: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await query("--audit", LOG, "--format", "json", ...argv);
  const records: { id: string }[] = JSON.parse(stdout);
  return records.map(({ id }) => id);
}

describe("a filter", () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      ["--agent", "reader"],
      ["reader-5", "reader-4"],
    ],
    [["--agent", "reader", "--outcome", "tool_error"], ["reader-4"]],
    [
      ["--category", "read", "--tool", "ListAHORuns"],
      ["reader-5", "reader-4"],
    ],
    [["--effect", "deny", "--agent", "planner"], ["planner-9"]],
    [["--decision", "deny", "--agent", "planner"], ["planner-9"]],
    [["--reason", "default_deny"], ["runner-6"]],
    [["--rule", "(default deny)"], ["runner-6"]],
    [
      ["--agent", "reader", "--agent", "planner", "--since", "9d"],
      ["planner-9", "reader-5", "reader-4"],
    ],
    [
      ["--since", "2026-07-25", "--until", "2026-07-27T00:00:00Z"],
      ["runner-6", "reader-5"],
    ],
    [
      ["--since", "6d", "--until", "4d"],
      ["runner-6", "reader-5"],
    ],
    [["--server", "healthomics", "--limit", "1"], ["reader-4"]],
    [["--tool", "StartAHORun"], []],
  ])("selects the records that match: %j", async (argv, ids) => {
    expect(await idsOf(...argv)).toEqual(ids);
  });
});

it("sums the field named by --sum", async () => {
  const sums = ["--by", "tool", "--sum", "duration_ms,result_bytes"];
  const { stdout } = await query("--audit", LOG, ...sums, "--format", "csv");
  expect(stdout).toBe(
    "tool,count,duration_ms,result_bytes\nStartAHORunBatch,7,4.5,300\nListAHORuns,2,3.5,100\n",
  );
});

it("shows single records without --by", async () => {
  const { stdout } = await query("--audit", LOG, "--agent", "runner", "--limit", "1");
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(
      /^time +agent +user +tool +category +effect +reason +rule +outcome +duration_ms +id$/,
    ),
    expect.stringMatching(
      /^2026-07-25T12:00:00.000Z +runner .* deny +default_deny +\(default deny\) +- +- +runner-6$/,
    ),
    "",
  ]);
});

it("reports on stderr that no record matched, and exits with 0", async () => {
  const found = await query("--audit", LOG, "--agent", "nobody", "--by", "tool");
  expect(found).toEqual({
    code: 0,
    stdout: "tool  count\n",
    stderr: "tollgate: none of 9 records matches\n",
  });
});

it("reports how many records it did not show", async () => {
  const { stderr } = await query("--audit", LOG, "--by", "agent", "--limit", "1");
  expect(stderr).toBe("tollgate: 1 of 3 groups shown; more with --limit\n");
});

describe("a log", () => {
  const counted = ["--by", "server", "--format", "csv"];

  it("can consist of several files, some of them gzipped", async () => {
    const old = temporaryFile("audit.jsonl.1.gz", gzipSync(LINES));
    const { stdout } = await query("--audit", LOG, old, ...counted);
    expect(stdout).toBe("server,count\nhealthomics,18\n");
  });

  it.each([
    ["plain", Buffer.from(LINES)],
    ["gzipped", gzipSync(LINES)],
  ])("can come from standard input, %s, one byte at a time", async (_what, bytes) => {
    const stdin = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));
    const { stdout } = await queryWith(["--audit", "-", ...counted], { stdin });
    expect(stdout).toBe("server,count\nhealthomics,9\n");
  });

  it("can contain lines that are not records, which are counted and reported", async () => {
    const broken = ["no JSON", "{", "[]", "null", '{"time":5}', '{"time":"yesterday"}', '{"a":1}', "\u0000"];
    const file = temporaryFile("broken.jsonl", `${broken.join("\n")}\n\n\r\n${LINES}{"time":"2026-`);
    expect(await query("--audit", file, ...counted)).toEqual({
      code: 0,
      stdout: "server,count\nhealthomics,9\n",
      stderr: "tollgate: 9 lines could not be read as records\n",
    });
  });

  it("can contain a line of any length, which is not held in memory", async () => {
    const file = temporaryFile(
      "long.jsonl",
      `{"time":"${"x".repeat(3_000_000)}"}\n${LINES}${"y".repeat(2_000_000)}`,
    );
    expect(await query("--audit", file, ...counted)).toMatchObject({
      stdout: "server,count\nhealthomics,9\n",
      stderr: "tollgate: 2 lines could not be read as records\n",
    });
  });

  it("defaults to the file in TOLLGATE_AUDIT", async () => {
    const env = { TOLLGATE_AUDIT: LOG };
    const asked = ["--tool", "StartAHORunBatch", "--since", "30d", "--by", "agent,effect,reason"];
    const ran = await queryWith(asked, { env });
    expect(ran).toEqual(await query("--audit", LOG, ...asked));
    const own = temporaryFile("own.jsonl", line(1, "a"));
    const named = await queryWith([own, ...counted], { env });
    expect(named.stdout).toBe("server,count\nhealthomics,1\n");
  });

  it("cannot be read when TOLLGATE_AUDIT is -", async () => {
    const ran = await queryWith(counted, { env: { TOLLGATE_AUDIT: "-" } });
    expect([ran.code, ran.stdout]).toEqual([64, ""]);
  });

  it("that cannot be read is reported, and the others are read", async () => {
    const missing = `${LOG}.missing`;
    const cut = temporaryFile("cut.gz", gzipSync(LINES.repeat(50)).subarray(0, 100));
    const { code, stdout, stderr } = await query("--audit", missing, cut, LOG, ...counted);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^server,count\nhealthomics,\d+\n$/);
    expect(stderr).toContain(`tollgate: ${missing}: cannot be read: no such file; check the path\n`);
    expect(stderr).toContain(
      `tollgate: ${cut}: cannot be read: its compressed data ends too early; copy the whole file\n`,
    );
  });

  it("is split into the same lines at any chunk boundary", async () => {
    const content = "größe\n測\n\nlast";
    for (let cut = 0; cut <= Buffer.byteLength(content); cut += 1) {
      const bytes = Buffer.from(content);
      const lines: string[] = [];
      const stdin = Readable.from(
        [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0),
      );
      await readLines("-", stdin, { line: (each) => void lines.push(each), tooLong: expect.unreachable });
      expect(lines).toEqual(["größe", "測", "last"]);
    }
  });
});

describe("an agent's name", () => {
  it.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\\t=1"],
    ['a"b', '"a""b"'],
    ["a,b", '"a,b"'],
    ["a\nb", '"a\\nb"'],
  ])("is never a formula in CSV: %j", async (agent, cell) => {
    const file = temporaryFile("formula.jsonl", line(1, agent));
    const { stdout } = await query("--audit", file, "--by", "agent", "--format", "csv");
    expect(stdout).toBe(`agent,count\n${cell},1\n`);
  });

  it("is escaped, so that it cannot control a terminal", async () => {
    const file = temporaryFile("terminal.jsonl", line(1, "\u001b[31mred\u009b2J"));
    const { stdout } = await query("--audit", file, "--by", "agent");
    expect(stdout).toContain("\\u001b[31mred\\u009b2J");
  });

  it("never merges two groups, whatever characters it contains", async () => {
    const file = temporaryFile(
      "apart.jsonl",
      line(1, 'a","b', { tool: "c" }) + line(1, "a", { tool: 'b","c' }),
    );
    const { stdout } = await query("--audit", file, "--by", "agent,tool", "--format", "json");
    expect(JSON.parse(stdout)).toHaveLength(2);
  });

  it("cannot exhaust memory: beyond the maximum, all further groups are counted as one", () => {
    const groups = new RecordGroups({ by: ["agent"], sums: [], limit: 10 }, 2);
    for (const name of ["a", "b", "c", "d", "a"]) groups.add(JSON.parse(line(1, name)));
    expect(groups.top()).toEqual([
      { values: [OTHER_GROUPS], count: 2, sums: [] },
      { values: ["a"], count: 2, sums: [] },
      { values: ["b"], count: 1, sums: [] },
    ]);
  });
});

describe("a time", () => {
  it.each([
    ["30d", "2026-07-01T12:00:00.000Z"],
    ["2h", "2026-07-31T10:00:00.000Z"],
    ["15m", "2026-07-31T11:45:00.000Z"],
    ["2w", "2026-07-17T12:00:00.000Z"],
    ["2026-07-01", "2026-07-01T00:00:00.000Z"],
    ["2026-07-01T10:00", "2026-07-01T10:00:00.000Z"],
    ["2026-07-01 10:00:05", "2026-07-01T10:00:05.000Z"],
    ["2026-07-01T10:00:00+02:00", "2026-07-01T08:00:00.000Z"],
    ["yesterday", undefined],
    ["30", undefined],
    ["2026", undefined],
    ["2026-13-01", undefined],
    ["999999w", undefined],
  ])("is parsed when it is valid: %s", (given, time) => {
    expect(parseTimeBound(given, NOW_MS)).toBe(time);
  });
});

describe("the command line", () => {
  it.each<[readonly string[], string]>([
    [["--by", "agent"], "--audit: is required: a log that tollgate run --audit wrote, or - for stdin"],
    [["a", "--by", "agnet"], "--by: must be one of agent, user, tool,"],
    [["a", "--by", "agents"], 'got "agents", did you mean "agent"?'],
    [["a", "--effect", "denied"], "--effect: must be one of allow, deny, would_deny, ask"],
    [["a", "--reason", "x"], "--reason: must be one of denied_by_rule,"],
    [["a", "--category", "x"], "--category: must be one of read,"],
    [["a", "--since", "x"], '--since: must be a time such as 30d, 2h or 2026-07-01T12:00:00Z, got "x"'],
    [["a", "--until", "x"], "--until: must be a time"],
    [["a", "--sum", "duration_ms"], "--sum: needs --by"],
    [["a", "--by", "tool", "--sum", "x"], "--sum: must be one of duration_ms, result_bytes, args_bytes"],
    [["a", "--format", "xml"], '--format: must be table or json or csv, got "xml"'],
    [["a", "--limit", "0"], '--limit: must be a whole number from 1 to 100000, got "0"'],
    [["a", "--frobnicate"], "unknown option `--frobnicate`"],
  ])("%j exits with 64 and names the fault", async (argv, problem) => {
    const { code, stdout, stderr } = await query(...argv);
    expect([code, stdout]).toEqual([64, ""]);
    expect(stderr).toContain(`tollgate audit query: `);
    expect(stderr).toContain(problem);
    expect(stderr).toMatch(/see tollgate audit query --help\n$/);
  });

  it("has a help text that fits a screen and names every flag", async () => {
    const { code, stdout } = await audit("query", "--help");
    const lines = stdout.split("\n");
    expect(code).toBe(0);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120);
    const flags =
      "audit tool agent server session rule category effect decision reason outcome since until by";
    for (const flag of [...flags.split(" "), "sum", "format", "limit"]) expect(stdout).toContain(`--${flag}`);
  });

  it.each<[readonly string[], number, string]>([
    [[], 64, "a command is required: query"],
    [["quary"], 64, "unknown command `quary`"],
    [["--help"], 0, ""],
  ])("tollgate audit %j exits with %i", async (argv, code, problem) => {
    const ran = await audit(...argv);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(problem);
  });

  it("exits without an error when its reader closes the pipe", async () => {
    const many = temporaryFile("many.jsonl", LINES.repeat(2_000));
    const child = spawn(process.execPath, [MAIN, "audit", "query", many, "--limit", "18000"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [told, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect([code, told]).toEqual([0, ""]);
  });

  it("can be run through main.ts", async () => {
    const ran = await runProgram("audit", "query", "--audit", LOG, "--by", "server", "--format", "csv");
    expect(ran).toEqual({ code: 0, stdout: "server,count\nhealthomics,9\n", stderr: "" });
  });
});
