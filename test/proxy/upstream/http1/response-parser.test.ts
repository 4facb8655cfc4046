import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseResponse, type ParsedResponse } from "./read-response.ts";

function read(text: string, cuts: readonly number[] = []): ParsedResponse | undefined {
  return parseResponse(Buffer.from(text, "latin1"), cuts);
}

/** A response with these header lines, and `rest` after its head. */
function response(lines: readonly string[], rest = "", status = "HTTP/1.1 200 OK"): string {
  return [status, ...lines, "", rest].join("\r\n");
}

const CHUNKED = ["Transfer-Encoding: chunked"];

describe("a response", () => {
  it.each([
    ["a length", response(["Content-Length: 5"], "hello"), "hello"],
    ["a length of nothing", response(["Content-Length: 0"]), ""],
    ["a length with zeros before it", response(["Content-Length: 005"], "hello"), "hello"],
    ["chunks", response(CHUNKED, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello"],
    [
      "chunks in capitals",
      response(["transfer-encoding: Chunked"], "A\r\n0123456789\r\n0\r\n\r\n"),
      "0123456789",
    ],
    ["chunks with extensions", response(CHUNKED, '5;a=1;b="c"\r\nhello\r\n0;x\r\n\r\n'), "hello"],
    ["chunks with trailers", response(CHUNKED, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), "hello"],
    ["neither, until the connection ends", response(["X: 1"], "hello"), "hello"],
    ["a status without a reason", response(["Content-Length: 2"], "ok", "HTTP/1.1 200"), "ok"],
    ["a status with an empty reason", response(["Content-Length: 2"], "ok", "HTTP/1.1 200 "), "ok"],
    ["the version HTTP/1.0", response(["Content-Length: 2"], "ok", "HTTP/1.0 200 OK"), "ok"],
    ["204", response([], "", "HTTP/1.1 204 No Content"), ""],
    ["304 and a length", response(["Content-Length: 9"], "", "HTTP/1.1 304 Not Modified"), ""],
    ["100 Continue before it", `HTTP/1.1 100 Continue\r\n\r\n${response(["Content-Length: 2"], "ok")}`, "ok"],
    [
      "256 informational responses before it",
      `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(256)}${response(["Content-Length: 2"], "ok")}`,
      "ok",
    ],
    [
      "103 Early Hints before it",
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${response(["Content-Length: 2"], "ok")}`,
      "ok",
    ],
  ])("with %s is parsed, however its bytes are split", (_case, text, body) => {
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
    ["another protocol", response([], "", "HTTP/2 200 OK")],
    ["another minor version", response([], "", "HTTP/1.2 200 OK")],
    ["a status of two digits", response([], "", "HTTP/1.1 20 OK")],
    ["a status of four digits", response([], "", "HTTP/1.1 2000 OK")],
    ["a status below 100", response([], "", "HTTP/1.1 099 OK")],
    ["a control character in its reason", response([], "", "HTTP/1.1 200 O\u0001K")],
    ["a carriage return in its reason", response([], "", "HTTP/1.1 200 O\rK")],
    ["two blanks before its status", response(["Content-Length: 0"], "", "HTTP/1.1  200 OK")],
    ["an empty line before it", `\r\n${response(["Content-Length: 0"])}`],
    ["a header without a colon", response(["Content-Length: 0", "hello"])],
    ["a header without a name", response(["Content-Length: 0", ": x"])],
    ["a blank before a colon", response(["Content-Length : 0"])],
    ["a folded header", response(["X: 1", " 2", "Content-Length: 0"])],
    ["a header folded by a tab", response(["X: 1", "\t2", "Content-Length: 0"])],
    ["NUL in a value", response(["X: \u0000", "Content-Length: 0"])],
    ["a lone carriage return in a value", response(["X: 1\rY: 2", "Content-Length: 0"])],
    ["a lone line feed in a value", response(["X: 1\nContent-Length: 0"])],
    ["lines that end with line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
    ["the end of its head by line feeds", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\n"],
    ["a name that is no token", response(["X(y): 1", "Content-Length: 0"])],
    ["a name beyond ASCII", response(["X\u00e9: 1", "Content-Length: 0"])],
    ["a length and chunks", response(["Content-Length: 5", ...CHUNKED], "0\r\n\r\n")],
    ["chunks and a length", response([...CHUNKED, "Content-Length: 5"], "0\r\n\r\n")],
    ["two lengths", response(["Content-Length: 5", "Content-Length: 6"], "hello!")],
    ["the same length twice", response(["Content-Length: 5", "content-length: 5"], "hello")],
    ["a list of lengths", response(["Content-Length: 5, 5"], "hello")],
    ["a negative length", response(["Content-Length: -1"])],
    ["a signed length", response(["Content-Length: +5"], "hello")],
    ["a hexadecimal length", response(["Content-Length: 0x5"], "hello")],
    ["a length with a blank in it", response(["Content-Length: 1 2"], "hello")],
    ["an empty length", response(["Content-Length: "], "hello")],
    ["a length that no number holds", response(["Content-Length: 9999999999999999"], "hello")],
    ["another coding", response(["Transfer-Encoding: gzip"], "0\r\n\r\n")],
    ["two codings", response(["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n")],
    ["chunks twice", response([...CHUNKED, ...CHUNKED], "0\r\n\r\n")],
    ["a coding that begins like chunks", response(["Transfer-Encoding: chunkedx"], "0\r\n\r\n")],
    ["chunks in the version before", response(CHUNKED, "0\r\n\r\n", "HTTP/1.0 200 OK")],
    ["a chunk without a size", response(CHUNKED, "\r\n\r\n")],
    ["a chunk of a negative size", response(CHUNKED, "-5\r\nhello\r\n0\r\n\r\n")],
    ["a chunk size in another base", response(CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n")],
    ["a blank after a chunk size", response(CHUNKED, "5 \r\nhello\r\n0\r\n\r\n")],
    ["a chunk size that no number holds", response(CHUNKED, `${"f".repeat(17)}\r\nhello`)],
    ["a chunk longer than its size", response(CHUNKED, "4\r\nhello\r\n0\r\n\r\n")],
    ["a chunk shorter than its size", response(CHUNKED, "6\r\nhello\r\n0\r\n\r\n")],
    ["chunks whose lines end with line feeds", response(CHUNKED, "5\nhello\n0\n\n")],
    ["a chunk's data that ends with a line feed", response(CHUNKED, "5\r\nhello\n0\r\n\r\n")],
    ["a line feed in an extension", response(CHUNKED, "5;a\nb\r\nhello\r\n0\r\n\r\n")],
    ["an extension that is too long", response(CHUNKED, `5;${"a".repeat(600)}\r\nhello\r\n0\r\n\r\n`)],
    ["too many extensions", response(CHUNKED, `${`1;${"a".repeat(400)}\r\nx\r\n`.repeat(50)}0\r\n\r\n`)],
    ["a trailer that is no header", response(CHUNKED, "0\r\nhello\r\n\r\n")],
    ["too many trailers", response(CHUNKED, `0\r\n${"X: 1\r\n".repeat(4_000)}\r\n`)],
    ["a head that is too long", response([`X: ${"x".repeat(16 * 1024)}`, "Content-Length: 0"])],
    ["too many headers", response([...Array<string>(257).fill("X: 1"), "Content-Length: 0"])],
    [
      "a change of protocol",
      response(["Upgrade: x", "Connection: upgrade"], "", "HTTP/1.1 101 Switching Protocols"),
    ],
    [
      "no end of what comes before it",
      `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(257)}${response(["Content-Length: 0"])}`,
    ],
    ["no end within its length", response(["Content-Length: 5"], "hell")],
    ["no end of its chunks", response(CHUNKED, "5\r\nhello\r\n")],
    ["no end of its trailers", response(CHUNKED, "0\r\n")],
    ["no end of its head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"],
    ["nothing in it", ""],
  ])("with %s is refused, however its bytes are split", (_case, text) => {
    expect(read(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        expect(read(text, cuts)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["a length", response(["Content-Length: 2"], "okHTTP/1.1 200 OK\r\n\r\n")],
    ["no body", response([], "x", "HTTP/1.1 204 No Content")],
    ["chunks", response(CHUNKED, "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")],
  ])("with %s reports bytes after its end, however its bytes are split", (_case, text) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        expect(read(text, cuts)?.hasExtra).toBe(true);
      }),
    );
  });

  it("has lower-case names, an array for repeated names, and values without surrounding spaces and tabs", () => {
    const lines = [
      "Set-Cookie: a",
      "X-Empty:",
      "sEt-cookie:\t b \t",
      "X: \u00a0y\u00a0",
      "constructor: c",
      "__proto__: d",
    ];
    const { headers } = read(response([...lines, "Content-Length: 0"])) ?? {};
    expect(headers).toEqual({
      "set-cookie": ["a", "b"],
      "x-empty": "",
      x: "\u00a0y\u00a0",
      constructor: "c",
      "content-length": "0",
    });
  });
});
