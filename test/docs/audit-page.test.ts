/** docs/audit.md: its fields are the log's, and its examples say what the command says. */

import { readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import { runQuery } from "../../src/commands/audit/query.ts";
import { parseRecord } from "../../src/commands/audit/record.ts";
import { AGENT_SOURCES } from "../../src/enforcement/request.ts";
import { CATEGORIES } from "../../src/policy/category/category.ts";
import { CHAIN_START, createChain } from "../../src/json/line-chain.ts";
import type { Control } from "../../src/enforcement/observer.ts";
import { callRecord, controlRecord, refusalRecord } from "../../src/telemetry/audit/audit-record.ts";
import { denied, exampleRequest, misfit, SUCCESS } from "../telemetry/examples.ts";

const PAGE = readFileSync("docs/audit.md", "utf8");
const SAMPLE = readFileSync("docs/examples/audit.jsonl", "utf8");
const NOW_MS = Date.UTC(2026, 6, 31, 12);

/** First cells of the table under a heading. */
function tableOf(heading: string): readonly string[] {
  const [, section = ""] = PAGE.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return Array.from(own.matchAll(/^\| `([^`]+)` \|/gm), ([, field = ""]) => field);
}

function pathsOf(record: object, prefix = ""): readonly string[] {
  return Object.entries(record).flatMap(([name, value]: [string, unknown]) => {
    const path = prefix + name;
    const isLeaf = typeof value !== "object" || value === null || Array.isArray(value);
    return isLeaf || path.startsWith("args.captured") ? [path] : pathsOf(value, `${path}.`);
  });
}

/** A change with every field that changes can have. */
const CONTROL: Control = {
  atMs: 0,
  action: "freeze",
  by: "b",
  isProven: true,
  reason: "r",
  untilMs: 1,
  policies: ["d"],
  count: 2,
};

/** Every field that a record can have. */
function fieldsOfLog(): ReadonlySet<string> {
  const options = {
    server: "s",
    digest: () => "d",
    traceIdOf: () => "t",
    capture: () => ({ values: { "args.a": "x" }, types: { "args.a": "text" as const } }),
  };
  const limit = { counter: "c", used: 1, max: 1 };
  const request = exampleRequest({
    agent: { name: "a", source: "jwt", verified: true, user: "u" },
    address: "192.0.2.1",
    client: { name: "c", version: "1" },
    session: "s",
    args: { bytes: 2, keys: ["a"], text: "{}" },
  });
  const link = createChain(() => "0".repeat(64), CHAIN_START);
  const lines = [
    callRecord(options, request, { ...denied({ limit }), approval: "a" }, undefined),
    callRecord(options, request, misfit(), SUCCESS),
    link(controlRecord("s", CONTROL)),
    refusalRecord("s", { id: "i", atMs: 0, cause: "batch", detail: "d", transport: "http", bytes: 1 }),
  ];
  return new Set(lines.flatMap((line) => pathsOf(parseRecord(line) ?? {})));
}

it("has a row for each field that a record can have, and for no other", () => {
  expect(tableOf("Fields").toSorted()).toEqual([...fieldsOfLog()].toSorted());
});

it("maps each field of the log for a SIEM, and no other", () => {
  expect(tableOf("SIEM").toSorted()).toEqual([...fieldsOfLog()].toSorted());
});

it("takes from the log for Loki what is there", () => {
  const [, expressions = ""] = /expressions = \{ (.*) \}/.exec(PAGE) ?? [];
  const taken = Array.from(expressions.matchAll(/"([^"]+)"/g), ([, field = ""]) => field);
  expect(taken.length).toBeGreaterThan(3);
  expect(taken.filter((field) => !fieldsOfLog().has(field))).toEqual([]);
});

it("names the words that sources and categories can be", () => {
  expect(PAGE).toContain(`\`${AGENT_SOURCES.join(" ")}\``);
  expect(PAGE).toContain(`\`${CATEGORIES.join(" ")}\``);
});

it("has a sample whose lines are records with these fields", () => {
  const records = SAMPLE.trimEnd()
    .split("\n")
    .map((line) => parseRecord(line));
  expect(records).not.toContain(undefined);
  const fields = new Set(records.flatMap((record) => pathsOf(record ?? {})));
  expect([...fields].filter((field) => !fieldsOfLog().has(field))).toEqual([]);
});

const EXAMPLES = Array.from(
  PAGE.matchAll(/```sh\ntollgate audit query (.*)\n```\n\n```text\n([^]*?)```/g),
  ([, command = "", output = ""]) => ({ command, output }),
);

describe("an example", () => {
  it("is there", () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(5);
  });

  it.each(EXAMPLES)("$command", async ({ command, output }) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const shown = text(stdout);
    const world = { stdin: Readable.from([]), stdout, stderr, env: {} };
    const code = await runQuery(command.split(" "), world, NOW_MS);
    stdout.end();
    expect(code).toBe(0);
    expect(await shown).toBe(output);
  });

  it("of the flags is one that the command knows", async () => {
    const stdout = new PassThrough();
    await runAudit(["query", "--help"], { stdin: Readable.from([]), stdout, stderr: stdout, env: {} });
    stdout.end();
    const help = await text(stdout);
    const flags = new Set(EXAMPLES.flatMap(({ command }) => command.match(/--\w+/g) ?? []));
    for (const flag of flags) expect(help).toContain(flag);
  });
});
