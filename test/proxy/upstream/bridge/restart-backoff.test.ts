import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { RestartBackoff } from "../../../../src/proxy/upstream/bridge/restart-backoff.ts";

let told: string[];

beforeEach(() => {
  told = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function restartsWith(random: number): RestartBackoff {
  return new RestartBackoff({
    nowMs: () => Date.now(),
    random: () => random,
    onDue: () => told.push("due"),
    onChange: (isUp) => told.push(isUp ? "up" : "down"),
  });
}

/** Milliseconds until the next start may be made. */
function waitOf(restarts: RestartBackoff): number {
  const startMs = Date.now();
  while (!restarts.canStart) vi.advanceTimersByTime(1);
  return Date.now() - startMs;
}

it("waits from a quarter of a second to half a minute, twice as long each time", () => {
  const restarts = restartsWith(1);
  const waits = Array.from({ length: 10 }, () => {
    restarts.failed(Date.now());
    return waitOf(restarts);
  });
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(told).toEqual(Array.from({ length: 10 }, () => "due"));
});

it("waits down to half of that by chance, so that many do not start in step", () => {
  const restarts = restartsWith(0);
  restarts.failed(Date.now());
  expect(waitOf(restarts)).toBe(125);
});

it("begins anew after a child that has lived for a minute", () => {
  const restarts = restartsWith(1);
  for (let failures = 0; failures < 5; failures += 1) {
    restarts.failed(Date.now());
    waitOf(restarts);
  }
  const startedAtMs = Date.now();
  vi.advanceTimersByTime(60_000);
  restarts.failed(startedAtMs);
  expect(waitOf(restarts)).toBe(250);
});

it("is up once a child has stayed as long as the last wait was, and down when it ends", () => {
  const restarts = restartsWith(1);
  restarts.started();
  vi.advanceTimersByTime(249);
  expect(restarts.isUp).toBe(false);
  vi.advanceTimersByTime(1);
  expect(restarts.isUp).toBe(true);
  restarts.failed(Date.now());
  restarts.failed(Date.now());
  expect(restarts.isUp).toBe(false);
  expect(waitOf(restarts)).toBe(250);
  restarts.started();
  vi.advanceTimersByTime(499);
  expect(restarts.isUp).toBe(false);
  vi.advanceTimersByTime(1);
  expect(restarts.isUp).toBe(true);
  expect(told).toEqual(["up", "down", "due", "up"]);
});

it("starts nothing after it was stopped", () => {
  const restarts = restartsWith(1);
  restarts.failed(Date.now());
  restarts.stop();
  vi.advanceTimersByTime(60_000);
  expect([restarts.canStart, told]).toEqual([false, []]);
});
