/** The outline of an upstream message: correct fields from valid, hostile and malformed text, in chunks of any size. */

import { Buffer } from "node:buffer";

import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { isJsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { MessageSkimmer } from "../../src/mcp/message-skimmer.ts";
import type { MessageSummary } from "../../src/mcp/message-summary.ts";
import { randomJsonText } from "../fixtures/json/generate.ts";
import { words } from "../fixtures/tables.ts";
import { processorMs } from "../fixtures/processor-time.ts";

const numRuns = Math.min(Number(process.env["FUZZ_RUNS"] ?? 5_000), 300_000);

function outlineOf(message: string | Buffer, chunkBytes = 1_000_000_000): MessageSummary {
  const outline = new MessageSkimmer();
  const bytes = Buffer.from(message);
  for (let at = 0; at < bytes.length; at += chunkBytes) outline.push(bytes.subarray(at, at + chunkBytes));
  return outline.end();
}

const NOTHING: MessageSummary = {
  isWellFormed: true,
  isJsonRpc: false,
  id: undefined,
  method: undefined,
  hasResult: false,
  hasError: false,
  errorCode: undefined,
  isError: false,
  resultType: undefined,
  inputMethods: [],
  hasTools: false,
  hasTask: false,
  taskId: undefined,
};

describe("the outline", () => {
  it("reports a message with more than 64 input requests as malformed", () => {
    const asks = Array.from({ length: 65 }, (_, index) => `"${index}":{"method":"m${index}"}`);
    const [one, more] = [asks.slice(1), asks].map((some) => `{"result":{"inputRequests":{${some.join()}}}}`);
    expect(outlineOf(one ?? "").inputMethods).toHaveLength(64);
    expect(outlineOf(more ?? "").isWellFormed).toBe(false);
  });

  it.each([
    ["{}", {}],
    [' { "id" : 7 , "result" : { } } \n', { id: "7", hasResult: true }],
    ['{"id":"a","result":{"isError":true}}', { id: '"a"', hasResult: true, isError: true }],
    ['{"id":1,"result":{"isError":false}}', { id: "1", hasResult: true }],
    ['{"id":1,"result":{"isError":"true"}}', { id: "1", hasResult: true }],
    ['{"id":1,"result":null}', { id: "1", hasResult: true }],
    ['{"id":1,"error":{"code":-32602,"message":"m"}}', { id: "1", hasError: true, errorCode: -32602 }],
    ['{"id":1,"error":{"data":{"code":5}}}', { id: "1", hasError: true }],
    ['{"id":1,"error":{"code":"x"}}', { id: "1", hasError: true }],
    ['{"id":1,"error":null,"result":{}}', { id: "1", hasResult: true }],
    ['{"id":null,"error":{"code":-32000}}', { hasError: true, errorCode: -32000 }],
    [
      '{"method":"notifications/progress","params":{"id":5,"result":{"isError":true}}}',
      { method: "notifications/progress" },
    ],
    ['{"id":3,"method":"sampling/createMessage"}', { id: "3", method: "sampling/createMessage" }],
    ['{"method":5}', { method: "_other" }],
    ['{"result":{"resultType":"input_required"}}', { hasResult: true, resultType: "input_required" }],
    [
      '{"result":{"inputRequests":{"a":{"params":{"method":"x"},"method":"roots/list"},"b":{"method":5}}}}',
      { hasResult: true, inputMethods: ["roots/list", "_other"] },
    ],
    [
      '{"result":{"inputRequests":{"a":{"method":"m","method":"m"}},"inputRequests":{"b":{"method":"n"}}}}',
      { hasResult: true, inputMethods: ["m", "n"] },
    ],
    ['{"result":{"inputRequests":[{"method":"m"}]}}', { hasResult: true }],
    ['{"result":{"tools":[{"name":"t"}]}}', { hasResult: true, hasTools: true }],
    ['{"result":{"tools":{}}}', { hasResult: true }],
    ['{"result":{"content":[{"tools":[],"isError":true,"taskId":"x"}]}}', { hasResult: true }],
    ['{"result":[{"tools":[],"isError":true}]}', { hasResult: true }],
    [
      '{"result":{"task":{"taskId":"t1","status":"working"}}}',
      {
        hasResult: true,
        hasTask: true,
        taskId: "t1",
        taskStatus: { id: "t1", isMember: true, status: "working", isError: false, hasError: false },
      },
    ],
    ['{"result":{"taskId":"t2"}}', { hasResult: true, hasTask: true, taskId: "t2" }],
    ['{"result":{"task":"x"}}', { hasResult: true }],
    ['{"tools":[],"isError":true,"code":1,"taskId":"x"}', {}],
    ['{"x":{"result":{},"id":1,"method":"m"}}', {}],
    ['{"error":[{"code":1}]}', { hasError: true }],
  ])("of %s", (message, found) => {
    expect(outlineOf(message)).toEqual({ ...NOTHING, ...found });
  });

  it.each([
    [
      "escaped names",
      '{"\\u0069d":1,"r\\u0065sult":{"\\u0074ools":[]}}',
      { id: "1", hasResult: true, hasTools: true },
    ],
    ["names inside strings", '{"id":1,"x":"\\",\\"method\\":\\"m\\"","y":"{\\"error\\":1"}', { id: "1" }],
    [
      "backslashes at the end of strings",
      '{"x":"\\\\","id":1,"y":"\\\\\\"","method":"m\\\\"}',
      { id: "1", method: "m\\" },
    ],
    ["brackets inside strings", '{"x":"}]{[","id":1}', { id: "1" }],
    ["a name as a value", '{"x":"result","y":"error","id":1}', { id: "1" }],
    ["UTF-8 in what is kept", '{"id":"é😀","method":"ü"}', { id: '"é😀"', method: "ü" }],
    ["names outside ASCII that end like others", '{"éid":2,"id":1}', { id: "1" }],
    ["__proto__", '{"__proto__":{"id":2},"constructor":{"x":1},"id":1}', { id: "1" }],
    ["an id that is written in another way", '{"id":7.0}', { id: "7" }],
    ["a large exponent", '{"id":70e-1}', { id: "7" }],
    ["an escaped id", '{"id":"\\u0061\\/"}', { id: '"a/"' }],
    ["the last of two equal names", '{"id":1,"id":2}', { id: "2" }],
    ["an id that is an object", '{"id":{"id":1}}', {}],
  ])("reads %s right", (_, message, found) => {
    expect(outlineOf(message)).toEqual({ ...NOTHING, ...found });
  });

  it("is the same however the bytes are cut", () => {
    const text =
      '{"jsonrpc":"2.0","id":"é\\u00e9😀","result":{"content":[{"type":"text","text":"a\\"b\\\\"},[1,-2.5e3,true,null]],"isError":true,"resultType":"complete","task":{"taskId":"t"}}}';
    const whole = outlineOf(text);
    for (let chunkBytes = 1; chunkBytes < 80; chunkBytes += 1)
      expect(outlineOf(text, chunkBytes)).toEqual(whole);
    expect(whole).toMatchObject({ isWellFormed: true, id: '"éé😀"', isError: true, taskId: "t" });
  });

  it("does not keep a value that is too long", () => {
    const long = "x".repeat(3_000);
    const message = `{"${long}":1,"id":"${long}","method":"${long}","result":{"taskId":"${long}"}}`;
    const expected = { ...NOTHING, method: "_other", hasResult: true, hasTask: true };
    expect(outlineOf(message)).toEqual(expected);
    expect(outlineOf(message, 7)).toEqual(expected);
  });

  it("does not treat the end of a long name as a name", () => {
    const outline = new MessageSkimmer();
    for (const part of [`{"${"x".repeat(3_000)}`, 'id":5}']) outline.push(Buffer.from(part));
    expect(outline.end()).toEqual(NOTHING);
  });

  it("accepts plain Uint8Arrays", () => {
    const outline = new MessageSkimmer();
    outline.push(new TextEncoder().encode('{"id":1}'));
    expect(outline.end()).toMatchObject({ isWellFormed: true, id: "1" });
  });
});

describe("malformed text", () => {
  it.each([
    ...words(`1 "x" null [] [{}] { } {}} {}{} {"a"} {"a":} {"a":1,} {,} {"a":1,,"b":2} {"a":[1} {"a":{]}
      {"a":[1,]} {"a":[,1]} {"a":"x} {"a":"x\\"} {a:1} {'a':1} {"a":undefined} {"a":1}{"b":2}
      <html></html>`),
    "",
    " ",
    "{} x",
    '{"a":1 "b":2}',
    '{"a":1}\n{"b":2}',
    "\ufeff{}",
    "event: message",
    `${'{"a":'.repeat(1_001)}1${"}".repeat(1_001)}`,
  ])("is reported as malformed: %j", (text) => {
    expect(outlineOf(text).isWellFormed).toBe(false);
    expect(outlineOf(text, 1).isWellFormed).toBe(false);
  });

  it("is detected without recursion and in little memory", () => {
    expect(outlineOf("[".repeat(1_000_000)).isWellFormed).toBe(false);
    expect(outlineOf('{"a":'.repeat(1_000_000)).isWellFormed).toBe(false);
  });
});

describe("compared with the strict parser", () => {
  it("accepts every object that the strict parser accepts, with the same id and method", () => {
    const claim = property(integer(), integer({ min: 1, max: 40 }), (seed, chunkBytes) => {
      const { text } = randomJsonText(seed);
      const message = `{"x":${text},"id":5,"result":{"isError":true,"y":${text}},"method":"m"}`;
      const reading = readJson(message);
      if (!reading.ok) return true;
      expect(outlineOf(message, chunkBytes)).toEqual({
        ...NOTHING,
        id: "5",
        hasResult: true,
        isError: true,
        method: "m",
      });
      return isJsonObject(reading.value);
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });
});

describe("a long string", () => {
  const TEXTS = [0, 30, 31, 32, 33, 64, 70].flatMap((length) =>
    ["\\", "\\\\", '"', '\\"', '","isError":true,"', "\n"].map(
      (odd) => `${"x".repeat(length)}${odd}${"y".repeat(40)}${odd}`,
    ),
  );

  it.each(TEXTS)("ends at the same byte in chunks of any size: %j", (text) => {
    const message = JSON.stringify({ id: text, result: { text, isError: false }, method: "m" });
    for (let chunkBytes = 1; chunkBytes < message.length; chunkBytes += 1)
      expect(outlineOf(message, chunkBytes)).toMatchObject({
        isWellFormed: true,
        id: JSON.stringify(text),
        isError: false,
        method: "m",
      });
  });
});

describe("memory and work", () => {
  it("keep nothing of a long string, whose bytes are searched natively", () => {
    const outline = new MessageSkimmer();
    const chunk = Buffer.alloc(65_536, "x");
    outline.push(Buffer.from('{"id":1,"result":{"text":"'));
    const startedAt = processorMs();
    for (let count = 0; count < 3_200; count += 1) outline.push(chunk);
    const seconds = (processorMs() - startedAt) / 1_000;
    outline.push(Buffer.from('"}}'));
    expect(outline.end()).toMatchObject({ isWellFormed: true, id: "1" });
    // 200 MiB: far under a second where each byte is not looked at in JavaScript.
    expect(seconds).toBeLessThan(2);
  });

  it("do not include a new scan of the chunk for each escape", () => {
    const text = `{"id":1,"x":"${"\\n".repeat(2_000_000)}"}`;
    const startedAt = processorMs();
    expect(outlineOf(text).isWellFormed).toBe(true);
    expect(processorMs() - startedAt).toBeLessThan(5_000);
  });
});
