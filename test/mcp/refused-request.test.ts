import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/mcp/parse-message.ts";

const deep = `${'{"o":'.repeat(70)}1${"}".repeat(70)}`;
const withParams = (params: string, id = "12"): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`;

/** The table of decision 0071. */
const READABLE: readonly (readonly [string, string, string])[] = [
  ["70 levels", withParams(`{"name":"t","arguments":${deep}}`), "12"],
  ["a name twice", withParams('{"name":"t","name":"u"}'), "12"],
  ["a number too great", withParams('{"name":"t","arguments":{"a":1e400}}'), "12"],
  ["a lone surrogate", withParams('{"name":"\\ud83d"}'), "12"],
  ["params that are a list", withParams("[]"), "12"],
  ["a tool name that is no text", withParams('{"name":7}', '"a"'), '"a"'],
  ["a key that JSON-RPC does not know", '{"jsonrpc":"2.0","id":12,"method":"ping","x":1}', "12"],
  ["a notification with an id", '{"jsonrpc":"2.0","id":12,"method":"notifications/cancelled"}', "12"],
];

const UNREADABLE: readonly (readonly [string, string])[] = [
  ["no JSON", `{"jsonrpc":"2.0","id":12,"method":"ping",}`],
  ["NaN", withParams('{"name":"t","arguments":{"a":NaN}}')],
  ["a batch", `[${withParams("{}")}]`],
  ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":12,"method":"ping"}'],
  ["an id that is no id", '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'],
  ["a response", '{"jsonrpc":"2.0","id":12,"result":{},"error":{}}'],
  ["a request that is a response, too", '{"jsonrpc":"2.0","id":12,"method":"ping","result":{}}'],
  ["a tools/call without an id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"t"}}'],
];

describe("a refused message", () => {
  it.each(READABLE)("bears the id of its request when it has %s", (_name, text, id) => {
    expect(parseMessage(Buffer.from(text))).toMatchObject({ ok: false, id, isModern: false });
  });

  it.each(UNREADABLE)("bears no id when it is %s", (_name, text) => {
    expect(parseMessage(Buffer.from(text))).toMatchObject({ ok: false, id: undefined });
  });

  it("is of the modern era when it claims a revision in _meta", () => {
    const meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}';
    const refused = parseMessage(Buffer.from(withParams(`{"name":"t","name":"u",${meta}}`)));
    expect(refused).toMatchObject({ ok: false, id: "12", isModern: true });
  });
});

describe("null", () => {
  it.each([
    ["params", '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}'],
    ["params of a notification", '{"jsonrpc":"2.0","method":"notifications/initialized","params":null}'],
    ["arguments", withParams('{"name":"t","arguments":null}')],
  ])("counts as absent for %s, and is forwarded as it came", (_name, text) => {
    const parsed = parseMessage(Buffer.from(text));
    expect(parsed).toMatchObject({ ok: true, message: { text } });
    if (parsed.ok && parsed.message.kind === "call") expect(parsed.message.args.size).toBe(0);
  });

  it("is no params for a tools/call, which needs a name", () => {
    expect(parseMessage(Buffer.from(withParams("null")))).toMatchObject({ ok: false, cause: "params" });
  });
});

describe("a notification", () => {
  it.each(["custom/heartbeat", "notifications", "$/cancelRequest", "notifications/x"])(
    "may have the name %s",
    (method) => {
      const parsed = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: "2.0", method, params: {} })));
      expect(parsed).toMatchObject({ ok: true, message: { kind: "notification", method } });
    },
  );
});
