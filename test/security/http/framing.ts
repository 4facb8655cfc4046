/** Requests for which two readers disagree about where the request ends. */

import { DANGER, SAFE } from "../bypass/vector.ts";
import { chunked, family, HIDDEN, post, type RawFamily, unsized } from "./raw.ts";

const CODED = "Transfer-Encoding: chunked";
const EMPTY_CHUNK = "0\r\n\r\n";

/** Each has a body that ends at once for a reader of chunks, and contains another request for a reader of lengths. */
const CODINGS = [
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding:\u000bchunked",
  "Transfer-Encoding: chunked\u000b",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding:",
  "Transfer_Encoding: chunked",
  " Transfer-Encoding: chunked",
  "X: x\nTransfer-Encoding: chunked",
  "X: x\rTransfer-Encoding: chunked",
  "Transfer-Encoding\0: chunked",
  "Transfer-Encoding: \0chunked",
];

const both = `${EMPTY_CHUNK}${HIDDEN}`;

const LENGTHS: readonly [string, string][] = [
  ["twice the same", `Content-Length: ${SAFE.length}\r\nContent-Length: ${SAFE.length}`],
  ["twice", `Content-Length: ${SAFE.length}\r\nContent-Length: 0`],
  ["twice, the shorter first", `Content-Length: 0\r\nContent-Length: ${SAFE.length}`],
  ["a list", `Content-Length: ${SAFE.length}, ${SAFE.length}`],
  ["with a plus", `Content-Length: +${SAFE.length}`],
  ["negative", "Content-Length: -1"],
  ["in hexadecimal", `Content-Length: 0x${SAFE.length.toString(16)}`],
  ["with zeros", `Content-Length: 000${SAFE.length}`],
  ["with a blank inside", "Content-Length: 8 8"],
  ["with an underscore", `Content_Length: ${SAFE.length}`],
  ["empty", "Content-Length:"],
  ["with an exponent", "Content-Length: 1e2"],
  ["with a fraction", "Content-Length: 88.0"],
  ["beyond 64 bits", "Content-Length: 18446744073709551704"],
  ["beyond 32 bits", "Content-Length: 4294967384"],
  ["in other digits", "Content-Length: \u00b2"],
  ["with a blank before the colon", `Content-Length : ${SAFE.length}`],
  ["none", "X: x"],
];

const CHUNKS: readonly [string, string][] = [
  ["an extension", chunked(SAFE, `${SAFE.length.toString(16)};x=y`)],
  ["an extension with a line", chunked(SAFE, `${SAFE.length.toString(16)};x="\n"`)],
  ["a long extension", chunked(SAFE, `${SAFE.length.toString(16)};${"x".repeat(20_000)}`)],
  ["zeros before its size", chunked(SAFE, `000000000${SAFE.length.toString(16)}`)],
  ["a size beyond 64 bits", chunked(SAFE, `10000000000000000${SAFE.length.toString(16)}`)],
  ["a negative size", chunked(SAFE, `-${SAFE.length.toString(16)}`)],
  ["a size with 0x", chunked(SAFE, `0x${SAFE.length.toString(16)}`)],
  ["a size with a blank", chunked(SAFE, `${SAFE.length.toString(16)} `)],
  ["no size", chunked(SAFE, "")],
  ["a size that is too small", chunked(SAFE, "5")],
  ["a size that is too great", chunked(SAFE, "500")],
  ["bare LF", `${SAFE.length.toString(16)}\n${SAFE}\n0\n\n`],
  ["no end", `${SAFE.length.toString(16)}\r\n${SAFE}\r\n`],
  ["a trailer that names a tool", `${SAFE.length.toString(16)}\r\n${SAFE}\r\n0\r\nMcp-Name: danger\r\n\r\n`],
  ["a trailer with a length", `${SAFE.length.toString(16)}\r\n${SAFE}\r\n0\r\nContent-Length: 5\r\n\r\n`],
  ["a trailer that is planted", `${SAFE.length.toString(16)}\r\n${SAFE}\r\n0\r\nX-Planted: 1\r\n\r\n`],
  ["a request in its trailer", `${SAFE.length.toString(16)}\r\n${SAFE}\r\n0\r\n${HIDDEN}`],
  [
    "two messages",
    `${SAFE.length.toString(16)}\r\n${SAFE}\r\n${DANGER.length.toString(16)}\r\n${DANGER}\r\n0\r\n\r\n`,
  ],
];

export const FRAMING: RawFamily = [
  ...family(
    "a length and a coding",
    CODINGS.map((coding) => [coding, post([coding], both)]),
  ),
  ...family(
    "a coding and a length",
    CODINGS.map((coding) => [coding, unsized([coding, "Content-Length: 4"], `${chunked(SAFE)}${HIDDEN}`)]),
  ),
  ...family(
    "length",
    LENGTHS.map(([name, header]) => [name, unsized([header]) + HIDDEN]),
  ),
  ...family(
    "chunks with",
    CHUNKS.map(([name, body]) => [name, unsized([CODED], body)]),
  ),
  ...family("a body", [
    ["longer than its length", post([]) + DANGER],
    ["shorter than its length", unsized([`Content-Length: ${SAFE.length + 10}`])],
    ["with a request as its text", post([], `{"x":${JSON.stringify(HIDDEN)}}`)],
    ["of chunks in HTTP/1.0", unsized([CODED], both).replace("HTTP/1.1", "HTTP/1.0")],
  ]),
];
