import { expect, it, vi } from "vitest";

import { openEventStream } from "../../../../src/proxy/upstream/bridge/event-stream.ts";

it("a finished stream is complete and closed", async () => {
  const stream = openEventStream({});
  stream.finish();
  stream.resume();
  await vi.waitFor(() => expect(stream.closed).toBe(true), 60_000);
  expect(stream.complete).toBe(true);
});

it("a stream is destroyed when more than 8 MiB of it are unread, but accepts a longer message when all is read", () => {
  const message = "x".repeat(9 * 1024 * 1024);
  const stream = openEventStream({});
  stream.writeEvent(message);
  expect(stream.isOpen).toBe(true);
  stream.writeEvent("{}");
  expect([stream.destroyed, stream.complete]).toEqual([true, false]);
});
