/** The fields that a message declares: era, client, trace context, progress, and the methods that can become labels. */

import { RESPONSE } from "../fixtures/messages.ts";
import { Buffer } from "node:buffer";

import { CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";

import { JsonNumber } from "../../src/json/json.ts";
import {
  CLIENT_INFO_KEY,
  PROTOCOL_VERSION_KEY,
  asksForTask,
  clientOf,
  eraOf,
  idToken,
  traceContextOf,
} from "../../src/mcp/message.ts";
import type { Message } from "../../src/mcp/message.ts";
import { parseMessage } from "../../src/mcp/parse-message.ts";

function messageOf(method: string, params: unknown): Exclude<Message, { kind: "response" }> {
  const scanned = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })));
  if (!scanned.ok || scanned.message.kind === "response")
    throw new Error("not accepted as a message with a method");
  return scanned.message;
}

const MODERN = { [PROTOCOL_VERSION_KEY]: "2026-07-28", [CLIENT_INFO_KEY]: { name: "cli", version: "2.1" } };

describe("era", () => {
  it.each([
    [undefined, "legacy"],
    ["2024-11-05", "legacy"],
    ["2025-11-25", "legacy"],
    ["2026-07-28", "modern"],
    ["2027-01-01", "modern"],
    ["DRAFT-2026-v1", "modern"],
    ["", "legacy"],
  ] as const)("of the claimed version %s is %s", (version, era) => {
    expect(eraOf(version)).toBe(era);
  });

  it("is modern when _meta claims a modern version", () => {
    expect(messageOf("tools/call", { name: "safe", _meta: MODERN })).toMatchObject({
      era: "modern",
      protocolVersion: "2026-07-28",
    });
  });

  it("is legacy without the claim, even if _meta has other keys", () => {
    expect(
      messageOf("tools/list", { _meta: { progressToken: 1, [CLIENT_INFO_KEY]: { name: "x" } } }),
    ).toMatchObject({ era: "legacy", protocolVersion: undefined });
  });

  it("of an initialize is legacy, with the requested version", () => {
    expect(messageOf("initialize", { protocolVersion: "2025-06-18" })).toMatchObject({
      era: "legacy",
      protocolVersion: "2025-06-18",
    });
    expect(messageOf("initialize", { protocolVersion: "2026-07-28" })).toMatchObject({
      era: "legacy",
      protocolVersion: "2026-07-28",
    });
  });

  it("is not read from protocolVersion in the params of other methods", () => {
    expect(messageOf("ping", { protocolVersion: "2026-07-28" })).toMatchObject({
      era: "legacy",
      protocolVersion: undefined,
    });
  });

  it("is read from the same keys as in the official SDK", () => {
    expect([PROTOCOL_VERSION_KEY, CLIENT_INFO_KEY]).toEqual([
      PROTOCOL_VERSION_META_KEY,
      CLIENT_INFO_META_KEY,
    ]);
  });
});

describe("client", () => {
  it.each([
    [
      "an initialize",
      "initialize",
      { clientInfo: { name: "cli", version: "2.1" } },
      { name: "cli", version: "2.1" },
    ],
    ["a modern message", "tools/list", { _meta: MODERN }, { name: "cli", version: "2.1" }],
    ["one without a version", "initialize", { clientInfo: { name: "cli" } }, { name: "cli", version: "" }],
    [
      "one with a version that is no string",
      "initialize",
      { clientInfo: { name: "cli", version: 2 } },
      { name: "cli", version: "" },
    ],
    ["one without a name", "initialize", { clientInfo: { version: "2.1" } }, undefined],
    ["clientInfo that is no object", "initialize", { clientInfo: "cli" }, undefined],
    ["clientInfo outside initialize", "tools/list", { clientInfo: { name: "cli" } }, undefined],
    ["nothing", "ping", undefined, undefined],
  ])("of %s", (_, method, params, client) => {
    expect(clientOf(messageOf(method, params))).toEqual(client);
  });

  it("is cut to 256 characters without splitting a surrogate pair", () => {
    const client = clientOf(
      messageOf("initialize", { clientInfo: { name: `${"x".repeat(255)}😀`, version: "v".repeat(300) } }),
    );
    expect(client?.name).toBe(`${"x".repeat(255)}\ufffd`);
    expect(client?.version).toHaveLength(256);
  });

  it("of a response is unknown", () => {
    expect(clientOf(RESPONSE)).toBeUndefined();
  });
});

describe("trace context", () => {
  it.each([
    [
      { traceparent: "00-a-b-01", tracestate: "v=1" },
      { traceparent: "00-a-b-01", tracestate: "v=1" },
    ],
    [{ traceparent: "00-a-b-01" }, { traceparent: "00-a-b-01" }],
    [{ traceparent: "00-a-b-01", tracestate: 1 }, { traceparent: "00-a-b-01" }],
    [{ tracestate: "v=1" }, undefined],
    [{ traceparent: 1 }, undefined],
  ])("of %j is %j", (meta, context) => {
    expect(traceContextOf(messageOf("ping", { _meta: meta }).meta)).toEqual(context);
  });

  it("of a message without _meta is absent", () => {
    expect(traceContextOf(undefined)).toBeUndefined();
  });
});

describe("task", () => {
  it("is requested by params.task with any value", () => {
    const asks = [{ name: "safe", task: {} }, { name: "safe", task: null }, { name: "safe" }].map(
      (params) => {
        const message = messageOf("tools/call", params);
        return message.kind === "call" && asksForTask(message);
      },
    );
    expect(asks).toEqual([true, true, false]);
  });
});

describe("id token", () => {
  it.each([
    [new JsonNumber("1.0"), undefined],
    [new JsonNumber("-0"), undefined],
    [new JsonNumber("12"), "12"],
    ["12", '"12"'],
    [null, undefined],
    [true, undefined],
    [undefined, undefined],
  ])("of %o is %s", (value, token) => {
    expect(idToken(value)).toBe(token);
  });
});
