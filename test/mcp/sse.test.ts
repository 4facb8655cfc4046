/** The splitter of server-sent events handles all line ends and all chunk sizes, and keeps every byte. */

import { Buffer } from "node:buffer";

import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { SseSplitter, replaceData, withoutMark } from "../../src/mcp/sse.ts";
import type { SseEvent } from "../../src/mcp/sse.ts";
import { processorMs } from "../fixtures/processor-time.ts";

const PIECES = [
  "data",
  "data:",
  "data: ",
  "event: message",
  "id: 7",
  "retry: 10",
  ":",
  ": ping",
  "x",
  "é😀",
  "\ufeff",
  " ",
  "\n",
  "\n\n",
  "\r",
  "\r\n",
  "\r\n\r\n",
  '{"a":1}',
];
const numRuns = Math.min(Number(process.env["FUZZ_RUNS"] ?? 5_000), 300_000);

/** Events of a stream that arrives in chunks of a size. */
function eventsOf(stream: string | Buffer, chunkBytes = 1_000_000): readonly SseEvent[] {
  const splitter = new SseSplitter(1_000_000);
  const bytes = Buffer.from(stream);
  const events: SseEvent[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const found = splitter.push(bytes.subarray(at, at + chunkBytes));
    if (found === "too_large") throw new Error("too large");
    events.push(...found);
  }
  return events;
}

function dataOf(stream: string, chunkBytes?: number): readonly string[] {
  return eventsOf(stream, chunkBytes).flatMap(({ data }) => (data === undefined ? [] : [data]));
}

describe("data", () => {
  it.each([
    ["one line", "data: a\n\n", ["a"]],
    ["no space", "data:a\n\n", ["a"]],
    ["two spaces", "data:  a\n\n", [" a"]],
    ["several lines", "data: a\ndata: b\n\n", ["a\nb"]],
    ["no colon", "data\n\n", [""]],
    ["an empty value", "data:\n\n", [""]],
    ["two events", "data: a\n\ndata: b\n\n", ["a", "b"]],
    ["other lines around", "event: message\nid: 1\ndata: a\nretry: 5\n: c\n\n", ["a"]],
    ["CR", "data: a\rdata: b\r\r", ["a\nb"]],
    ["CRLF", "data: a\r\ndata: b\r\n\r\n", ["a\nb"]],
    ["line ends of all kinds", "data: a\rdata: b\ndata: c\r\n\r\n", ["a\nb\nc"]],
    ["a byte order mark at the beginning", "\ufeffdata: a\n\n", ["a"]],
    ["a byte order mark later", "data: a\n\n\ufeffdata: b\n\n", ["a"]],
    ["a comment only", ": ping\n\n", []],
    ["names that only look like data", "datas: a\nDATA: b\n data: c\n\n", []],
    ["empty lines", "\n\n\n", []],
    ["an unfinished event", "data: a\n\ndata: b\n", ["a"]],
    ["characters outside ASCII", "data: é😀\n\n", ["é😀"]],
  ])("of %s", (_, stream, data) => {
    for (let chunkBytes = 1; chunkBytes <= stream.length; chunkBytes += 1)
      expect(dataOf(stream, chunkBytes)).toEqual(data);
  });
});

describe("events", () => {
  it("are emitted at the line that ends them, without waiting for the second half of a CRLF", () => {
    const splitter = new SseSplitter(100);
    expect(splitter.push(Buffer.from("data: a\r\n\r"))).toMatchObject([{ data: "a" }]);
    expect(splitter.push(Buffer.from("\ndata: b\r\n\r\n"))).toMatchObject([
      { data: undefined },
      { data: "b" },
    ]);
    expect(splitter.rest()).toHaveLength(0);
  });

  it("and the rest together equal the stream, byte for byte, and are the same in chunks of any size", () => {
    const claim = property(
      array(constantFrom(...PIECES), { maxLength: 30 }),
      integer({ min: 1, max: 7 }),
      (pieces, chunkBytes) => {
        const stream = pieces.join("");
        const splitter = new SseSplitter(1_000_000);
        const bytes = Buffer.from(stream);
        const raws: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          const events = splitter.push(bytes.subarray(at, at + chunkBytes));
          if (events === "too_large") return false;
          raws.push(...events.map(({ raw }) => raw));
        }
        expect(Buffer.concat([...raws, splitter.rest()]).toString()).toBe(stream);
        expect(dataOf(stream, chunkBytes)).toEqual(referenceData(stream));
        return true;
      },
    );
    expect(() => assert(claim, { numRuns })).not.toThrow();
  });

  it("keep bytes that are not UTF-8 unchanged", () => {
    const stream = Buffer.from([0x3a, 0xff, 0x0a, 0x0a]);
    expect(eventsOf(stream)[0]?.raw.equals(stream)).toBe(true);
  });
});

