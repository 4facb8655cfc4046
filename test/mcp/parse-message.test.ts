/** The scanner: which bytes are one message, which are refused, and that what is forwarded is what was judged. */

import { Buffer } from "node:buffer";

import { assert, constantFrom, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";

import {
  DEFAULT_MESSAGE_BOUNDS,
  HIGHEST_MESSAGE_BOUNDS,
  type MessageBounds,
} from "../../src/json/message-bounds.ts";
import { parseMessage } from "../../src/mcp/parse-message.ts";
import type { ParsedMessage } from "../../src/mcp/parse-message.ts";
import vectors from "../fixtures/message-bypass.json" with { type: "json" };
import { randomJsonText } from "../fixtures/json/generate.ts";
import { words } from "../fixtures/tables.ts";

function scanText(text: string): ParsedMessage {
  return parseMessage(Buffer.from(text, "utf8"));
}

function causeOf(text: string): string {
  const scanned = scanText(text);
  return scanned.ok ? `ok: ${scanned.message.kind}` : scanned.cause;
}

function callWith(members: string): string {
  return `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{${members}}}`;
}

function parseArguments(args: string, bounds: Partial<MessageBounds>): ParsedMessage {
  const bytes = Buffer.from(callWith(`"name":"t","arguments":${args}`));
  return parseMessage(bytes, { ...DEFAULT_MESSAGE_BOUNDS, ...bounds });
}

describe("bytes", () => {
  const call = callWith('"name":"safe"');

  it.each([
    ["invalid UTF-8", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    [
      "an overlong encoding",
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
    [
      "a surrogate in UTF-8",
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ["UTF-16 with a byte order mark", Buffer.from(`\ufeff${call}`, "utf16le")],
    ["a byte order mark", Buffer.from(`\ufeff${call}`)],
  ])("refuses %s as encoding, -32700", (_, bytes) => {
    expect(parseMessage(bytes)).toMatchObject({ ok: false, cause: "encoding", code: -32700, id: undefined });
  });

  it("refuses an escaped lone surrogate as encoding, with the id of its request", () => {
    const refused = parseMessage(Buffer.from(callWith('"name":"\\ud800"')));
    expect(refused).toMatchObject({ ok: false, cause: "encoding", code: -32700 });
    expect(refused).not.toMatchObject({ id: undefined });
  });

  it.each([
    callWith('"name":"t","arguments":{"a":"\\ud800"}'),
    callWith('"name":"t","arguments":{"a":[{"b":"x\\uDFFFy"}]},"_meta":{"progressToken":1}'),
    callWith('"name":"t","arguments":{"a":"\\ud83d\\ud83d"}'),
    '{"jsonrpc":"2.0","id":"a","method":"prompts/get","params":{"name":"p","arguments":{"a":"\\udc00"}}}',
  ])("takes a lone surrogate in the value of an argument, as it is written: %s", (text) => {
    expect(scanText(text)).toMatchObject({ ok: true, message: { text } });
  });

  it.each([
    ["the tool's name", callWith('"name":"t\\ud800"')],
    ["the tool's name beside such an argument", callWith('"name":"\\ud800","arguments":{"a":"\\ud800"}')],
    ["the name of an argument", callWith('"name":"t","arguments":{"\\ud800":1}')],
    ["a name deep in the arguments", callWith('"name":"t","arguments":{"a":[{"b\\udc00":1}]}')],
    ["the name of a parameter", callWith('"name":"t","\\ud800":1')],
    ["the name of the envelope", '{"jsonrpc":"2.0","id":1,"method":"ping","\\ud800":1}'],
    ["the method", '{"jsonrpc":"2.0","id":1,"method":"tools/call\\ud800"}'],
    ["the id", '{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}'],
    ["_meta", callWith('"name":"t","_meta":{"x":"\\ud800"}')],
    ["requestState", callWith('"name":"t","requestState":"\\ud800"')],
    ["inputResponses", callWith('"name":"t","inputResponses":{"a":{"content":{"x":"\\ud800"}}}')],
    ["a uri", '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"\\ud800"}}'],
    [
      "arguments of a method without any",
      '{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"arguments":{"a":"\\ud800"}}}',
    ],
    ["a notification", '{"jsonrpc":"2.0","method":"notifications/x","params":{"arguments":{"a":"\\ud800"}}}'],
    ["a result", '{"jsonrpc":"2.0","id":1,"result":{"arguments":{"a":"\\ud800"}}}'],
    ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\\ud800"}}'],
  ])("refuses a lone surrogate in %s", (_, text) => {
    expect(scanText(text)).toMatchObject({ ok: false, cause: "encoding", code: -32700 });
  });

  it.each([
    ["depth", { maxDepth: 4 }, '{"a":[1]}', '{"a":[[1]]}'],
    ["nodes", { maxNodes: 10 }, '{"a":[1,2]}', '{"a":[1,2,3]}'],
    ["nodes", { maxKeys: 8 }, '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}'],
  ])("bounds its %s as the settings say, with the id in the refusal", (cause, bounds, within, beyond) => {
    expect(parseArguments(within, bounds)).toMatchObject({ ok: true });
    expect(parseArguments(beyond, bounds)).toMatchObject({ ok: false, cause, id: "9", code: -32600 });
  });

  it("bears the highest depth that settings allow", () => {
    const levels = HIGHEST_MESSAGE_BOUNDS.maxDepth - 3;
    const args = `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(parseArguments(args, HIGHEST_MESSAGE_BOUNDS)).toMatchObject({ ok: true });
    const deeper = parseArguments(`{"a":[${args}]}`, HIGHEST_MESSAGE_BOUNDS);
    expect(deeper).toMatchObject({ ok: false, cause: "depth", id: "9" });
  });

  it.each([
    ["nothing", ""],
    ["UTF-16 without a mark", Buffer.from(call, "utf16le").toString("latin1")],
    ["two messages", `${call}\n${call}`],
    ["a comment", `/**/${call}`],
    ["NaN", callWith('"name":"safe","arguments":{"a":NaN}')],
    ["a trailing comma", callWith('"name":"safe",')],
    ["a raw line feed in a string", callWith('"name":"sa\nfe"')],
  ])("refuses %s as syntax, -32700", (_, text) => {
    expect(scanText(text)).toMatchObject({ ok: false, cause: "syntax", code: -32700 });
  });

  it.each([
    ["duplicate_key", callWith('"name":"safe","n\\u0061me":"evil"')],
    ["duplicate_key", callWith('"name":"safe","arguments":{"a":{"b":1,"b":2}}')],
    ["number", callWith('"name":"safe","arguments":{"a":1e400}')],
    ["number", callWith(`"name":"safe","arguments":{"a":${"1".repeat(65)}}`)],
    ["depth", callWith(`"name":"safe","arguments":{"a":${"[".repeat(62)}${"]".repeat(62)}}`)],
    ["nodes", callWith(`"name":"safe","arguments":{"a":[${"0,".repeat(200_000)}0]}`)],
    ["batch", `[${call}]`],
    ["batch", "[]"],
    ["envelope", '"tools/call"'],
    ["envelope", "null"],
  ])("refuses as %s, -32600", (cause, text) => {
    expect(scanText(text)).toMatchObject({ ok: false, cause, code: -32600 });
  });

  it("reads a part of a larger buffer", () => {
    const whole = Buffer.from(`xx${call}yy`);
    expect(
      parseMessage(new Uint8Array(whole.buffer, whole.byteOffset + 2, whole.byteLength - 4)),
    ).toMatchObject({
      ok: true,
      message: { text: call },
    });
  });

  it("never repeats a part of the message in a refusal", () => {
    const refusals = [
      callWith('"NAME":"hunter2"'),
      callWith('"name":"hunter2" hunter2'),
      '{"hunter2":1}',
    ].map((text) => {
      const scanned = scanText(text);
      return scanned.ok ? "accepted" : scanned.detail;
    });
    expect(refusals.join()).not.toMatch(/hunter2|accepted/);
  });
});

describe("envelope", () => {
  it.each([
    ["call", callWith('"name":"safe"')],
    ["request", '{"jsonrpc":"2.0","id":"a","method":"ping"}'],
    ["request", '{"method":"x/unknown","params":{"any":[1]},"id":0,"jsonrpc":"2.0"}'],
    ["notification", '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
    ["notification", '{"jsonrpc":"2.0","method":"notifications/x","params":{}}'],
    ["response", '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ["response", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}'],
    ["response", '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}'],
    ["response", '{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}'],
  ])("is a %s: %s", (kind, text) => {
    expect(causeOf(text)).toBe(`ok: ${kind}`);
  });

  it.each([
    ["no jsonrpc", '{"id":1,"method":"ping"}'],
    ["another jsonrpc", '{"jsonrpc":"1.0","id":1,"method":"ping"}'],
    ["jsonrpc as a number", '{"jsonrpc":2.0,"id":1,"method":"ping"}'],
    ["an unknown key", '{"jsonrpc":"2.0","id":1,"method":"ping","x":1}'],
    ["__proto__", '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{}}'],
    ["METHOD", '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{}}'],
    ["a long s in params", '{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{}}'],
    ["a request and a result", '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}'],
    ["a request and an error", '{"jsonrpc":"2.0","id":1,"method":"tools/call","error":{}}'],
    ["a result and an error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
    ["neither", '{"jsonrpc":"2.0","id":1}'],
    ["a response with params", '{"jsonrpc":"2.0","id":1,"result":{},"params":{}}'],
    ["an error that is no object", '{"jsonrpc":"2.0","id":1,"error":"x"}'],
    ["a result without id", '{"jsonrpc":"2.0","result":{}}'],
    ["a result with id null", '{"jsonrpc":"2.0","id":null,"result":{}}'],
    ["a method that is no string", '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}'],
    ["a method that is null", '{"jsonrpc":"2.0","id":1,"method":null}'],
    ["a method of 257 characters", `{"jsonrpc":"2.0","id":1,"method":"${"m".repeat(257)}"}`],
    ["a call without id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"safe"}}'],
    ["a request with id null", '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
    ["a notification with id null", '{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}'],
    ["a notification with an id", '{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled"}'],
    ["a tools/call without an id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"safe"}}'],
    ["a ping without an id", '{"jsonrpc":"2.0","method":"ping"}'],
    ["a Tools/Call without an id", '{"jsonrpc":"2.0","method":"Tools/Call","params":{"name":"safe"}}'],
    ["a tools/call and NUL without an id", '{"jsonrpc":"2.0","method":"tools/call\\u0000x"}'],
  ])("is refused with %s", (_, text) => {
    expect(scanText(text)).toMatchObject({ ok: false, cause: "envelope", code: -32600 });
  });

  it.each([
    ...words(`9.0 1e1 1E0 -0 9007199254740992 -9007199254740992 1.5 true [] {}`),
    `"${"x".repeat(257)}"`,
  ])("is refused with the id %s", (id) => {
    expect(scanText(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toMatchObject({
      ok: false,
      cause: "envelope",
      id: undefined,
    });
  });

  it.each([
    ["7", "7"],
    ["-3", "-3"],
    ["0", "0"],
    ["9007199254740991", "9007199254740991"],
    ['""', '""'],
    ['"a\\u0062\\/"', '"ab/"'],
    ['"é😀"', '"é😀"'],
    [`"${"x".repeat(256)}"`, `"${"x".repeat(256)}"`],
  ])("with the id %s has the token %s", (id, token) => {
    expect(scanText(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toMatchObject({
      ok: true,
      message: { id: token },
    });
  });

  it("names the id of a refused message when it is a proper one", () => {
    expect(scanText('{"jsonrpc":"2.0","id":"x","method":"ping","y":1}')).toMatchObject({
      ok: false,
      id: '"x"',
    });
  });
});

describe("params", () => {
  it.each(["[]", '"x"', "1", "true"])("may not be %s", (params) => {
    expect(causeOf(`{"jsonrpc":"2.0","id":1,"method":"ping","params":${params}}`)).toBe("params");
    expect(causeOf(`{"jsonrpc":"2.0","method":"notifications/x","params":${params}}`)).toBe("params");
  });

  it.each([
    ["no params", '{"jsonrpc":"2.0","id":9,"method":"tools/call"}'],
    ["no name", callWith("")],
    ["a name that is no string", callWith('"name":1')],
    ["a name in an array", callWith('"name":["safe"]')],
    ["a name of 1,025 characters", callWith(`"name":"${"n".repeat(1025)}"`)],
    ["arguments that are an array", callWith('"name":"safe","arguments":[]')],
    ["arguments that are a string of JSON", callWith('"name":"safe","arguments":"{}"')],
    ["_meta that is no object", callWith('"name":"safe","_meta":[]')],
    [
      "a protocol version that is no string",
      callWith('"name":"safe","_meta":{"io.modelcontextprotocol/protocolVersion":20260728}'),
    ],
  ])("of a call are refused with %s", (_, text) => {
    expect(scanText(text)).toMatchObject({ ok: false, cause: "params", code: -32600 });
  });

  it.each(["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"])(
    "of %s must name the task",
    (method) => {
      expect(causeOf(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"task_id":"x"}}`)).toBe(
        "params",
      );
      expect(causeOf(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"taskId":"x"}}`)).toBe(
        "ok: request",
      );
    },
  );

  it.each([
    ...words(`NAME Name ARGUMENTS _META Uri TASK taskid TaskId inputresponses requeststate RequestId progresstoken
      name\\u0000 na\\u0000me name\\u0000x \\u0000name name\u00ad ｎａｍｅ 𝐍ame ᵃrguments argument\u017f
      argumentſ taſk tas\u212a tasKId urı urİ na\u034fme`),
    "na\u200bme",
    "name\u200d",
    "\ufeffname",
    "name ",
    " name",
    "name\\t",
    "name\u2060",
    "\\u{0}".replace("\\u{0}", "\\u006eAME"),
  ])("may not have %j beside or instead of what it could be taken for", (name) => {
    expect(causeOf(callWith(`"name":"safe","${name}":"evil"`))).toBe("params");
    expect(causeOf(`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"${name}":"evil"}}`)).toBe("params");
  });

  it.each([
    ...words(`names title nam argument meta cursor é имя 名前 x-name na-me task_id constructor __proto__`),
    "n".repeat(300),
  ])("may have %j, which is a name of its own", (name) => {
    expect(causeOf(callWith(`"name":"safe","${name}":"x"`))).toBe("ok: call");
  });

  it("may have a thousand names, which is more than can be compared for nothing", () => {
    expect(causeOf(callWith(`"name":"safe"${manyNames(999)}`))).toBe("ok: call");
    expect(causeOf(callWith(`"name":"safe"${manyNames(1_000)}`))).toBe("params");
    expect(causeOf(callWith(`"name":"safe","arguments":{"a":0${manyNames(5_000)}}`))).toBe("ok: call");
  });

  it("may not have a long name outside ASCII", () => {
    expect(causeOf(callWith(`"name":"safe","${"é".repeat(64)}":0`))).toBe("ok: call");
    expect(causeOf(callWith(`"name":"safe","${"é".repeat(65)}":0`))).toBe("params");
  });

  it("are not searched for look-alikes inside arguments, whose names belong to the tool", () => {
    expect(causeOf(callWith('"name":"safe","arguments":{"Name":"x","ARGUMENTS":1}'))).toBe("ok: call");
  });

  it.each([
    "IO.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/protocolversion",
    "io.modelcontextprotocol/Related-Task",
    "progresstoken",
    "progressToken\\u0000",
  ])("may not have %j in _meta", (name) => {
    expect(causeOf(callWith(`"name":"safe","_meta":{"${name}":"x"}`))).toBe("params");
  });

  it.each([
    "traceparent",
    "com.example/protocolVersion",
    "protocolVersion",
    "io.modelcontextprotocol/logLevel",
    "io.modelcontextprotocol/somethingNew",
    "Traceparent",
  ])("may have %j in _meta", (name) => {
    expect(causeOf(callWith(`"name":"safe","_meta":{"${name}":"x"}`))).toBe("ok: call");
  });

  it("takes _meta null for absent", () => {
    expect(scanText(callWith('"name":"safe","_meta":null'))).toMatchObject({
      ok: true,
      message: { meta: undefined, era: "legacy" },
    });
  });
});

describe("a call", () => {
  it("has its decoded name and the tokens of its arguments", () => {
    const scanned = scanText(
      callWith('"arguments" : { "n" : 1.0, "s":"\\u0061 b" } , "name" : "\\u0064elete_all"'),
    );
    expect(scanned).toMatchObject({
      ok: true,
      message: { kind: "call", id: "9", name: "delete_all", argsText: '{"n":1.0,"s":"\\u0061 b"}' },
    });
  });

  it("finds the arguments of the params, not those of something before them", () => {
    const scanned = scanText(
      callWith(
        '"_meta":{"arguments":{"a":1},"params":{"arguments":{"b":2}}},"name":"safe","arguments":{"c":3}',
      ),
    );
    expect(scanned).toMatchObject({ message: { argsText: '{"c":3}' } });
  });

  it("finds arguments under an escaped name", () => {
    expect(scanText(callWith('"name":"safe","\\u0061rguments":{"c":3}'))).toMatchObject({
      message: { argsText: '{"c":3}' },
    });
  });

  it("without arguments has empty ones and no text", () => {
    const scanned = scanText(callWith('"name":"safe"'));
    expect(scanned).toMatchObject({ message: { args: new Map() } });
    expect(scanned.ok && "argsText" in scanned.message && scanned.message.argsText).toBeFalsy();
  });

  it("is forwarded as the tokens that were judged, on one line", () => {
    const written =
      '{ "jsonrpc":"2.0",\r\n "id":12345,\r"method":"tools/call","params":{"name":"safe","arguments":{"big":9007199254740993,"one":1.0,"s":"\\n\\u0041"}}}';
    const forwarded =
      '{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{"name":"safe","arguments":{"big":9007199254740993,"one":1.0,"s":"\\n\\u0041"}}}';
    expect(scanText(written)).toMatchObject({ ok: true, message: { text: forwarded } });
  });
});

describe("the known ways around a proxy", () => {
  it.each(vectors)("$name: refused, or judged as what it is", ({ body, name }) => {
    const scanned = parseMessage(Buffer.from(body, "base64"));
    if (!scanned.ok) return;
    // UTF-7 is refused by its charset; as UTF-8 it names a tool that is none.
    const expected = ["call +AGQ-elete_all", "call delete_all", "call safe", "request"];
    const { message } = scanned;
    const described = message.kind === "call" ? `call ${message.name}` : message.kind;
    expect(expected, name).toContain(described);
    expect(scanned.message.text).not.toMatch(/[\r\n]/);
    if (described === "call safe" || described === "request")
      expect(scanned.message.text.match(/delete_all/g)).toHaveLength(1);
  });

  const lenient = property(
    tuple(
      integer(),
      constantFrom(0, 1, 2, 3),
      constantFrom("name", "arguments", "method", "params", "id", "jsonrpc", "_meta"),
    ),
    ([seed, place, word]) => {
      const noise = mixCase(word, seed);
      const value = seed % 3 === 0 ? '{"name":"delete_all","arguments":{}}' : '"delete_all"';
      const member = `"${noise}":${value},`;
      const at = (index: number): string => (place === index ? member : "");
      const text = `{${at(0)}"jsonrpc":"2.0","id":1,${at(1)}"method":"tools/call","params":{${at(2)}"name":"safe",${at(3)}"arguments":{}}}`;
      const scanned = scanText(text);
      if (!scanned.ok) return true;
      return lenientNames(scanned.message.text).every((name) => name === "safe");
    },
  );

  it("leave a reader that ignores case, NUL and invisible characters no other name to find", () => {
    expect(() =>
      assert(lenient, { numRuns: Math.min(Number(process.env["FUZZ_RUNS"] ?? 20_000), 200_000) }),
    ).not.toThrow();
  });

  it("leave nothing that the scanner accepts and JSON.parse reads as another call", () => {
    const nearlyCalls = property(integer(), (seed) => {
      const { text } = randomJsonText(seed);
      const scanned = scanText(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","arguments":{"x":${text}}}}`,
      );
      if (!scanned.ok) return true;
      const parsed: unknown = JSON.parse(scanned.message.text);
      return JSON.stringify(parsed).startsWith(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","arguments":{',
      );
    });
    expect(() =>
      assert(nearlyCalls, { numRuns: Math.min(Number(process.env["FUZZ_RUNS"] ?? 20_000), 500_000) }),
    ).not.toThrow();
  });
});

/** A word with some of its letters in another case, form or company. */
function mixCase(word: string, seed: number): string {
  const letters = Array.from(word, (letter, index) => {
    const choice = (seed >>> (index % 28)) & 7;
    if (choice === 0) return letter.toUpperCase();
    if (choice === 1 && letter === "s") return "ſ";
    if (choice === 2) return `${letter}\u200b`;
    if (choice === 3) return `${letter}\\u0000`;
    return letter;
  });
  return letters.join("");
}

/** Every tool name that a forgiving reader of the text could take. */
function lenientNames(text: string): readonly unknown[] {
  return lenientMembers(JSON.parse(text), "params").flatMap((params) => lenientMembers(params, "name"));
}

function lenientMembers(value: unknown, wanted: string): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => (folded(name) === wanted ? [member] : []));
}

function folded(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^a-z_]/g, "");
}

function manyNames(count: number): string {
  return Array.from({ length: count }, (_, index) => `,"é${index}":0`).join("");
}
