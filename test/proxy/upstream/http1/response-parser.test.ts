import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readAnswer, type ReadAnswer } from "./read-response.ts";

function read(text: string, cuts: readonly number[] = []): ReadAnswer | undefined {
  return readAnswer(Buffer.from(text, "latin1"), cuts);
}

/** A head with these lines, and what follows it. */
function answer(lines: readonly string[], rest = "", status = "HTTP/1.1 200 OK"): string {
  return [status, ...lines, "", rest].join("\r\n");
}

const CHUNKED = ["Transfer-Encoding: chunked"];

describe("an answer", () => {
  it.each([
    ["a length", answer(["Content-Length: 5"], "hello"), "hello"],
    ["a length of nothing", answer(["Content-Length: 0"]), ""],
    ["a length with zeros before it", answer(["Content-Length: 005"], "hello"), "hello"],
    ["chunks", answer(CHUNKED, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello"],
    [
      "chunks in capitals",
      answer(["transfer-encoding: Chunked"], "A\r\n0123456789\r\n0\r\n\r\n"),
      "0123456789",
    ],
    ["chunks with extensions", answer(CHUNKED, '5;a=1;b="c"\r\nhello\r\n0;x\r\n\r\n'), "hello"],
    ["chunks with trailers", answer(CHUNKED, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), "hello"],
    ["neither, until the connection ends", answer(["X: 1"], "hello"), "hello"],
    ["a status without a reason", answer(["Content-Length: 2"], "ok", "HTTP/1.1 200"), "ok"],
    ["a status with an empty reason", answer(["Content-Length: 2"], "ok", "HTTP/1.1 200 "), "ok"],
    ["the version before", answer(["Content-Length: 2"], "ok", "HTTP/1.0 200 OK"), "ok"],
    ["204", answer([], "", "HTTP/1.1 204 No Content"), ""],
    ["304 and a length", answer(["Content-Length: 9"], "", "HTTP/1.1 304 Not Modified"), ""],
    ["another before it", `HTTP/1.1 100 Continue\r\n\r\n${answer(["Content-Length: 2"], "ok")}`, "ok"],
    [
      "hints before it",
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${answer(["Content-Length: 2"], "ok")}`,
      "ok",
    ],
  ])("with %s is read, however it is cut", (_what, text, body) => {
    const whole = read(text);
    expect(whole).toMatchObject({ body, hasExtra: false });
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        expect(read(text, cuts)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
    expect(
      read(
        text,
        [...text].map((_byte, index) => index),
      ),
    ).toEqual(whole);
  });

  it.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["another protocol", answer([], "", "HTTP/2 200 OK")],
    ["another minor version", answer([], "", "HTTP/1.2 200 OK")],
    ["a status of two digits", answer([], "", "HTTP/1.1 20 OK")],
    ["a status of four digits", answer([], "", "HTTP/1.1 2000 OK")],
    ["a status below 100", answer([], "", "HTTP/1.1 099 OK")],
    ["a control character in its reason", answer([], "", "HTTP/1.1 200 O\u0001K")],
    ["a carriage return in its reason", answer([], "", "HTTP/1.1 200 O\rK")],
    ["two blanks before its status", answer(["Content-Length: 0"], "", "HTTP/1.1  200 OK")],
    ["an empty line before it", `\r\n${answer(["Content-Length: 0"])}`],
    ["a header without a colon", answer(["Content-Length: 0", "hello"])],
    ["a header without a name", answer(["Content-Length: 0", ": x"])],
    ["a blank before a colon", answer(["Content-Length : 0"])],
    ["a folded header", answer(["X: 1", " 2", "Content-Length: 0"])],
    ["a header folded by a tab", answer(["X: 1", "\t2", "Content-Length: 0"])],
    ["NUL in a value", answer(["X: \u0000", "Content-Length: 0"])],
    ["a lone carriage return in a value", answer(["X: 1\rY: 2", "Content-Length: 0"])],
    ["a lone line feed in a value", answer(["X: 1\nContent-Length: 0"])],
    ["lines that end with line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
    ["the end of its head by line feeds", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\n"],
    ["a name that is no token", answer(["X(y): 1", "Content-Length: 0"])],
    ["a name beyond ASCII", answer(["X\u00e9: 1", "Content-Length: 0"])],
    ["a length and chunks", answer(["Content-Length: 5", ...CHUNKED], "0\r\n\r\n")],
    ["chunks and a length", answer([...CHUNKED, "Content-Length: 5"], "0\r\n\r\n")],
    ["two lengths", answer(["Content-Length: 5", "Content-Length: 6"], "hello!")],
    ["the same length twice", answer(["Content-Length: 5", "content-length: 5"], "hello")],
    ["a list of lengths", answer(["Content-Length: 5, 5"], "hello")],
    ["a negative length", answer(["Content-Length: -1"])],
    ["a signed length", answer(["Content-Length: +5"], "hello")],
    ["a hexadecimal length", answer(["Content-Length: 0x5"], "hello")],
    ["a length with a blank in it", answer(["Content-Length: 1 2"], "hello")],
    ["an empty length", answer(["Content-Length: "], "hello")],
    ["a length that no number holds", answer(["Content-Length: 9999999999999999"], "hello")],
    ["another coding", answer(["Transfer-Encoding: gzip"], "0\r\n\r\n")],
    ["two codings", answer(["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n")],
    ["chunks twice", answer([...CHUNKED, ...CHUNKED], "0\r\n\r\n")],
    ["a coding that begins like chunks", answer(["Transfer-Encoding: chunkedx"], "0\r\n\r\n")],
    ["chunks in the version before", answer(CHUNKED, "0\r\n\r\n", "HTTP/1.0 200 OK")],
    ["a chunk without a size", answer(CHUNKED, "\r\n\r\n")],
    ["a chunk of a negative size", answer(CHUNKED, "-5\r\nhello\r\n0\r\n\r\n")],
    ["a chunk size in another base", answer(CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n")],
    ["a blank after a chunk size", answer(CHUNKED, "5 \r\nhello\r\n0\r\n\r\n")],
    ["a chunk size that no number holds", answer(CHUNKED, `${"f".repeat(17)}\r\nhello`)],
    ["a chunk longer than its size", answer(CHUNKED, "4\r\nhello\r\n0\r\n\r\n")],
    ["a chunk shorter than its size", answer(CHUNKED, "6\r\nhello\r\n0\r\n\r\n")],
    ["chunks whose lines end with line feeds", answer(CHUNKED, "5\nhello\n0\n\n")],
    ["a chunk's data that ends with a line feed", answer(CHUNKED, "5\r\nhello\n0\r\n\r\n")],
    ["a line feed in an extension", answer(CHUNKED, "5;a\nb\r\nhello\r\n0\r\n\r\n")],
    ["an extension that is too long", answer(CHUNKED, `5;${"a".repeat(600)}\r\nhello\r\n0\r\n\r\n`)],
    ["too many extensions", answer(CHUNKED, `${`1;${"a".repeat(400)}\r\nx\r\n`.repeat(50)}0\r\n\r\n`)],
    ["a trailer that is no header", answer(CHUNKED, "0\r\nhello\r\n\r\n")],
    ["too many trailers", answer(CHUNKED, `0\r\n${"X: 1\r\n".repeat(4_000)}\r\n`)],
    ["a head that is too long", answer([`X: ${"x".repeat(16 * 1024)}`, "Content-Length: 0"])],
    ["too many headers", answer([...Array<string>(257).fill("X: 1"), "Content-Length: 0"])],
    [
      "a change of protocol",
      answer(["Upgrade: x", "Connection: upgrade"], "", "HTTP/1.1 101 Switching Protocols"),
    ],
    [
      "no end of what comes before it",
      `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(9)}${answer(["Content-Length: 0"])}`,
    ],
    ["no end within its length", answer(["Content-Length: 5"], "hell")],
    ["no end of its chunks", answer(CHUNKED, "5\r\nhello\r\n")],
    ["no end of its trailers", answer(CHUNKED, "0\r\n")],
    ["no end of its head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"],
    ["nothing in it", ""],
  ])("with %s is refused, however it is cut", (_what, text) => {
    expect(read(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        expect(read(text, cuts)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["a length", answer(["Content-Length: 2"], "okHTTP/1.1 200 OK\r\n\r\n")],
    ["no body", answer([], "x", "HTTP/1.1 204 No Content")],
    ["chunks", answer(CHUNKED, "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")],
  ])("with %s tells when more follows it, however it is cut", (_what, text) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        expect(read(text, cuts)?.hasExtra).toBe(true);
      }),
    );
  });

  it("has its names in lower case, each line of its own, and no blanks around values but those of their characters", () => {
    const lines = [
      "Set-Cookie: a",
      "X-Empty:",
      "sEt-cookie:\t b \t",
      "X: \u00a0y\u00a0",
      "constructor: c",
      "__proto__: d",
    ];
    const { headers } = read(answer([...lines, "Content-Length: 0"])) ?? {};
    expect(headers).toEqual({
      "set-cookie": ["a", "b"],
      "x-empty": "",
      x: "\u00a0y\u00a0",
      constructor: "c",
      "content-length": "0",
    });
  });
});
