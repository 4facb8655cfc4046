import { Writable } from "node:stream";
import { expect, it } from "vitest";

import { readClientMessage } from "../../../../src/proxy/upstream/bridge/client-message.ts";
import { ChildMultiplexer } from "../../../../src/proxy/upstream/bridge/child-multiplexer.ts";
import { ChildInput } from "../../../../src/proxy/upstream/child/child-input.ts";
import type { UpstreamError } from "../../../../src/proxy/upstream.ts";

/** A switchboard whose child takes nothing: its pipe breaks at the first write. */
function withBrokenChild(): ChildMultiplexer {
  const pipe = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  pipe.on("error", () => undefined);
  const input = new ChildInput(pipe);
  input.open();
  const switchboard = new ChildMultiplexer(() => undefined);
  const send = (line: string): Promise<void> => input.sendBatched(line);
  const started = Promise.resolve();
  switchboard.attach({ pid: undefined, started, send, sendBatched: send, stop: () => started });
  return switchboard;
}

function fails(switchboard: ChildMultiplexer, id: number): Promise<UpstreamError> {
  const message = readClientMessage(`{"jsonrpc":"2.0","id":${id},"method":"test/echo"}`);
  return new Promise((resolve) => {
    switchboard.request(message, {
      writeMessage: () => false,
      writeResponse: () => undefined,
      fail: resolve,
    });
  });
}

it("a request that went alone into a broken pipe was not sent, and can be refunded", async () => {
  expect(await fails(withBrokenChild(), 1)).toMatchObject({ fault: "broken", wasSent: false });
});

it("requests that went together into a broken pipe may each have been read", async () => {
  const switchboard = withBrokenChild();
  const failures = await Promise.all([fails(switchboard, 1), fails(switchboard, 2)]);
  expect(failures).toMatchObject([1, 2].map(() => ({ fault: "broken", wasSent: true })));
});
