/** Which argument values are kept, and what is left of them. */

import { describe, expect, it } from "vitest";
import {
  type CapturedValues,
  type CaptureRule,
  createCapture,
} from "../../../src/telemetry/audit/capture.ts";
import { exampleList, exampleRequest, exampleTool } from "../examples.ts";

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${"a".repeat(43)}`;

function capture(args: string, paths: readonly string[], tool = "ExecuteQuery"): CapturedValues | undefined {
  const request = exampleRequest({ args: { bytes: args.length, keys: [], text: args } });
  return createCapture([{ tool, paths }])(request)?.values;
}

describe("a value", () => {
  it.each<[string, string, CapturedValues]>([
    ['{"id":"w-1","other":"x"}', "args.id", { "args.id": "w-1" }],
    ['{"a":{"b":[1,{"c":"deep"}]}}', "args.a.b[1].c", { "args.a.b[1].c": "deep" }],
    ['{"a.b":true}', 'args["a.b"]', { 'args["a.b"]': "true" }],
    ['{"n":9007199254740993}', "args.n", { "args.n": "9007199254740993" }],
    ['{"n":1.0}', "args.n", { "args.n": "1.0" }],
    ['{"o":{"x":[1,"y"]}}', "args.o", { "args.o": '{"x":[1,"y"]}' }],
    ['{"n":null}', "args.n", {}],
    ["{}", "args.n", {}],
    ['{"__proto__":"x"}', "args.__proto__.y", {}],
    ['{"constructor":"x"}', "args.constructor", { "args.constructor": "x" }],
  ])("of %s at %s", (args, path, captured) => {
    expect(capture(args, [path])).toEqual(captured);
  });

  it("is recorded only for the named tools", () => {
    expect(capture('{"id":"x"}', ["args.id"], "OtherTool")).toBeUndefined();
    expect(createCapture([{ tool: "tools/list", paths: ["args"] }])(exampleList())).toBeUndefined();
    expect(createCapture([])(exampleRequest())).toBeUndefined();
  });

  it("is recorded for each path of each rule for the tool", () => {
    const rules: CaptureRule[] = [
      { tool: "ExecuteQuery", paths: ["args.a"] },
      { tool: "ExecuteQuery", paths: ["args.b", "args.c"] },
    ];
    const text = '{"a":1,"b":2}';
    expect(createCapture(rules)(exampleRequest({ args: { bytes: 9, keys: [], text } }))).toEqual({
      values: { "args.a": "1", "args.b": "2" },
      types: { "args.a": "number", "args.b": "number", "args.c": "missing" },
    });
  });

  it("is read once for each request, so that it outlives the text of the arguments", () => {
    const keep = createCapture([{ tool: "ExecuteQuery", paths: ["args.a"] }]);
    const request = exampleRequest({ args: { bytes: 9, keys: [], text: '{"a":1}' } });
    expect(keep(request)).toBe(keep(request));
  });

  it("is absent for a call without arguments, and for arguments that are no object", () => {
    const keep = createCapture([{ tool: "ExecuteQuery", paths: ["args.a"] }]);
    expect(keep(exampleRequest())).toBeUndefined();
    expect(keep(exampleRequest({ args: { bytes: 0, keys: [], text: "" } }))).toEqual({
      values: {},
      types: { "args.a": "unclear" },
    });
  });

  it("is recorded for a tool with any name", () => {
    const keep = createCapture([{ tool: "__proto__", paths: ["args.a"] }]);
    const args = { bytes: 9, keys: [], text: '{"a":1}' };
    expect(keep(exampleRequest({ tool: exampleTool("__proto__"), args }))?.values).toEqual({
      "args.a": "1",
    });
  });

  it("is refused for an invalid path", () => {
    expect(() => createCapture([{ tool: "t", paths: ["arguments.x"] }])).toThrow("arguments.x is no path");
  });
});

describe("the type of a value", () => {
  it.each<[string, string, string]>([
    ['{"a":"x"}', "args.a", "text"],
    ['{"a":5}', "args.a", "number"],
    ['{"a":false}', "args.a", "boolean"],
    ['{"a":null}', "args.a", "null"],
    ['{"a":[1]}', "args.a", "list"],
    ['{"a":{}}', "args.a", "object"],
    ["{}", "args.a", "missing"],
    ['{"a":{}}', "args.a.b", "missing"],
    ['{"a":{"b":null}}', "args.a.b", "null"],
    ['{"a":null}', "args.a.b", "missing"],
    ['{"a":"x"}', "args.a.b", "unclear"],
    ['{"A":1,"a":2}', "args.a", "unclear"],
    ['{"A":1}', "args.a", "unclear"],
    ['{"a":{"B":1,"b":2}}', "args.a.b", "unclear"],
    ["[]", "args.a", "unclear"],
  ])("of %s at %s is recorded as %s", (text, path, type) => {
    const request = exampleRequest({ args: { bytes: text.length, keys: [], text } });
    expect(createCapture([{ tool: "ExecuteQuery", paths: [path] }])(request)?.types).toEqual({
      [path]: type,
    });
  });
});

describe("a secret", () => {
  it.each<[string, string, string]>([
    [`{"q":"bearer abc.def-1"}`, "args.q", "bearer [redacted]"],
    [`{"q":"see ${JWT} there"}`, "args.q", "see [redacted] there"],
    ['{"q":"https://user:pw@host/x"}', "args.q", "https://[redacted]@host/x"],
    ['{"password":"hunter2"}', "args.password", "[redacted]"],
    ['{"db":{"Pass_Word":"hunter2"}}', "args.db", '{"Pass_Word":"[redacted]"}'],
    ['{"db":{"password":["hunter2"]}}', "args.db.password[0]", "[redacted]"],
    [
      '{"c":[{"apiKey":"k","api-key":"k","AWS_SECRET_ACCESS_KEY":"k"}]}',
      "args.c",
      '[{"apiKey":"[redacted]","api-key":"[redacted]","AWS_SECRET_ACCESS_KEY":"[redacted]"}]',
    ],
    [
      '{"c":{"access_token":{"v":1},"authorization":"x"}}',
      "args.c",
      '{"access_token":"[redacted]","authorization":"[redacted]"}',
    ],
    [
      '{"c":{"token":"x","dbCredentials":"x","privateKey":"x"}}',
      "args.c",
      '{"token":"[redacted]","dbCredentials":"[redacted]","privateKey":"[redacted]"}',
    ],
  ])("in %s at %s is not kept", (args, path, kept) => {
    expect(capture(args, [path])).toEqual({ [path]: kept });
  });

  it.each(["max_tokens", "tokenizer", "secretary", "key", "author"])("is not what %s says", (name) => {
    expect(capture(`{"${name}":"5"}`, [`args.${name}`])).toEqual({ [`args.${name}`]: "5" });
  });

  it("is found before the value is cut", () => {
    const before = "x".repeat(500);
    const kept = capture(`{"q":"${before} ${JWT}"}`, ["args.q"])?.["args.q"];
    expect(kept).toBe(`${before} [redacted]`);
  });
});

it("cuts a long value, between characters", () => {
  expect(capture(`{"q":"${"x".repeat(100_000)}"}`, ["args.q"])?.["args.q"]).toBe(`${"x".repeat(512)}...`);
  const kept = capture(`{"q":"${"x".repeat(511)}😀y"}`, ["args.q"])?.["args.q"];
  expect(kept?.isWellFormed()).toBe(true);
});
