/** Lines of the log, and secrets that it must not contain. */

import { describe, expect, it } from "vitest";
import { createLogObserver } from "../../../src/telemetry/logging/log-observer.ts";
import { prettyLine } from "../../../src/telemetry/logging/log-pretty.ts";
import { createLog, type Log, type LogOptions } from "../../../src/telemetry/logging/log.ts";
import {
  misfit,
  exampleTool,
  ALLOWED,
  DENIED,
  denied,
  exampleRequest,
  observe,
  SUCCESS,
} from "../examples.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

function open(options: Partial<LogOptions> = {}): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog({ level: "info", format: "json", destination, ...options }), lines };
}

function fieldsOf(line: string | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(line ?? "");
}

describe("createLog", () => {
  it("writes one JSON line per event, with the level's name and an ISO time", () => {
    const { log, lines } = open();
    log.warn({ path: "policy.json" }, "policy could not be loaded");
    expect(lines).toHaveLength(1);
    expect(fieldsOf(lines[0])).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      path: "policy.json",
      msg: "policy could not be loaded",
    });
  });

  it("writes nothing below its level", () => {
    const { log, lines } = open({ level: "warn" });
    log.info("ready");
    expect(lines).toEqual([]);
  });

  it.each<[string, object]>([
    ["a header", { headers: { authorization: `Bearer ${JWT}` } }],
    ["a key of its own", { token: "hunter2" }],
    ["a nested key", { settings: { identity: { client_secret: "hunter2" } } }],
    ["a text", { detail: `got Bearer hunter2.abc from the agent` }],
    ["a token in a text", { detail: `cannot verify ${JWT}: bad signature` }],
    ["an address", { url: "redis://user:hunter2@cache:6379/0" }],
    ["an error", { err: new Error(`connect to https://u:hunter2@host failed with Bearer ${JWT}`) }],
  ])("takes secrets out of %s", (_what, fields) => {
    const { log, lines } = open();
    log.error(fields, "identity failed");
    expect(lines[0]).not.toMatch(/hunter2|eyJ/);
    expect(fieldsOf(lines[0])).toMatchObject({ msg: "identity failed" });
  });

  it("stays one valid line with any text in a field", () => {
    const { log, lines } = open();
    const detail = 'a\nb"\\ Bearer x\\" ://a"b@c eyJhbGciOiJS.\u2028 \ud800';
    log.info({ detail }, "message refused");
    expect(lines[0]?.trimEnd()).not.toContain("\n");
    expect(fieldsOf(lines[0])).toHaveProperty("detail");
  });

  it("writes pretty lines when configured", () => {
    const { log, lines } = open({ format: "pretty" });
    log.warn({ path: "policy.json", problems: 2 }, "policy could not be loaded");
    expect(lines[0]).toMatch(
      /^[\d:.]{12} WARN {2}policy could not be loaded {2}path=policy\.json {2}problems=2\n$/,
    );
  });
});

describe("prettyLine", () => {
  it("escapes control characters, so that a name cannot control the terminal", () => {
    const line = JSON.stringify({ level: "info", time: "", msg: "call denied", agent: "a\u001b[31m\nb" });
    expect(prettyLine(line)).toContain(String.raw`agent="a\u001b[31m\nb"`);
  });

  it("shows an error's stack below its line", () => {
    const line = JSON.stringify({ level: "error", msg: "m", err: { stack: "Error: x\n    at y" } });
    expect(prettyLine(line)).toBe(" ERROR m\n    Error: x\n        at y\n");
  });

  it("returns a line that is not a JSON object unchanged", () => {
    expect([prettyLine("plain\n"), prettyLine("[1]\n")]).toEqual(["plain\n", "[1]\n"]);
  });
});

function watch(nowMs = { value: 0 }): { lines: string[]; observer: ReturnType<typeof createLogObserver> } {
  const { log, lines } = open();
  return { lines, observer: createLogObserver({ log, traceIdOf: () => "abc", now: () => nowMs.value }) };
}

describe("createLogObserver", () => {
  it("logs nothing on success", () => {
    const { lines, observer } = watch();
    observe(observer, exampleRequest());
    expect(lines).toEqual([]);
  });

  it("logs a denial with agent, tool, reason and trace id", () => {
    const { lines, observer } = watch();
    const request = exampleRequest();
    observe(observer, request, denied(), DENIED);
    expect(lines.map(fieldsOf)).toMatchObject([
      {
        msg: "call denied",
        id: request.id,
        tool: "ExecuteQuery",
        agent: "planner",
        reason: "rate_limited",
        rule: "/tools/ExecuteQuery/limits/per-minute",
        trace_id: "abc",
      },
    ]);
  });

  it("says once for each tool that its arguments cannot be checked", () => {
    const { lines, observer } = watch();
    const text = "the tool's input schema is too large";
    const unusable = misfit({ check: "validate", cause: "schema_unusable", text });
    for (let count = 0; count < 3; count += 1) observe(observer, exampleRequest(), unusable);
    observe(observer, exampleRequest(), misfit({ cause: "schema_unknown", text: "not known" }));
    expect(lines.map(fieldsOf)).toMatchObject([
      {
        level: "warn",
        msg: "the arguments of a tool cannot be checked",
        tool: "ExecuteQuery",
        cause: "schema_unusable",
        check: "validate",
        problem: text,
      },
      { level: "info", cause: "schema_unknown", check: "observe" },
    ]);
  });

  it("logs no arguments that do not fit and pass", () => {
    const { lines, observer } = watch();
    observe(observer, exampleRequest(), misfit());
    expect(lines).toEqual([]);
  });

  it("notes 1,000 tools at most, since agents choose names", () => {
    const { lines, observer } = watch();
    for (let count = 0; count < 1_100; count += 1) {
      const tool = exampleTool(`t${count}`);
      observe(observer, exampleRequest({ tool }), misfit({ cause: "schema_unknown" }));
    }
    expect(lines).toHaveLength(1_000);
  });

  it("logs a failed upstream", () => {
    const { lines, observer } = watch();
    observe(observer, exampleRequest(), ALLOWED, { ...SUCCESS, outcome: "timeout" });
    expect(lines.map(fieldsOf)).toMatchObject([{ level: "warn", msg: "request failed", outcome: "timeout" }]);
  });

  it("logs a refused message", () => {
    const { lines, observer } = watch();
    observer.messageRefused?.({
      id: "1",
      atMs: 0,
      cause: "batch",
      detail: "an array",
      transport: "http",
      bytes: 2,
    });
    expect(lines.map(fieldsOf)).toMatchObject([{ msg: "message refused", cause: "batch", bytes: 2 }]);
  });

  it("limits the rate of lines, and later logs the number of suppressed ones", () => {
    const nowMs = { value: 0 };
    const { lines, observer } = watch(nowMs);
    for (let index = 0; index < 1000; index += 1) observe(observer, exampleRequest(), denied(), DENIED);
    expect(lines).toHaveLength(60);
    nowMs.value = 60_000;
    observe(observer, exampleRequest(), denied(), DENIED);
    expect(fieldsOf(lines.at(-1))).toMatchObject({ suppressed: 940 });
  });
});
