import fc from "fast-check";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";

import { LineFramer, readLines } from "../../src/mcp/line-splitter.ts";

function frame(chunks: readonly Buffer[], maxBytes = 1_000) {
  const tooLong: string[] = [];
  let within = "";
  const onTooLong = (part: Buffer, isEnd: boolean): void => {
    within += part.toString();
    if (!isEnd) return;
    tooLong.push(within);
    within = "";
  };
  const framer = new LineFramer({ maxBytes, onTooLong });
  const lines = chunks.flatMap((chunk) => [...framer.push(chunk)].map(String));
  const last = framer.end();
  return { lines, last: last?.toString(), tooLong };
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(from, from + length));
    from += length;
  }
  return [...chunks, bytes.subarray(from)];
}

describe("lines", () => {
  it("ends lines with LF, drops a CR before it, and skips empty ones", () => {
    expect(frame([Buffer.from("a\nb\r\n\n\r\nc\rd\ne")])).toEqual({
      lines: ["a", "b", "c\rd"],
      last: "e",
      tooLong: [],
    });
  });

  it("gives the same lines however the bytes are cut", () => {
    const text = fc.array(
      fc.string({ unit: "binary", maxLength: 20 }).map((line) => line.replaceAll(/[\r\n]/g, "")),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(7)), fc.constantFrom("\n", "\r\n"), (lines, lengths, end) => {
        const bytes = Buffer.from(lines.map((line) => line + end).join(""));
        expect(frame(cut(bytes, lengths)).lines).toEqual(
          lines.filter((line) => line !== "").map((line) => Buffer.from(line).toString()),
        );
      }),
    );
  });

  it.each([
    [[]],
    [[3]],
    [[4]],
    [[5]],
    [[6]],
    [[1, 1, 1, 1, 1, 1]],
    [[13]],
    [[14, 1, 1]],
    [Array.from({ length: 22 }, () => 1)],
  ])(
    "keeps nothing of a line past the bound, tells all of it, and goes on after it: cut at %j",
    (lengths) => {
      const bytes = Buffer.from("12345\r\n123456789\n12345\n");
      expect(frame(cut(bytes, lengths), 5)).toEqual({
        lines: ["12345", "12345"],
        last: undefined,
        tooLong: ["123456789"],
      });
    },
  );

  it("holds no more of a line than its bound", () => {
    const framer = new LineFramer({ maxBytes: 1_000, onTooLong: () => undefined });
    const chunk = Buffer.alloc(100_000, "x");
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 10_000; count += 1) expect([...framer.push(chunk)]).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it("reads no further while the last line is not taken", async () => {
    const given: string[] = [];
    const taken: string[] = [];
    const gate = Promise.withResolvers<void>();
    const source = Readable.from(
      (function* chunks() {
        for (const text of ["a\nb\n", "c\n", "d"]) {
          given.push(text);
          yield Buffer.from(text);
        }
      })(),
      { highWaterMark: 1 },
    );
    const bounds = { maxBytes: 10, onTooLong: () => undefined };
    const read = readLines(source, bounds, (line) => {
      taken.push(line.toString());
      return gate.promise;
    });
    while (taken.length === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(taken).toEqual(["a"]);
    expect(given.length).toBeLessThan(3);
    gate.resolve();
    await read;
    expect(taken).toEqual(["a", "b", "c", "d"]);
  });
});
