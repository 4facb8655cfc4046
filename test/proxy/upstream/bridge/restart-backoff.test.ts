import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { RestartBackoff } from "../../../../src/proxy/upstream/bridge/restart-backoff.ts";

let events: string[];

beforeEach(() => {
  events = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function backoffWith(random: number): RestartBackoff {
  return new RestartBackoff({
    nowMs: () => Date.now(),
    random: () => random,
    onDue: () => events.push("due"),
    onChange: (isUp) => events.push(isUp ? "up" : "down"),
  });
}

/** Milliseconds until the next start may be made. */
function delayOf(backoff: RestartBackoff): number {
  const startMs = Date.now();
  while (!backoff.canStart) vi.advanceTimersByTime(1);
  return Date.now() - startMs;
}

it("doubles the delay after each failure, from 250 ms to 30 s", () => {
  const backoff = backoffWith(1);
  const waits = Array.from({ length: 10 }, () => {
    backoff.failed(Date.now());
    return delayOf(backoff);
  });
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(events).toEqual(Array.from({ length: 10 }, () => "due"));
});

it("shortens the delay at random by up to half, so that many sidecars do not start in step", () => {
  const backoff = backoffWith(0);
  backoff.failed(Date.now());
  expect(delayOf(backoff)).toBe(125);
});

it("resets the delay after a child that has run for a minute", () => {
  const backoff = backoffWith(1);
  for (let failures = 0; failures < 5; failures += 1) {
    backoff.failed(Date.now());
    delayOf(backoff);
  }
  const startedAtMs = Date.now();
  vi.advanceTimersByTime(60_000);
  backoff.failed(startedAtMs);
  expect(delayOf(backoff)).toBe(250);
});

it("is up once a child has run for as long as the last delay, and down when the child ends", () => {
  const backoff = backoffWith(1);
  backoff.started();
  vi.advanceTimersByTime(249);
  expect(backoff.isUp).toBe(false);
  vi.advanceTimersByTime(1);
  expect(backoff.isUp).toBe(true);
  backoff.failed(Date.now());
  backoff.failed(Date.now());
  expect(backoff.isUp).toBe(false);
  expect(delayOf(backoff)).toBe(250);
  backoff.started();
  vi.advanceTimersByTime(499);
  expect(backoff.isUp).toBe(false);
  vi.advanceTimersByTime(1);
  expect(backoff.isUp).toBe(true);
  expect(events).toEqual(["up", "down", "due", "up"]);
});

it("starts nothing after stop", () => {
  const backoff = backoffWith(1);
  backoff.failed(Date.now());
  backoff.stop();
  vi.advanceTimersByTime(60_000);
  expect([backoff.canStart, events]).toEqual([false, []]);
});
