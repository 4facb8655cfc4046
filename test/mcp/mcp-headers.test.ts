/** Headers that repeat parts of a modern message: contradictions are found, absence is not judged. */

import { RESPONSE } from "../fixtures/messages.ts";
import { Buffer } from "node:buffer";

import { describe, expect, it } from "vitest";

import { isJsonObject } from "../../src/json/json.ts";
import type { JsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { dropUnmatchedHeaders, headerMismatch } from "../../src/mcp/mcp-headers.ts";
import { PROTOCOL_VERSION_KEY } from "../../src/mcp/message.ts";
import type { Message } from "../../src/mcp/message.ts";
import { parseMessage } from "../../src/mcp/parse-message.ts";

const META = { [PROTOCOL_VERSION_KEY]: "2026-07-28" };

function messageOf(method: string, params: Readonly<Record<string, unknown>>): Message {
  const scanned = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })));
  if (!scanned.ok) throw new Error(scanned.detail);
  return scanned.message;
}

function schemaOf(schema: unknown): JsonObject {
  const reading = readJson(JSON.stringify(schema));
  if (!reading.ok || !isJsonObject(reading.value)) throw new Error("no schema");
  return reading.value;
}

function base64(text: string): string {
  return `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

describe("on a modern call of `safe`", () => {
  const call = messageOf("tools/call", { name: "safe", _meta: META });

  it.each([
    ["no headers", {}],
    [
      "all of them",
      { "mcp-protocol-version": ["2026-07-28"], "mcp-method": ["tools/call"], "mcp-name": ["safe"] },
    ],
    ["a name in base64", { "mcp-name": [base64("safe")] }],
    ["headers of others", { "mcp-session-id": ["x"], "mcp-other": ["y"], host: ["z"] }],
  ])("%s agree", (_, headers) => {
    expect(headerMismatch(call, { headersDistinct: headers })).toBeUndefined();
  });

  it.each([
    ["mcp-protocol-version", "2025-11-25"],
    ["mcp-protocol-version", ""],
    ["mcp-method", "tools/list"],
    ["mcp-method", "TOOLS/CALL"],
    ["mcp-method", base64("tools/call")],
    ["mcp-name", "delete_all"],
    ["mcp-name", "SAFE"],
    ["mcp-name", ""],
    ["mcp-name", base64("delete_all")],
    ["mcp-name", "=?base64?c2FmZQ?="],
    ["mcp-name", "=?base64?!!!!?="],
    ["mcp-name", "=?base64?/w==?="],
    ["mcp-name", base64("\ufeffsafe")],
    ["mcp-param-x", "1"],
  ])("%s: %s does not agree", (header, value) => {
    expect(headerMismatch(call, { headersDistinct: { [header]: [value] } })).toMatch(/does not agree/);
  });

  it("a header that comes twice does not agree, even with one value", () => {
    expect(headerMismatch(call, { headersDistinct: { "mcp-name": ["safe", "safe"] } })).toBeDefined();
    expect(
      headerMismatch(call, { headersDistinct: { "mcp-method": ["tools/call", "tools/call"] } }),
    ).toBeDefined();
  });

  it("says which header it is and none of the values", () => {
    expect(headerMismatch(call, { headersDistinct: { "mcp-name": ["hunter2"] } })).toBe(
      "the header mcp-name does not agree with the message",
    );
  });
});

describe("the name", () => {
  it.each([
    ["tools/call", { name: "a" }],
    ["prompts/get", { name: "a" }],
    ["resources/read", { uri: "a" }],
    ["tasks/get", { taskId: "a" }],
    ["tasks/update", { taskId: "a" }],
    ["tasks/cancel", { taskId: "a" }],
  ])("of %s is read where that method has it", (method, params) => {
    const message = messageOf(method, { ...params, _meta: META });
    expect(headerMismatch(message, { headersDistinct: { "mcp-name": ["a"] } })).toBeUndefined();
    expect(headerMismatch(message, { headersDistinct: { "mcp-name": ["b"] } })).toBeDefined();
  });

  it("of a method without one is not judged", () => {
    expect(
      headerMismatch(messageOf("tools/list", { _meta: META }), { headersDistinct: { "mcp-name": ["x"] } }),
    ).toBeUndefined();
  });

  it("contradicts a message that names nothing", () => {
    expect(
      headerMismatch(messageOf("resources/read", { _meta: META }), {
        headersDistinct: { "mcp-name": ["x"] },
      }),
    ).toBeDefined();
  });

  it("in base64 that is not UTF-8 is none, not even that of a replacement character", () => {
    const message = messageOf("tools/call", { name: "\ufffd", _meta: META });
    expect(headerMismatch(message, { headersDistinct: { "mcp-name": [base64("\ufffd")] } })).toBeUndefined();
    expect(headerMismatch(message, { headersDistinct: { "mcp-name": ["=?base64?/w==?="] } })).toBeDefined();
  });

  it("outside ASCII comes in base64", () => {
    const message = messageOf("tools/call", { name: "löschen", _meta: META });
    expect(headerMismatch(message, { headersDistinct: { "mcp-name": [base64("löschen")] } })).toBeUndefined();
  });
});

describe("on a legacy message", () => {
  const LEGACY: readonly [string, Message][] = [
    ["a call", messageOf("tools/call", { name: "safe", arguments: { a: "z" } })],
    [
      "one that claims a legacy version",
      messageOf("tools/call", {
        name: "safe",
        arguments: { a: "z" },
        _meta: { [PROTOCOL_VERSION_KEY]: "2025-11-25" },
      }),
    ],
  ];

  it.each(LEGACY)("the version is not judged, and headers that agree pass: %s", (_, message) => {
    const headers = {
      "mcp-method": ["tools/call"],
      "mcp-name": ["safe"],
      "mcp-protocol-version": ["2026-07-28"],
      "mcp-param-a": ["z"],
    };
    expect(headerMismatch(message, { headersDistinct: headers })).toBeUndefined();
  });

  it.each(LEGACY)("a header that names something else contradicts: %s", (_, message) => {
    const wrong = { "mcp-method": "ping", "mcp-name": "danger", "mcp-param-a": "500" };
    for (const [header, value] of Object.entries(wrong)) {
      expect(headerMismatch(message, { headersDistinct: { [header]: [value] } })).toMatch(/does not agree/);
    }
  });

  it("of another method the name and the method are held against it", () => {
    const read = messageOf("resources/read", { uri: "a" });
    expect(headerMismatch(read, { headersDistinct: { "mcp-name": ["b"] } })).toBeDefined();
    expect(
      headerMismatch(messageOf("ping", {}), { headersDistinct: { "mcp-method": ["tools/call"] } }),
    ).toBeDefined();
  });

  it("that is a response has nothing to compare", () => {
    expect(headerMismatch(RESPONSE, { headersDistinct: { "mcp-method": ["tools/call"] } })).toBeUndefined();
  });
});

describe("headers that cannot be compared", () => {
  const given = {
    "mcp-method": "tools/call",
    "mcp-name": "danger",
    "mcp-param-a": "1",
    "mcp-session-id": "s",
    "x-own": "1",
  };

  it.each([
    [undefined, ["mcp-session-id", "x-own"]],
    ["ping", ["mcp-method", "mcp-session-id", "x-own"]],
    ["resources/read", ["mcp-method", "mcp-name", "mcp-session-id", "x-own"]],
    ["tools/call", ["mcp-method", "mcp-name", "mcp-param-a", "mcp-session-id", "x-own"]],
  ])("of %s are taken out", (method, left) => {
    const headers = { ...given };
    dropUnmatchedHeaders(headers, method);
    expect(Object.keys(headers).toSorted()).toEqual(left);
  });
});

describe("parameters", () => {
  const args = {
    region: "eu",
    size: 42,
    big: 1.5,
    dry: true,
    nothing: null,
    deep: { inner: "x" },
    list: ["y"],
  };
  const call = messageOf("tools/call", { name: "safe", arguments: args, _meta: META });

  describe("without the tool's schema", () => {
    it.each(["eu", "42", "42.0", "1.5", "true", "x", base64("eu")])(
      "%s agrees with some argument",
      (value) => {
        expect(headerMismatch(call, { headersDistinct: { "mcp-param-any": [value] } })).toBeUndefined();
      },
    );

    it.each(["us", "43", "True", "", "null", "y", "=?base64?x?="])("%j agrees with none", (value) => {
      expect(headerMismatch(call, { headersDistinct: { "mcp-param-any": [value] } })).toBeDefined();
    });
  });

  describe("with the tool's schema", () => {
    const schema = schemaOf({
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        size: { type: "integer", "x-mcp-header": "Size" },
        nothing: { type: "string", "x-mcp-header": "Nothing" },
        missing: { type: "string", "x-mcp-header": "Missing" },
        deep: { type: "object", properties: { inner: { type: "string", "x-mcp-header": "Inner" } } },
      },
    });

    it.each([
      ["mcp-param-region", "eu"],
      ["mcp-param-size", "42"],
      ["mcp-param-size", "42.0"],
      ["mcp-param-inner", "x"],
      ["mcp-param-nothing", "anything"],
      ["mcp-param-missing", "anything"],
    ])("%s: %s agrees", (header, value) => {
      expect(headerMismatch(call, { headersDistinct: { [header]: [value] } }, schema)).toBeUndefined();
    });

    it.each([
      ["mcp-param-region", "42"],
      ["mcp-param-size", "eu"],
      ["mcp-param-size", "0x2A"],
      ["mcp-param-inner", "eu"],
      ["mcp-param-other", "nowhere"],
    ])("%s: %s does not agree", (header, value) => {
      expect(headerMismatch(call, { headersDistinct: { [header]: [value] } }, schema)).toBeDefined();
    });
  });

  it("beyond 2^53 agree as tokens only", () => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"n":9007199254740993},"_meta":${JSON.stringify(META)}}}`;
    const scanned = parseMessage(Buffer.from(text));
    if (!scanned.ok) throw new Error(scanned.detail);
    expect(
      headerMismatch(scanned.message, { headersDistinct: { "mcp-param-n": ["9007199254740993"] } }),
    ).toBeUndefined();
    expect(
      headerMismatch(scanned.message, { headersDistinct: { "mcp-param-n": ["9007199254740992"] } }),
    ).toBeDefined();
  });
});
