/** The latest decisions, for people who look. */

import { describe, expect, it } from "vitest";
import type { DecisionEntry } from "../../../src/telemetry/recent/decision-entry.ts";
import { createDecisions } from "../../../src/telemetry/recent/decision-buffer.ts";
import {
  ALLOWED,
  DENIED,
  denied,
  exampleList,
  exampleRequest,
  exampleTool,
  latest,
  observe,
  SUCCESS,
} from "../examples.ts";

describe("list", () => {
  it("lists the newest decisions first, up to the limit", () => {
    const decisions = createDecisions({ capacity: 10 });
    const requests = [1, 2, 3].map(() => exampleRequest());
    for (const request of requests) observe(decisions.observer, request);
    expect(latest(decisions, 2).map(({ id }) => id)).toEqual([requests[2]?.id, requests[1]?.id]);
    expect(latest(decisions, 0)).toEqual([]);
  });

  it("drops the oldest decision past its capacity", () => {
    const decisions = createDecisions({ capacity: 2 });
    const requests = [1, 2, 3].map(() => exampleRequest());
    for (const request of requests) observe(decisions.observer, request);
    expect(latest(decisions, 10)).toHaveLength(2);
    expect(decisions.get(requests[0]?.id ?? "")).toBeUndefined();
  });

  it("holds no request without a decision", () => {
    const decisions = createDecisions({ capacity: 2 });
    const request = exampleList();
    decisions.observer.requestStarted?.(request);
    decisions.observer.requestEnded?.(request, SUCCESS, undefined);
    expect(latest(decisions, 10)).toEqual([]);
  });
});

describe("get", () => {
  it("explains a denial", () => {
    const decisions = createDecisions({ capacity: 10, traceIdOf: () => "abc" });
    const limit = { counter: "per-minute", used: 10, max: 10 };
    const request = exampleRequest({ args: { bytes: 12, keys: ["query"], text: '{"query":"secret"}' } });
    observe(decisions.observer, request, denied({ limit, message: "slow down" }), DENIED);
    expect(decisions.get(request.id)).toMatchObject({
      id: request.id,
      time: "2026-07-01T12:00:00.000Z",
      agent: { name: "planner", source: "jwt", verified: true },
      tool: "ExecuteQuery",
      argumentNames: ["query"],
      effect: "deny",
      denial: { reason: "rate_limited", limit, message: "slow down" },
      policyDigest: "sha256:abc",
      traceId: "abc",
      outcome: "denied",
      durationMs: 0.2,
    });
  });

  it("never shows an argument's value", () => {
    const decisions = createDecisions({ capacity: 10 });
    const request = exampleRequest({ args: { bytes: 12, keys: ["query"], text: '{"query":"secret"}' } });
    observe(decisions.observer, request);
    expect(JSON.stringify(decisions.get(request.id))).not.toContain("secret");
  });

  it("has no outcome until the call has ended", () => {
    const decisions = createDecisions({ capacity: 10 });
    const request = exampleRequest();
    decisions.observer.requestDecided?.(request, ALLOWED);
    expect(decisions.get(request.id)).not.toHaveProperty("outcome");
  });

  it("names the trace of a large message", () => {
    const request = exampleRequest({ bytes: 1_000_000 });
    const traceIdOf = (asked: unknown) => (asked === request ? "abc" : undefined);
    const decisions = createDecisions({ capacity: 10, traceIdOf });
    observe(decisions.observer, request);
    expect(decisions.get(request.id)?.traceId).toBe("abc");
  });

  it("truncates the names of a large message", () => {
    const decisions = createDecisions({ capacity: 10 });
    const name = "x".repeat(100_000);
    const args = { bytes: 1, keys: Array.from({ length: 500 }, () => name), text: "" };
    const request = exampleRequest({ bytes: 1_000_000, tool: exampleTool(name, { isKnown: false }), args });
    observe(decisions.observer, request);
    expect(JSON.stringify(decisions.get(request.id)).length).toBeLessThan(20_000);
  });
});

describe("subscribe", () => {
  it("publishes each decision once: a denial at once, any other call when it has ended", () => {
    const decisions = createDecisions({ capacity: 10 });
    const heard: DecisionEntry[] = [];
    const stop = decisions.subscribe((entry) => heard.push(entry));
    const [refused, passed] = [exampleRequest(), exampleRequest()];
    decisions.observer.requestDecided?.(passed, ALLOWED);
    observe(decisions.observer, refused, denied(), DENIED);
    decisions.observer.requestEnded?.(passed, SUCCESS, ALLOWED);
    stop();
    observe(decisions.observer, exampleRequest());
    expect(heard.map(({ id, outcome }) => [id, outcome])).toEqual([
      [refused.id, undefined],
      [passed.id, "success"],
    ]);
  });

  it("publishes a call that the ring dropped before the call ended", () => {
    const decisions = createDecisions({ capacity: 1 });
    const heard: string[] = [];
    decisions.subscribe(({ id }) => heard.push(id));
    const slow = exampleRequest();
    decisions.observer.requestDecided?.(slow, ALLOWED);
    const quick = exampleRequest();
    observe(decisions.observer, quick);
    decisions.observer.requestEnded?.(slow, SUCCESS, ALLOWED);
    expect(heard).toEqual([quick.id, slow.id]);
  });
});
