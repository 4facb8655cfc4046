/** Odd request lines: targets, methods, versions, upgrades. */

import { DANGER, SAFE } from "../bypass/vector.ts";
import { family, HIDDEN, line, post, type RawFamily, request } from "./raw.ts";

const TARGETS = [
  "//mcp",
  "/mcp/",
  "/mcp?x",
  "/mcp?",
  "/mcp#x",
  "/MCP",
  "/Mcp",
  "/%6dcp",
  "/%6Dcp",
  "/mcp%2f",
  "/mcp%00",
  "/mcp%20",
  "/mcp\0",
  "/./mcp",
  "/x/../mcp",
  "/../mcp",
  "/mcp/..;/mcp",
  "/mcp;x",
  "/mcp/x",
  "mcp",
  "*",
  "\\mcp",
  "/mcp\\",
  "/mcp\t",
  "",
  "/",
  "http://localhost/mcp",
  "http://other.example/mcp",
  "https://localhost/mcp",
  "http://localhost@other.example/mcp",
  "//localhost/mcp",
  "localhost:80",
  "/mcp\u00e9",
  `/${"x".repeat(20_000)}`,
];

const METHODS = [
  "PUT",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "post",
  "Post",
  "POST\0",
  " POST",
  "GPOST",
  "PURGE",
  "PROPFIND",
  "QUERY",
  "SOURCE",
  "POSTPOST",
  "X-POST",
];

const VERSIONS = [
  "HTTP/1.0",
  "HTTP/0.9",
  "HTTP/2.0",
  "HTTP/1.2",
  "HTTP/1.1x",
  "http/1.1",
  "HTTP/01.1",
  "HTTP/1.1 ",
  "HTTPS/1.1",
  "",
  "RTSP/1.0",
];

const UPGRADES: readonly [string, readonly string[]][] = [
  [
    "h2c",
    ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
  ],
  [
    "websocket",
    [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ],
  ],
  ["TLS", ["Upgrade: TLS/1.0", "Connection: Upgrade"]],
  ["without Connection", ["Upgrade: h2c"]],
  ["of nothing", ["Upgrade:", "Connection: Upgrade"]],
];

export const LINES: RawFamily = [
  ...family(
    "target",
    TARGETS.map((target) => [target.slice(0, 40), line(`POST ${target} HTTP/1.1`)]),
  ),
  ...family(
    "method",
    METHODS.map((method) => [method, line(`${method} /mcp HTTP/1.1`)]),
  ),
  ...family(
    "version",
    VERSIONS.map((version) => [version, line(`POST /mcp ${version}`)]),
  ),
  ...family(
    "upgrade",
    UPGRADES.map(([name, headers]) => [name, post(headers, DANGER) + HIDDEN]),
  ),
  ...family("a GET", [
    ["with a body", line("GET /mcp HTTP/1.1")],
    [
      "with chunks",
      request(
        "GET /mcp HTTP/1.1",
        ["Host: localhost", "Transfer-Encoding: chunked"],
        `5\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
      ),
    ],
    [
      "that says it is a POST",
      request("GET /mcp HTTP/1.1", ["Host: localhost", "X-HTTP-Method-Override: POST"]),
    ],
    [
      "with a message in its target",
      request(`GET /mcp?message=${encodeURIComponent(DANGER)} HTTP/1.1`, ["Host: localhost"]),
    ],
  ]),
  ...family("a DELETE", [["with a body", line("DELETE /mcp HTTP/1.1")]]),
  ...family("no HTTP", [
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"],
    ["a TLS hello", `\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003${"\0".repeat(64)}`],
    ["HTTP/0.9", "GET /mcp\r\n"],
    ["a bare message", `${DANGER}\n`],
    ["a PROXY line", `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${HIDDEN}`],
    ["blank lines before", `\r\n\r\n${post([])}`],
    ["two blanks", line("POST  /mcp HTTP/1.1")],
    ["a tab", line("POST\t/mcp\tHTTP/1.1")],
    ["a line break in the line", line("POST /mcp HTTP/1.1\r\nX: x\r\n\r\n")],
    ["a NUL before", `\0${post([])}`],
    ["bare LF", post([]).replaceAll("\r\n", "\n")],
    ["bare CR", post([]).replaceAll("\r\n", "\r")],
    ["LF CR", post([]).replaceAll("\r\n", "\n\r")],
  ]),
  ...family("one after the other", [
    ["two calls", post([]) + post([])],
    ["a call and a denied one", post([]) + HIDDEN],
    ["a denied one and a call", HIDDEN + post([])],
    ["behind a wrong path", line("POST /x HTTP/1.1", SAFE) + HIDDEN],
    ["behind a wrong type", post(["Content-Type: text/plain"]) + HIDDEN],
    ["behind no JSON", post([], "no JSON") + HIDDEN],
    ["behind a wrong method", line("PUT /mcp HTTP/1.1", SAFE) + HIDDEN],
    ["behind the end", post(["Connection: close"]) + HIDDEN],
    ["behind too long a body", post([], `"${"x".repeat(5_000_000)}"`) + HIDDEN],
    ["with garbage between", `${post([])}garbage\r\n\r\n${HIDDEN}`],
    ["a hundred", HIDDEN.repeat(100)],
  ]),
];
