import { describe, expect, it } from "vitest";
import { differencesOf } from "./transcript.ts";

const echo = (text: string) => ({ do: "call echo", result: { content: [{ type: "text", text }] } });

describe("the comparison of two transcripts", () => {
  it.each([
    ["times", "at 2026-11-30T15:00:00.123Z", "at 2026-11-30T15:00:07Z"],
    ["times of day", "created at 2:43:56 PM", "created at 11:03:01 AM"],
    ["UUIDs", "id d5276300-8aa4-4d57-ac8d-8634560f8ce5", "id 00000000-8aa4-4d57-ac8d-8634560f8ce5"],
    ["ports", "http://127.0.0.1:32921/mcp", "http://127.0.0.1:8080/mcp"],
    ["session ids in a query", "/sse?sessionid=U2WJ2V3G", "/sse?sessionid=AAAA"],
  ])("puts %s aside", (_name, left, right) => {
    expect(differencesOf([echo(left)], [echo(right)])).toEqual([]);
  });

  it.each([
    ["a text", [echo("a")], [echo("b")]],
    ["a number in a text", [echo("7")], [echo("7.0")]],
    ["an error in place of a result", [echo("a")], [{ do: "call echo", error: { code: -32_603 } }]],
    ["a missing member", [{ do: "ping", result: { _meta: {} } }], [{ do: "ping", result: {} }]],
    ["a missing last step", [echo("a")], []],
    ["a further step", [], [echo("a")]],
  ])("finds %s", (_name, direct, through) => {
    expect(differencesOf(direct, through)).toHaveLength(1);
  });

  it("leaves out a step that the client offers one way only", () => {
    expect(differencesOf([{ do: "cancel wait", absent: true }], [{ do: "cancel wait", error: {} }])).toEqual(
      [],
    );
  });
});
