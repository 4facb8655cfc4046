/** Arguments that real callers send, and that a strict reader could be too strict about. */

const TEXTS = [
  "",
  "plain",
  "ünïcödé, 日本語, العربية, עברית, हिन्दी",
  "😀👩‍👩‍👧‍👦🏳️‍🌈",
  'quotes " and \\ backslashes / slashes',
  "lines\nand\r\nreturns\ttabs\u0000\u001f\u007f",
  "line\u2028and paragraph\u2029separators\u0085",
  "zero\u200bwidth\u200d\ufeff",
  "<script>alert(1)</script> & 'quotes'",
  '{"jsonrpc":"2.0","id":9,"method":"tools/call"}',
  'rate({job=~"a|b"}[5m]) > 0',
  "SELECT * FROM t WHERE a = 'b' -- c",
  "/a/../b?c=d#e%20",
  "x".repeat(20_000),
  "file:///home/user/notes.md",
  "https://example.org/?q=a+b&c=%C3%A9#top",
  "2026-07-28T12:00:00.000Z",
  "0",
  "true",
  "null",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  "\u0301 a mark that stands alone",
  "\ud83d\ude00\u0000\u200e\u202e",
  "a\\u0000b",
];

const NUMBERS = [
  0, -1, 1.5, 1e21, 1e-7, 9_007_199_254_740_991, -9_007_199_254_740_991, 1.7976931348623157e308, 5e-324, 100,
];

const STRUCTURES: readonly unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [[[[[[]]]]]],
  { name: "x", arguments: { name: "y" }, method: "tools/call", _meta: null },
  { Name: 1, NAME: 2, params: { Params: 3 } },
  { __proto: 1, constructor: 2, toString: 3, "": 4, " ": 5, "a.b": 6, "a/b": 7 },
  { "key with ünïcödé": "😀" },
  Array.from({ length: 200 }, (_, index) => index),
  Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, index])),
  deep(50),
  { filter: { and: [{ field: "a", op: "eq", value: 1 }, { not: { field: "b" } }] } },
  [{ id: 1 }, { id: 2, tags: ["x", "y"] }, null, [true, false]],
  { task: "x", taskId: "y", uri: "z", arguments: {}, requestState: {}, inputResponses: [] },
];

export const VALUES: readonly unknown[] = [...TEXTS, ...NUMBERS, ...STRUCTURES];

function deep(levels: number): unknown {
  return levels === 0 ? "end" : { level: deep(levels - 1) };
}
