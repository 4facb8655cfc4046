/** Everything that a server can say wrongly, before clients of each mode: the client that waits gets an answer under its id. */

import { beforeAll, describe, expect, it } from "vitest";
import { atEnd, serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { serverFile, WrapClient } from "../fixtures/start-wrap.ts";

const MODES = ["JSON", "SSE", "bridge", "wrap"] as const;
type Mode = (typeof MODES)[number];

/** A text of JSON that the client must get, or the words of the error under its id. */
type Expected = string | RegExp;

interface Row {
  readonly name: string;
  /** `$id` stands for the id of the request, `$text` for the same as a text. */
  readonly says: string | readonly string[];
  readonly expected: Expected | Partial<Record<Mode, Expected>>;
  readonly method?: "tools/call" | "tools/list";
  /** Whether the server ends after it. */
  readonly exits?: boolean;
  readonly modes?: readonly Mode[];
}

const RESULT = `{"content":[{"type":"text","text":"x"}]}`;
const OK = `{"jsonrpc":"2.0","id":7,"result":${RESULT}}`;
const UNREADABLE = /sent an answer that cannot be read|answered with what is not JSON-RPC/;
const ENDED =
  /ended without an answer|closed the connection|ended its stream without an answer|cannot be read/;
const LONG = "x".repeat(300_000);

const tool = (members: string): string =>
  `{"jsonrpc":"2.0","id":$id,"result":{"tools":[{"name":"good","inputSchema":{}},${members}]}}`;

/** The text passes over HTTP, where it reaches the client as it would without Tollgate. */
const passing = (json: string): Partial<Record<Mode, Expected>> => ({ JSON: json, SSE: json });
const ID_LAST = `{"result":${RESULT},"jsonrpc":"2.0","id":7}`;
const LONG_OK = `{"jsonrpc":"2.0","id":7,"result":{"t":"${LONG}"}}`;
const LONGER = "x".repeat(700_000);
const LONGER_OK = `{"jsonrpc":"2.0","id":7,"result":{"t":"${LONGER}"}}`;
const OVER = "x".repeat(2_000_000);
const LIST = /sent a tool list that cannot be read: tools\[1\] \("bad"\): /;
const stdio = ["bridge", "wrap"] as const;
const http = ["JSON", "SSE"] as const;
const answers = (members: string): string => `{"jsonrpc":"2.0","id":$id,${members}}`;

const ROWS: readonly Row[] = [
  { name: "the id as a text", says: `{"jsonrpc":"2.0","id":$text,"result":${RESULT}}`, expected: OK },
  {
    name: "the id as a text, at the end",
    says: `{"result":${RESULT},"jsonrpc":"2.0","id":$text}`,
    expected: ID_LAST,
  },
  {
    name: "the id as a text, with spaces",
    says: `{ "jsonrpc" : "2.0", "id" : $text , "result" : ${RESULT} }`,
    expected: OK,
  },
  {
    name: "the id as a text of an error",
    says: `{"jsonrpc":"2.0","id":$text,"error":{"code":-1,"message":"no"}}`,
    expected: /^no$/,
  },
  { name: "the id with a fraction", says: `{"jsonrpc":"2.0","id":$id.0,"result":${RESULT}}`, expected: OK },
  {
    name: "the id as a text of a long answer",
    says: `{"jsonrpc":"2.0","id":$text,"result":{"t":"${LONG}"}}`,
    expected: LONG_OK,
  },
  {
    name: "the id as a text at the end of a long answer",
    says: `{"result":{"t":"${LONGER}"},"jsonrpc":"2.0","id":$text}`,
    expected: LONGER_OK,
  },
  {
    name: "the id as a text at the end of a long answer, with spaces",
    says: `{ "result" : {"t":"${LONGER}"}, "id" : $text , "jsonrpc" : "2.0" }  `,
    expected: LONGER_OK,
  },
  {
    name: "the id at the end of a long answer, beside an id within it",
    says: `{"jsonrpc":"2.0","result":{"t":"${LONGER}","u":[{"id":"7"}]},"id":$text}`,
    expected: `{"jsonrpc":"2.0","id":7,"result":{"t":"${LONGER}","u":[{"id":"7"}]}}`,
  },
  { name: "NaN", says: answers(`"result":{"n":NaN}`), expected: UNREADABLE },
  { name: "NaN before the id", says: `{"jsonrpc":"2.0","result":{"n":NaN},"id":$id}`, expected: UNREADABLE },
  {
    name: "NaN under an id as a text",
    says: `{"jsonrpc":"2.0","result":{"n":NaN},"id":$text}`,
    expected: UNREADABLE,
  },
  { name: "Infinity", says: answers(`"result":{"n":[Infinity]}`), expected: UNREADABLE },
  { name: "-Infinity", says: `{"jsonrpc":"2.0","result":{"n":-Infinity},"id":$id}`, expected: UNREADABLE },
  { name: "a word of no JSON", says: answers(`"result":{"n":None,"m":True}`), expected: UNREADABLE },
  {
    name: "invalid UTF-8",
    says: answers(`"result":{"t":"\xff\xfe"}`),
    expected: {
      bridge: UNREADABLE,
      wrap: UNREADABLE,
      ...passing(`{"jsonrpc":"2.0","id":7,"result":{"t":"\ufffd\ufffd"}}`),
    },
  },
  {
    name: "invalid UTF-8 before the id",
    says: `{"result":{"t":"\xc3"},"jsonrpc":"2.0","id":$id}`,
    expected: {
      bridge: UNREADABLE,
      wrap: UNREADABLE,
      ...passing(`{"jsonrpc":"2.0","id":7,"result":{"t":"\ufffd"}}`),
    },
  },
  {
    name: "an answer over the bound",
    says: answers(`"result":{"t":"${OVER}"}`),
    expected: /bounds\.list-bytes/,
    method: "tools/list",
  },
  {
    name: "an answer over the bound, its id last",
    says: `{"result":{"t":"${OVER}"},"jsonrpc":"2.0","id":$id}`,
    expected: /bounds\.list-bytes/,
    method: "tools/list",
  },
  {
    name: "an answer twice",
    says: [answers(`"result":${RESULT}`), answers(`"result":${RESULT}`)],
    expected: OK,
    modes: ["SSE", ...stdio],
  },
  {
    name: "an answer to nothing first",
    says: [`{"jsonrpc":"2.0","id":9999,"result":{}}`, answers(`"result":${RESULT}`)],
    expected: { bridge: OK, wrap: OK, SSE: /another request/ },
    modes: ["SSE", ...stdio],
  },
  {
    name: "an answer to nothing alone",
    says: `{"jsonrpc":"2.0","id":9999,"result":{}}`,
    expected: /another request/,
    modes: http,
  },
  { name: "no answer before its end", says: [], expected: ENDED, exits: true },
  {
    name: "half of an answer before its end",
    says: answers(`"result":{"content":[`).slice(0, -1),
    expected: ENDED,
    exits: true,
  },
  { name: "half of an answer", says: answers(`"result":{"content":[`).slice(0, -1), expected: UNREADABLE },
  {
    name: "half of an answer without an id",
    says: `{"jsonrpc":"2.0","result":{"content":[`,
    expected: UNREADABLE,
  },
  { name: "a comma too many", says: answers(`"result":{},`), expected: UNREADABLE },
  {
    name: "single quotes",
    says: `{'jsonrpc':'2.0','id':$id,'result':{}}`,
    expected: { JSON: UNREADABLE, SSE: ENDED },
    modes: http,
  },
  {
    name: "a batch",
    says: `[${answers(`"result":${RESULT}`)}]`,
    expected: { JSON: UNREADABLE, bridge: UNREADABLE, wrap: UNREADABLE, SSE: ENDED },
  },
  {
    name: "result and error",
    says: answers(`"result":{},"error":{"code":1,"message":"both"}`),
    expected: /^both$/,
  },
  {
    name: "neither result nor error",
    says: `{"jsonrpc":"2.0","id":$id}`,
    expected: { bridge: UNREADABLE, wrap: UNREADABLE, JSON: `{"jsonrpc":"2.0","id":7}`, SSE: UNREADABLE },
  },
  {
    name: "result and method",
    says: answers(`"method":"tools/call","result":{}`),
    expected: {
      bridge: UNREADABLE,
      wrap: UNREADABLE,
      JSON: `{"jsonrpc":"2.0","id":7,"method":"tools/call","result":{}}`,
      SSE: ENDED,
    },
  },
  {
    name: "no version",
    says: `{"id":$id,"result":${RESULT}}`,
    expected: { bridge: UNREADABLE, wrap: UNREADABLE, ...passing(`{"id":7,"result":${RESULT}}`) },
  },
  {
    name: "another version",
    says: `{"jsonrpc":"1.0","id":$id,"result":${RESULT}}`,
    expected: {
      bridge: UNREADABLE,
      wrap: UNREADABLE,
      ...passing(`{"jsonrpc":"1.0","id":7,"result":${RESULT}}`),
    },
  },
  {
    name: "the version as a number",
    says: `{"jsonrpc":2.0,"id":$id,"result":${RESULT}}`,
    expected: { bridge: UNREADABLE, wrap: UNREADABLE, ...passing(`{"jsonrpc":2,"id":7,"result":${RESULT}}`) },
  },
  {
    name: "a key twice",
    says: answers(`"result":{"a":1,"a":2}`),
    expected: {
      bridge: UNREADABLE,
      wrap: `{"jsonrpc":"2.0","id":7,"result":{"a":2}}`,
      ...passing(`{"jsonrpc":"2.0","id":7,"result":{"a":2}}`),
    },
  },
  {
    name: "an error that is null beside the result",
    says: answers(`"result":${RESULT},"error":null`),
    expected: `{"jsonrpc":"2.0","id":7,"result":${RESULT},"error":null}`,
  },
  {
    name: "an error that is a text",
    says: answers(`"error":"broken"`),
    expected: `{"jsonrpc":"2.0","id":7,"error":"broken"}`,
  },
  {
    name: "an id that is an object",
    says: `{"jsonrpc":"2.0","id":{"a":1},"result":${RESULT}}`,
    expected: {
      JSON: /another request/,
      SSE: /another request/,
      bridge: /another request/,
      wrap: UNREADABLE,
    },
  },
  { name: "an empty object", says: `{}`, expected: { JSON: `{}`, SSE: ENDED }, modes: http },
  { name: "plain text", says: `Internal error`, expected: { JSON: UNREADABLE, SSE: ENDED }, modes: http },
  { name: "nothing", says: ``, expected: { JSON: UNREADABLE, SSE: ENDED }, modes: http },
  {
    name: "a list with a key twice",
    says: tool(`{"name":"bad","inputSchema":{"a":1,"a":2}}`),
    method: "tools/list",
    expected: LIST,
  },
  {
    name: "a list with NaN",
    says: tool(`{"inputSchema":{"properties":{"n":{"default":NaN}}},"name":"bad"}`),
    method: "tools/list",
    expected: LIST,
  },
  {
    name: "a list with a schema that is too deep",
    says: tool(`{"name":"bad","inputSchema":${"[".repeat(400)}${"]".repeat(400)}}`),
    method: "tools/list",
    expected: LIST,
  },
  {
    name: "a list with a long number",
    says: tool(`{"name":"bad","inputSchema":{"maximum":1${"0".repeat(2_000)}}}`),
    method: "tools/list",
    expected: LIST,
  },
];

/** Resolves with the message that the client of one mode gets, as text. */
type Ask = (row: Row) => Promise<string>;

const BOUND = 1_000_000;
const BOTH = { accept: "application/json, text/event-stream" };

function textsOf({ says }: Row): readonly string[] {
  return typeof says === "string" ? [says] : says;
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

/** The request that makes `says.ts` say the texts of the row. */
function requestOf(row: Row, id = 7): object {
  const { method = "tools/call", exits = false } = row;
  const says = textsOf(row).map((text) => bytesOf(exits ? text : `${text}\n`).toString("base64"));
  const asked = { says, exit: exits };
  return {
    jsonrpc: "2.0",
    id,
    method,
    params: method === "tools/call" ? { name: "t", arguments: asked } : asked,
  };
}

function messageIn(text: string): string {
  return (
    text
      .split("\n\n")
      .map((event) => /^data: (.*)$/m.exec(event)?.[1] ?? "")
      .findLast(Boolean) ?? text
  );
}

async function overHttp(mode: "JSON" | "SSE"): Promise<Ask> {
  let row: Row | undefined;
  const upstream = await serve((_body, response) => {
    const texts =
      row === undefined
        ? []
        : textsOf(row).map((text) => text.replaceAll("$id", "7").replaceAll("$text", '"7"'));
    if (mode === "SSE") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return response.end(bytesOf(texts.map((text) => `data: ${text}\n\n`).join("")));
    }
    const length = row?.exits === true ? { "content-length": 9_999 } : {};
    response.writeHead(200, { "content-type": "application/json", ...length });
    return row?.exits === true
      ? response.write(bytesOf(`${texts.join("")} `), () => response.destroy())
      : response.end(bytesOf(texts.join("")));
  });
  const { url } = await startSidecar({ upstream: upstream.url, bounds: { listBytes: BOUND } });
  return async (asked) => {
    row = asked;
    return messageIn(await (await post(url, requestOf(asked), BOTH)).text());
  };
}

async function bridged(): Promise<Ask> {
  const { url } = await startSidecar({
    command: [process.execPath, serverFile("says")],
    bounds: { listBytes: BOUND },
  });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  /** After a crash the next child starts a little later. */
  const open = async (): Promise<Record<string, string>> => {
    let id: string | null = null;
    await until(async () => {
      const response = await post(url, { method: "initialize", params }, BOTH);
      await response.text();
      id = response.headers.get("mcp-session-id");
      return id !== null;
    });
    return { ...BOTH, "mcp-session-id": id ?? "" };
  };
  let session = await open();
  return async (row) => {
    const text = messageIn(await (await post(url, requestOf(row), session)).text());
    if (row.exits === true) session = await open();
    return text;
  };
}

function startWrapped(): WrapClient {
  const config = temporaryFile("config.yaml", `bounds: { list-bytes: ${BOUND} }\n`);
  const client = new WrapClient({ server: "says", flags: ["--config", config] });
  atEnd(() => client.process.kill("SIGKILL"));
  return client;
}

async function wrapped(): Promise<Ask> {
  const shared = startWrapped();
  let id = 100;
  return async (row) => {
    const client = row.exits === true ? startWrapped() : shared;
    id += 1;
    client.send(requestOf(row, id));
    await client.answer(id);
    const line = client.lines.find((each) => Object(JSON.parse(each)).id === id) ?? "";
    return line.replace(`"id":${id}`, '"id":7').replace(`"id" : ${id}`, '"id":7');
  };
}

const MODES_BY_NAME: Readonly<Record<Mode, () => Promise<Ask>>> = {
  JSON: () => overHttp("JSON"),
  SSE: () => overHttp("SSE"),
  bridge: bridged,
  wrap: wrapped,
};

describe.each(MODES)("a client before a server that answers wrongly (%s)", (mode) => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await MODES_BY_NAME[mode]();
  });

  it.each(ROWS.filter(({ modes = MODES }) => modes.includes(mode)))(
    "gets an answer under its id: $name",
    async (row) => {
      const text = await ask(row);
      const message: { id?: unknown; error?: { message?: string } } = JSON.parse(text);
      const { expected } = row;
      const wanted =
        typeof expected === "string" || expected instanceof RegExp ? expected : (expected[mode] ?? "");
      if (typeof wanted === "string") expect(message).toEqual(JSON.parse(wanted));
      else expect(message).toMatchObject({ id: 7, error: { message: expect.stringMatching(wanted) } });
    },
  );
});
