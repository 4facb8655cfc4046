import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { openEventStream } from "../../../../src/proxy/upstream/bridge/event-stream.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a quiet stream writes a comment every 15 seconds, and a stream with unread events does not", () => {
  const stream = openEventStream({});
  vi.advanceTimersByTime(15_000);
  expect(String(stream.read())).toBe(": keepalive\n\n");
  stream.writeEvent("{}");
  vi.advanceTimersByTime(45_000);
  expect(String(stream.read())).toBe("event: message\ndata: {}\n\n");
  stream.destroy();
});

it("a finished stream writes nothing more and holds no timer", async () => {
  const stream = openEventStream({});
  stream.finish();
  stream.resume();
  await vi.waitFor(() => expect(stream.closed).toBe(true));
  expect([stream.complete, vi.getTimerCount()]).toEqual([true, 0]);
});

it("a stream is destroyed when more than 8 MiB of it are unread, but accepts a longer message when all is read", () => {
  const message = "x".repeat(9 * 1024 * 1024);
  const stream = openEventStream({});
  stream.writeEvent(message);
  expect(stream.isOpen).toBe(true);
  stream.writeEvent("{}");
  expect([stream.destroyed, stream.complete]).toEqual([true, false]);
});
