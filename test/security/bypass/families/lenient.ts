/** Invalid JSON that lenient parsers accept: comments, commas, quotes, line breaks. */

import { call, callOf, DANGER, type Family, harmless, vector } from "../vector.ts";

const TEXTS: readonly [string, string][] = [
  ["a line comment", `${DANGER}// safe`],
  ["a line comment before it", `// safe\n${DANGER}`],
  ["a block comment", `/* safe */${DANGER}`],
  ["a block comment inside", call('{/**/"name":"danger"}')],
  ["a name in a comment", call('{"name":"safe"/*,"name":"danger"*/}')],
  ["a name after a line comment", call('{"name":"danger"//\n}')],
  ["a hash comment", `# safe\n${DANGER}`],
  ["an HTML comment", `<!-- -->${DANGER}`],
  ["a comma at the end", call('{"name":"danger",}')],
  ["a comma at the end of all", `${DANGER.slice(0, -1)},}`],
  ["two commas", call('{"name":"danger",,"arguments":{}}')],
  ["a comma first", call('{,"name":"danger"}')],
  ["single quotes", DANGER.replaceAll('"', "'")],
  ["single quotes for one name", call("{'name':\"danger\"}")],
  ["names without quotes", '{jsonrpc:"2.0",id:9,method:"tools/call",params:{name:"danger"}}'],
  ["typographic quotes", call('{“name”:"danger"}')],
  ["backticks", call('{"name":`danger`}')],
  ["an equals sign", call('{"name"="danger"}')],
  ["undefined", call('{"name":"danger","arguments":undefined}')],
  ["True", callOf("danger", '{"x":True}')],
  ["None", callOf("danger", '{"x":None}')],
  ["a prefix against hijacking", `)]}',\n${DANGER}`],
  ["a callback", `callback(${DANGER})`],
  ["in parentheses", `(${DANGER})`],
  ["a prefix of an assignment", `x=${DANGER}`],
  ["YAML", "jsonrpc: '2.0'\nid: 9\nmethod: tools/call\nparams: {name: danger}"],
  ["a document mark of YAML", `---\n${DANGER}`],
  ["garbage after it", `${DANGER}garbage`],
  ["a brace after it", `${DANGER}}`],
  ["a NUL after it", `${DANGER}\0`],
  ["NULs after it", `${DANGER}${"\0".repeat(64)}`],
  ["a byte order mark after it", `${DANGER}\ufeff`],
  ["a Ctrl-Z after it", `${DANGER}\u001a`],
  ["no end", DANGER.slice(0, -1)],
  ["no end of a string", DANGER.slice(0, -20)],
  ["an escape that is none", call('{"name":"d\\anger"}')],
  ["an escape of JavaScript", call('{"name":"\\x64anger"}')],
  ["an escape of five", call('{"name":"\\u{64}anger"}')],
  ["an octal escape", call('{"name":"\\144anger"}')],
  ["a line continuation", call('{"name":"dan\\\nger"}')],
  ["a raw tab in a name", call('{"na\tme":"danger"}')],
  ["a raw NUL in a name", call('{"name\0":"danger"}')],
  ["a raw DEL before a name", call('{\u007f"name":"danger"}')],
];

/** Line breaks between the tokens of a ping and inside a string: a reader that splits on one finds a message of its own. */
const BREAKS: readonly [string, string][] = [
  ["CR", "\r"],
  ["LF", "\n"],
  ["CRLF", "\r\n"],
];
const BREAKS_IN_STRINGS: readonly [string, string][] = [
  ["NEL", "\u0085"],
  ["LS", "\u2028"],
  ["PS", "\u2029"],
];
const NO_BLANKS: readonly [string, string][] = [
  ...BREAKS_IN_STRINGS,
  ["VT", "\u000b"],
  ["FF", "\f"],
  ["FS", "\u001c"],
  ["NBSP", "\u00a0"],
  ["a zero-width space", "\u200b"],
];

function insidePing(separator: string): string {
  return `{"jsonrpc":"2.0","id":9,"method":"ping","params":${separator}${DANGER}${separator}}`;
}

export const LENIENT: Family = [
  ...TEXTS.map(([name, text]) => vector(name, text)),
  ...[...BREAKS, ...NO_BLANKS].map(([name, mark]) =>
    vector(`${name} raw in a value`, callOf("danger", `{"x":"${mark}"}`)),
  ),
  ...NO_BLANKS.map(([name, mark]) => vector(`${name} between two tokens`, insidePing(mark))),
  ...BREAKS_IN_STRINGS.map(([name, mark]) =>
    harmless(
      `a denied call between two ${name} in a string`,
      callOf("safe", JSON.stringify({ x: `${mark}${DANGER}${mark}` })),
    ),
  ),
];

/** Over HTTP the break is white space and the message a ping; over stdio the line ends there, and the next line is stopped. */
export const BROKEN_LINES: Family = BREAKS.map(([name, mark]) =>
  harmless(`a denied call between two ${name} in a ping`, insidePing(mark)),
);
