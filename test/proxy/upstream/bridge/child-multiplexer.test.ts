import { Writable } from "node:stream";
import { expect, it } from "vitest";

import { readClientMessage } from "../../../../src/proxy/upstream/bridge/client-message.ts";
import { ChildMultiplexer } from "../../../../src/proxy/upstream/bridge/child-multiplexer.ts";
import { ChildInput } from "../../../../src/proxy/upstream/child/child-input.ts";
import type { UpstreamError } from "../../../../src/proxy/upstream.ts";

/** A multiplexer whose child accepts nothing: its pipe breaks at the first write. */
function withBrokenChild(): ChildMultiplexer {
  const pipe = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  pipe.on("error", () => undefined);
  const input = new ChildInput(pipe);
  input.open();
  const multiplexer = new ChildMultiplexer(() => undefined);
  const send = (line: string): Promise<void> => input.sendBatched(line);
  multiplexer.attach({ send, sendBatched: send });
  return multiplexer;
}

function failureOf(multiplexer: ChildMultiplexer, id: number): Promise<UpstreamError> {
  const message = readClientMessage(`{"jsonrpc":"2.0","id":${id},"method":"test/echo"}`);
  return new Promise((resolve) => {
    multiplexer.request(message, {
      writeMessage: () => false,
      writeResponse: () => undefined,
      fail: resolve,
      respond: () => undefined,
    });
  });
}

it("a single request written to a broken pipe was not sent, and can be refunded", async () => {
  expect(await failureOf(withBrokenChild(), 1)).toMatchObject({ fault: "broken", wasSent: false });
});

it("requests written together to a broken pipe may each have been read", async () => {
  const multiplexer = withBrokenChild();
  const failures = await Promise.all([failureOf(multiplexer, 1), failureOf(multiplexer, 2)]);
  expect(failures).toMatchObject([1, 2].map(() => ({ fault: "broken", wasSent: true })));
});

/** The text that a request's client gets when the child answers its first request with this line, or the fault. */
function answerTo(line: string): Promise<string> {
  const multiplexer = new ChildMultiplexer(() => undefined);
  return new Promise((resolve) => {
    multiplexer.request(readClientMessage(`{"jsonrpc":"2.0","id":"a","method":"test/echo"}`), {
      writeMessage: () => false,
      writeResponse: resolve,
      fail: ({ fault }) => resolve(fault),
      respond: () => undefined,
    });
    multiplexer.receive(Buffer.from(line));
  });
}

it.each([
  ["the id as a text", `{"jsonrpc":"2.0","id":"1","result":{}}`, `{"jsonrpc":"2.0","id":"a","result":{}}`],
  ["NaN", `{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}`, "unreadable"],
  ["NaN and the id as a text", `{"jsonrpc":"2.0","id":"1","result":{"a":NaN}}`, "unreadable"],
  ["a name twice", `{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}`, "unreadable"],
])("a response with %s ends its request", async (_name, line, expected) => {
  expect(await answerTo(line)).toBe(expected);
});
