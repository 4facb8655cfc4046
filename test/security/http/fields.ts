/** Odd header fields: repeated, folded, with characters that some readers take as a line end, and hop-by-hop fields. */

import { DANGER, SAFE } from "../bypass/vector.ts";
import { chunked, family, HIDDEN, post, type RawFamily, request, unsized } from "./raw.ts";

const TWICE = [
  "Host: localhost",
  "Host: other.example",
  "Content-Type: application/json",
  "Content-Type: text/plain",
  "Authorization: Bearer a\r\nAuthorization: Bearer b",
  "Mcp-Session-Id: a\r\nMcp-Session-Id: b",
  "Mcp-Session-Id: a\r\nMcp_Session_Id: b",
  "Mcp-Name: safe\r\nMcp-Name: danger",
  "Mcp-Method: ping\r\nmcp-method: tools/call",
  "Mcp-Protocol-Version: 2025-11-25\r\nMcp-Protocol-Version: 2026-07-28",
  "Origin: http://localhost\r\nOrigin: http://other.example",
  "Last-Event-Id: 1\r\nLast-Event-ID: 2",
];

const ODD = [
  "X-Planted: a\r\n b",
  "X-Planted: a\r\n\tMcp-Name: danger",
  "X-Planted: a\nMcp-Name: danger",
  "X-Planted: a\rMcp-Name: danger",
  "X-Planted: a\0b",
  "X-Planted\0: a",
  "X Planted: a",
  "X-Planted : a",
  ": a",
  "X-Planted",
  "X-Planted: \u007f",
  "X-Planted: \u00e9\u00ff",
  "X-Pl\u00e4nted: a",
  "X-Planted: a\u000bb",
  "Host_: other.example",
  "(X-Planted): a",
  "X-Planted: a\u0085Mcp-Name: danger",
];

const HOPS = [
  "Connection: Mcp-Session-Id\r\nMcp-Session-Id: a",
  "Connection: close, Authorization\r\nAuthorization: Bearer a",
  "Connection: Content-Length",
  "Connection: Content-Type",
  "Connection: Host",
  "Connection: X-Hop\r\nX-Hop: 1",
  "Connection: Transfer-Encoding",
  "Proxy-Connection: keep-alive",
  "Keep-Alive: timeout=5, max=1000",
  "TE: trailers",
  "Trailer: X-Planted",
  "Proxy-Authorization: Basic YTpi",
  "X-Forwarded-For: 127.0.0.1",
  "X-Forwarded-Host: other.example",
  "Forwarded: for=127.0.0.1;host=other.example",
  "X-Original-URL: /admin",
  "X-Rewrite-URL: /admin",
  "X-HTTP-Method-Override: DELETE",
  "X-HTTP-Method: DELETE",
  "X-Method-Override: DELETE",
  "X-Original-Method: DELETE",
  "X-Original-URI: /admin",
  "Accept-Encoding: gzip",
  "Range: bytes=0-1",
  "If-Match: *",
  "Via: 1.1 x",
  "Max-Forwards: 0",
  "Expect: 100-continue",
  "Expect: 200-ok",
  "Expect: 100-continue, 100-continue",
];

const HOSTS = [
  "",
  "other.example",
  "localhost:99999999",
  "localhost@other.example",
  "localhost/mcp",
  "localhost, other.example",
  "[::1",
  "127.0.0.1.other.example",
  "LOCALHOST.",
  "0x7f.1",
  "localhost:80:80",
  "localhost\tother.example",
  "user@localhost",
];
const ORIGINS = [
  "http://other.example",
  "null",
  "",
  "http://localhost.other.example",
  "http://localhost@other.example",
  "file://",
  "http://localhost, http://other.example",
  "http://127.0.0.1.other.example",
  "https://localhost:8080/x",
  "HTTP://LOCALHOST",
  "http://0.0.0.0",
  "http://[::1].other.example",
];

function withHost(host: string): string {
  return request(
    "POST /mcp HTTP/1.1",
    [`Host: ${host}`, "Content-Type: application/json", `Content-Length: ${DANGER.length}`],
    DANGER,
  );
}

export const FIELDS: RawFamily = [
  ...family(
    "twice",
    TWICE.map((fields) => [fields, post([fields])]),
  ),
  ...family(
    "odd",
    ODD.map((fields) => [fields, post([fields]) + HIDDEN]),
  ),
  ...family(
    "of a hop",
    HOPS.map((fields) => [fields, post([fields])]),
  ),
  ...family(
    "Host",
    HOSTS.map((host) => [host, withHost(host)]),
  ),
  ...family(
    "Origin",
    ORIGINS.map((origin) => [origin, post([`Origin: ${origin}`], DANGER)]),
  ),
  ...family("Host", [
    [
      "none",
      request(
        "POST /mcp HTTP/1.1",
        ["Content-Type: application/json", `Content-Length: ${SAFE.length}`],
        SAFE,
      ),
    ],
    [
      "none in HTTP/1.0",
      request(
        "POST /mcp HTTP/1.0",
        ["Content-Type: application/json", `Content-Length: ${SAFE.length}`],
        SAFE,
      ),
    ],
  ]),
  ...family("size", [
    ["a header of 20,000", post([`X-Planted: ${"x".repeat(20_000)}`]) + HIDDEN],
    ["a name of 20,000", post([`${"X".repeat(20_000)}: x`]) + HIDDEN],
    ["1,500 headers", post(Array.from({ length: 1_500 }, (_, at) => `X-${at}: x`))],
    [
      "2,500 headers, the length behind them",
      unsized([...Array.from({ length: 2_500 }, () => "X: x"), `Content-Length: ${SAFE.length}`]),
    ],
    [
      "2,500 headers, the coding behind them",
      unsized(
        [...Array.from({ length: 2_500 }, () => "X: x"), "Transfer-Encoding: chunked"],
        chunked(SAFE) + HIDDEN,
      ),
    ],
    [
      "2,500 headers, another Host behind them",
      post([...Array.from({ length: 2_500 }, () => "X: x"), "Host: other.example"]),
    ],
  ]),
];
