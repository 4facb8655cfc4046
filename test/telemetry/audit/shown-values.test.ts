/** The values of a waiting call as a person reads them. */

import { describe, expect, it } from "vitest";
import type { ShownValues } from "../../../src/enforcement/approvals/approval.ts";
import { isJsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { shownValues } from "../../../src/telemetry/audit/shown-values.ts";

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${"a".repeat(43)}`;

function shown(params: object | string): ShownValues {
  const reading = readJson(typeof params === "string" ? params : JSON.stringify(params));
  if (!reading.ok || !isJsonObject(reading.value)) throw new Error("no object");
  return shownValues(reading.value);
}

function rows(params: object | string): Record<string, string> {
  return Object.fromEntries(shown(params).values.map(({ path, text }) => [path, text]));
}

describe("the values of a call", () => {
  it("are its arguments, then every other parameter, then _meta, each by its path", () => {
    const params = {
      _meta: { "a.b": 1, progressToken: "p" },
      task: { ttl: 60_000 },
      name: "drop",
      arguments: { table: "samples", where: [{ id: 7 }, null], all: true, empty: {} },
      other: "x",
    };
    expect(Object.entries(rows(params))).toEqual([
      ["args.table", '"samples"'],
      ["args.where[0].id", "7"],
      ["args.where[1]", "null"],
      ["args.all", "true"],
      ["args.empty", "{}"],
      ["task.ttl", "60000"],
      ["other", '"x"'],
      ['_meta["a.b"]', "1"],
      ["_meta.progressToken", '"p"'],
    ]);
  });

  it("show numbers as they were written, and tell a text from a number", () => {
    expect(rows('{"arguments":{"a":9007199254740993,"b":1.0,"c":"1.0"}}')).toEqual({
      "args.a": "9007199254740993",
      "args.b": "1.0",
      "args.c": '"1.0"',
    });
  });

  it.each([
    [{ arguments: { password: "hunter2" } }, { "args.password": "[redacted]" }],
    [{ arguments: { auth_token: { deep: "hunter2" } } }, { "args.auth_token": "[redacted]" }],
    [{ arguments: { note: `see ${JWT}` } }, { "args.note": '"see [redacted]"' }],
    [{ arguments: { list: ["https://u:hunter2@h/"] } }, { "args.list[0]": '"https://[redacted]@h/"' }],
    [
      { _meta: { "x-api-key": "hunter2" } },
      { '_meta["x-api-key"]': "[redacted]", "_meta.x-api-key": "[redacted]" },
    ],
    [{ secret: "hunter2" }, { secret: "[redacted]" }],
  ])("hold no secret of %j", (params, expected) => {
    expect(JSON.stringify(shown(params))).not.toContain("hunter2");
    for (const [path, text] of Object.entries(rows(params))) expect(expected).toHaveProperty([path], text);
  });

  it("are bounded in bytes, in number and in length, and tell how much is missing", () => {
    const long = shown({ arguments: { text: "x".repeat(100_000) } });
    expect(long.values).toEqual([{ path: "args.text", text: `"${"x".repeat(1_024)}…"`, length: 100_000 }]);
    const many = shown({ arguments: { list: Array.from({ length: 5_000 }, (_, index) => index) } });
    expect([many.values.length, many.more]).toEqual([64, 4_936]);
    const wide = shown({
      arguments: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, "ü".repeat(500)])),
    });
    expect(Buffer.byteLength(JSON.stringify(wide.values))).toBeLessThan(10_000);
    expect(wide.values.length + wide.more).toBe(60);
    const named = shown({ arguments: { ["n".repeat(10_000)]: 1 } });
    expect(named.values[0]?.path.length).toBeLessThan(200);
  });

  it("are none without parameters", () => {
    expect(shown({ name: "drop" })).toEqual({ values: [], more: 0 });
  });
});
