import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { KeepAlive } from "../../../../src/proxy/relay/http/keep-alive.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(quietMs: number): { readonly keepAlive: KeepAlive; readonly written: () => number } {
  const downstream = new ServerResponse(new IncomingMessage(new Socket()));
  const write = vi.spyOn(downstream, "write").mockReturnValue(true);
  const keepAlive = new KeepAlive(downstream, { quietMs, isBetweenEvents: () => true });
  return { keepAlive, written: () => write.mock.calls.length };
}

it("sends a comment each time that the stream was quiet for the whole time", () => {
  const { keepAlive, written } = open(15_000);
  vi.advanceTimersByTime(14_000);
  keepAlive.restart();
  vi.advanceTimersByTime(14_000);
  expect(written()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(written()).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(written()).toBe(3);
  keepAlive.stop();
});

it("holds no timer when it is stopped or turned off", () => {
  const { keepAlive } = open(15_000);
  keepAlive.stop();
  open(0).keepAlive.restart();
  expect(vi.getTimerCount()).toBe(0);
});
