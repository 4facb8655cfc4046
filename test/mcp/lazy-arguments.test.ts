/** A long call, whose arguments are read as far as they are looked at, against the same call read as a whole. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";
import { LazyObject } from "../../src/json/lazy/lazy-object.ts";
import { DEFAULT_MESSAGE_BOUNDS } from "../../src/json/message-bounds.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { CallMessage } from "../../src/mcp/message.ts";
import { parseMessage } from "../../src/mcp/parse-message.ts";
import { decide } from "../../src/policy/decide.ts";
import { describeRequest } from "../../src/proxy/relay/request-record.ts";
import { json, callOf, policyOf, UNUSED } from "../policy/policies.ts";
import { CASE, policyText } from "../policy/random-rules.ts";
import { exampleAgent, exampleTool } from "../telemetry/examples.ts";

const PAD = `"pad":"${"x".repeat(4_096)}"`;
const SCHEMAS = [
  undefined,
  '{"type":"object","properties":{"a":{"type":"number"},"b":{"type":["string","null"]}}}',
  '{"type":"object","additionalProperties":false,"properties":{"a":{},"pad":{}}}',
  '{"type":"object","required":["a"],"additionalProperties":{"type":["string","number"]}}',
].map((text) => (text === undefined ? undefined : objectOf(text)));
const BLANKS = ["", " ", "\n  "];
const MORE = ["", '"é":"ü",', '"\u{1f600}":["\u{1f600}"],', '"lone":"\\ud800",'];

it("is decided, forwarded and recorded as the same call read as a whole", () => {
  const claim = fc.property(
    CASE,
    fc.constantFrom(...SCHEMAS),
    fc.constantFrom(...BLANKS),
    fc.constantFrom(...MORE),
    (one, inputSchema, blank, more) => {
      const args = one.args.replace("{", `{${more}${PAD}${one.args === "{}" ? "" : ","}`);
      const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":${args}}}`;
      const lazy = callIn(text.replace('"pad":', `${blank}"pad"${blank}:${blank}`) + blank);
      expect(lazy.args).toBeInstanceOf(LazyObject);
      const whole: CallMessage = { ...lazy, args: objectOf(args), argsText: args };
      expect(lazy.text).toBe(text);
      const recorded = [lazy, whole].map((message) => describeRequest(received(), message));
      expect(recorded[0]).toEqual(recorded[1]);
      for (const check of ["observe", "validate", "off"]) {
        const policy = policyOf(policyText(one).replace('"strict"', `"arguments":"${check}","strict"`));
        const decided = [lazy, whole].map((call) =>
          decide(policy, { ...callOf("t"), args: call.args, inputSchema }, UNUSED),
        );
        expect(decided[0]).toEqual(decided[1]);
      }
    },
  );
  fc.assert(claim, { numRuns: 150 });
});

it("is refused as a short one is, with the same cause, words and position", () => {
  const faults = [
    "{",
    '{"a":1,"a":2}',
    '{"a":1e999}',
    '{"a":"\\ud800","\\ud800":1}',
    '{"a":01}',
    `{"a":${"[".repeat(64)}`,
  ];
  for (const fault of faults) {
    for (const text of [`{"arguments":{${PAD},"v":${fault}},"a":1}`, `{"arguments":{"v":${fault},${PAD}}}`]) {
      const whole = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${text}}`;
      const parsed = parseMessage(Buffer.from(whole));
      const limits = { ...DEFAULT_MESSAGE_BOUNDS, maxNumberLength: 64, allowsLoneSurrogates: true };
      const reading = readJson(whole, limits);
      if (parsed.ok || reading.ok) throw new Error("must be refused");
      expect(parsed.cause).toBe(reading.cause);
      expect(parsed.detail).toBe(`${reading.detail} (at character ${reading.offset})`);
    }
  }
});

it("may hold a lone surrogate in its arguments alone", () => {
  const lone = '"\\ud800"';
  const inside = `"arguments":{${PAD},"v":${lone}}`;
  expect(causeOf(textOf("tools/call", inside))).toBe("ok");
  expect(causeOf(textOf("prompts/get", inside))).toBe("ok");
  expect(causeOf(textOf("other", inside))).toBe("encoding");
  expect(causeOf(textOf("other", `"arguments":{${PAD},"v":"\\ud83d\\ude00"}`))).toBe("ok");
  expect(causeOf(textOf("tools/call", `"arguments":{${PAD}},"task":${lone}`))).toBe("encoding");
});

function textOf(method: string, params: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"name":"t",${params}}}`;
}

function causeOf(text: string): string {
  const parsed = parseMessage(Buffer.from(text));
  return parsed.ok ? "ok" : parsed.cause;
}

function callIn(text: string): CallMessage {
  const parsed = parseMessage(Buffer.from(text));
  if (!parsed.ok || parsed.message.kind !== "call") throw new Error(parsed.ok ? "no call" : parsed.detail);
  return parsed.message;
}

function objectOf(text: string): JsonObject {
  const value = json(text);
  if (!isJsonObject(value)) throw new Error("no object");
  return value;
}

function received(): Parameters<typeof describeRequest>[0] {
  const caller = {
    agent: exampleAgent("a"),
    address: undefined,
    client: undefined,
    session: undefined,
    headerTrace: undefined,
    transport: "http" as const,
  };
  return { id: "1", receivedAtMs: 0, caller, tool: exampleTool("t") };
}
