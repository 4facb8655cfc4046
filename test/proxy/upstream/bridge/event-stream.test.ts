import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { openEventStream } from "../../../../src/proxy/upstream/bridge/event-stream.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a stream that is quiet says so every 15 seconds, and one that has something to say does not", () => {
  const stream = openEventStream({});
  vi.advanceTimersByTime(15_000);
  expect(String(stream.read())).toBe(": keepalive\n\n");
  stream.writeEvent("{}");
  vi.advanceTimersByTime(45_000);
  expect(String(stream.read())).toBe("event: message\ndata: {}\n\n");
  stream.destroy();
});

it("a stream that is over says nothing more and holds no timer", async () => {
  const stream = openEventStream({});
  stream.finish();
  stream.resume();
  await vi.waitFor(() => expect(stream.closed).toBe(true));
  expect([stream.complete, vi.getTimerCount()]).toEqual([true, 0]);
});

it("a stream breaks when 8 MiB of it are unread, and takes a longer message when nothing is", () => {
  const message = "x".repeat(9 * 1024 * 1024);
  const stream = openEventStream({});
  stream.writeEvent(message);
  expect(stream.isOpen).toBe(true);
  stream.writeEvent("{}");
  expect([stream.destroyed, stream.complete]).toEqual([true, false]);
});
