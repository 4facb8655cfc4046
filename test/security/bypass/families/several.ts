/** Several messages where one is expected: batches, and texts after each other. */

import { DANGER, type Family, PAY, PING, SAFE, vector } from "../vector.ts";

const BATCHES: readonly [string, string][] = [
  ["of one", `[${DANGER}]`],
  ["of a safe and a denied call", `[${SAFE},${DANGER}]`],
  ["of a denied and a safe call", `[${DANGER},${SAFE}]`],
  ["of a ping and a denied call", `[${PING},${DANGER}]`],
  ["in a batch", `[[${DANGER}]]`],
  ["in a batch, beside a ping", `[${PING},[${DANGER}]]`],
  ["of nothing", "[]"],
  ["of nothing in one", "[[]]"],
  ["of a hundred", `[${Array.from({ length: 100 }, () => DANGER).join(",")}]`],
  ["after a blank", ` \n\t[${DANGER}]`],
  ["of a response and a call", `[{"jsonrpc":"2.0","id":1,"result":{}},${DANGER}]`],
  ["of a notification and a call", `[{"jsonrpc":"2.0","method":"notifications/initialized"},${PAY}]`],
  ["with a comma at the end", `[${DANGER},]`],
  ["as an object of numbers", `{"0":${DANGER},"length":1}`],
  ["in a key", `{"batch":[${DANGER}]}`],
  ["of a text", `[${JSON.stringify(DANGER)}]`],
];

/** Texts that a lenient reader may accept between two messages. */
const SEPARATORS: readonly [string, string][] = [
  ["nothing", ""],
  ["a blank", " "],
  ["LF", "\n"],
  ["CR", "\r"],
  ["CRLF", "\r\n"],
  ["two LF", "\n\n"],
  ["a comma", ","],
  ["a semicolon", ";"],
  ["NUL", "\0"],
  ["RS", "\u001e"],
  ["VT", "\u000b"],
  ["FF", "\f"],
  ["FS", "\u001c"],
  ["NEL", "\u0085"],
  ["LS", "\u2028"],
  ["PS", "\u2029"],
  ["NBSP", "\u00a0"],
  ["a byte order mark", "\ufeff"],
  ["a bracket", "]"],
  ["a brace", "}"],
  ["an event", "\n\ndata: "],
  ["a chunk's size", "\r\n5d\r\n"],
  ["a length", "\r\nContent-Length: 88\r\n\r\n"],
];

export const SEVERAL: Family = [
  ...BATCHES.map(([name, body]) => vector(`a batch ${name}`, body)),
  ...SEPARATORS.map(([name, separator]) =>
    vector(`a ping, ${name}, a denied call`, PING + separator + DANGER),
  ),
  ...SEPARATORS.map(([name, separator]) => vector(`${name} before a denied call`, separator + DANGER)),
  vector("a denied call as an event", `data: ${DANGER}\n\n`),
  vector("a denied call in a text", JSON.stringify(DANGER)),
  vector("a denied call after a length", `Content-Length: ${DANGER.length}\r\n\r\n${DANGER}`),
];