describe("isMessage", () => {
  it.each([
    ["no name", "data: a\n\n", true],
    ["the name message", "event: message\ndata: a\n\n", true],
    ["another name", "event: ping\ndata: a\n\n", false],
    ["another name after the data", "data: a\r\nevent: ping\r\n\r\n", false],
    ["another name without a space", "event:ping\r\r", false],
    ["an empty name", "event:\n\n", true],
    ["an empty name after another", "event: ping\nevent\n\n", true],
    ["message after another name", "event: ping\nevent: message\n\n", true],
    ["another name after message", "event: message\nevent: ping\n\n", true],
    ["two other names", "event: ping\nevent: pong\n\n", false],
    ["a name in capitals", "event: MESSAGE\n\n", true],
    ["a name with a space", "event: message \n\n", true],
    ["a name with a tab", "event: \tmessage\n\n", true],
    ["a name outside ASCII", "event: \u00a0message\n\n", true],
    ["a name in a comment", ": event: ping\n\n", true],
    ["a field with a space in its name", "event : ping\n\n", true],
    ["a byte order mark before the name", "\ufeffevent: ping\n\n", false],
    ["a vertical tab", "event: ping\ndata: a\vevent: message\n\n", true],
    ["a next-line character", "event: ping\ndata: a\u0085event: message\n\n", true],
    ["a paragraph separator", "event: ping\ndata: a\u2029event: message\n\n", true],
  ])("is correct for an event with %s: %j", (_what, stream, isMessage) => {
    for (const chunkBytes of [1, 3, 1_000])
      expect(eventsOf(stream, chunkBytes).map((event) => event.isMessage)).toContain(isMessage);
  });

  it("is true for a later event whose name follows a byte order mark", () => {
    expect(eventsOf("data: a\n\n\ufeffevent: ping\n\n").map((event) => event.isMessage)).toEqual([
      true,
      true,
    ]);
  });
});

describe("withoutMark", () => {
  it("removes only the byte order mark at the start of the stream", () => {
    const events = eventsOf("\ufeffevent: ping\n\n\ufeffdata: a\n\n");
    expect(events.map((event) => withoutMark(event).toString())).toEqual([
      "event: ping\n\n",
      "\ufeffdata: a\n\n",
    ]);
  });
});

describe("the bound", () => {
  it("admits an event of exactly that size", () => {
    expect(new SseSplitter(9).push(Buffer.from("data: a\n\n"))).toHaveLength(1);
  });

  it("applies to one event, not to the stream", () => {
    const splitter = new SseSplitter(9);
    for (let count = 0; count < 100; count += 1)
      expect(splitter.push(Buffer.from("data: a\n\n"))).toHaveLength(1);
  });

  it("stops the splitter permanently at a longer event, whole or in parts", () => {
    expect(new SseSplitter(8).push(Buffer.from("data: a\n\n"))).toBe("too_large");
    const splitter = new SseSplitter(8);
    expect(splitter.push(Buffer.from("data: "))).toEqual([]);
    expect(splitter.push(Buffer.from("abc"))).toBe("too_large");
    expect(splitter.push(Buffer.from("\n\n"))).toBe("too_large");
    expect(splitter.push(Buffer.from("data:\n\n"))).toBe("too_large");
    expect(splitter.rest()).toHaveLength(0);
  });
});

describe("replaceData", () => {
  it.each([
    ["data: a\n\n", "data: NEW\n\n"],
    [
      "event: message\nid: 1\ndata: a\nretry: 5\n: c\n\n",
      "event: message\nid: 1\ndata: NEW\nretry: 5\n: c\n\n",
    ],
    ["id: 1\r\ndata: a\r\ndata: b\r\nx: y\r\n\r\n", "id: 1\r\ndata: NEW\r\nx: y\r\n\r\n"],
    ["data\r\r", "data: NEW\r\r"],
    ["\ufeffdata: a\n\n", "\ufeffdata: NEW\n\n"],
    [": only a comment\n\n", ": only a comment\n\n"],
  ])("of %j is %j", (stream, replaced) => {
    expect(eventsOf(stream).map((event) => replaceData(event, "NEW").toString())).toEqual([replaced]);
  });

  it("writes data of several lines and outside ASCII so that it is read back unchanged", () => {
    const [event] = eventsOf("id: é\ndata: a\n\n");
    if (event === undefined) throw new Error("no event");
    const replaced = replaceData(event, "é😀\nzwei");
    expect(replaced.toString()).toBe("id: é\ndata: é😀\ndata: zwei\n\n");
    expect(dataOf(replaced.toString())).toEqual(["é😀\nzwei"]);
  });

  it("keeps bytes of other lines that are not UTF-8", () => {
    const [event] = eventsOf(
      Buffer.concat([Buffer.from(":"), Buffer.from([0xff]), Buffer.from("\ndata: a\n\n")]),
    );
    if (event === undefined) throw new Error("no event");
    expect([...replaceData(event, "b")]).toEqual([0x3a, 0xff, 0x0a, ...Buffer.from("data: b\n\n")]);
  });
});

describe("work", () => {
  it.each([
    ["line feeds", "\n"],
    ["carriage returns", "\r"],
  ])("grows with the stream when it has many lines that end in %s", (_, lineEnd) => {
    const stream = `${`data: x${lineEnd}`.repeat(300_000)}${lineEnd}${lineEnd}`;
    const splitter = new SseSplitter(10_000_000);
    const startedAt = processorMs();
    expect(splitter.push(Buffer.from(stream))).toHaveLength(2);
    expect(processorMs() - startedAt).toBeLessThan(5_000);
  });
});

/** A reference implementation of the specification, on the whole stream at once. */
function referenceData(stream: string): readonly string[] {
  const lines = stream.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const events: string[] = [];
  let data: string[] = [];
  // The text after the last line end is not a line.
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) events.push(data.join("\n"));
      data = [];
    }
    const [, value] = /^data(?:: ?(.*))?$/s.exec(line) ?? [];
    if (/^data(?::|$)/.test(line)) data.push(value ?? "");
  }
  return events;
}
