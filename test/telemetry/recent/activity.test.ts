/** Calls of the last hour. */

import { describe, expect, it } from "vitest";
import { createActivity } from "../../../src/telemetry/recent/activity.ts";
import {
  ALLOWED,
  DENIED,
  denied,
  exampleAgent,
  exampleList,
  exampleRequest,
  exampleTool,
  SUCCESS,
} from "../examples.ts";

const START_MS = Date.UTC(2026, 6, 1, 12);
const MINUTE_MS = 60_000;
const NOTHING = { calls: 0, denied: 0, wouldDeny: 0, failed: 0 };

function start(maxPairs?: number) {
  const time = { ms: START_MS };
  const activity = createActivity({ nowMs: () => time.ms, ...(maxPairs !== undefined && { maxPairs }) });
  const end = (overrides: Parameters<typeof exampleRequest>[0] = {}, ending = SUCCESS, judgement = ALLOWED) =>
    activity.observer.requestEnded?.(exampleRequest(overrides), ending, judgement);
  return { time, activity, end };
}

function stranger(name: string) {
  return { ...exampleAgent(name), verified: false };
}

describe("activity", () => {
  it("counts each kind of ending once", () => {
    const { activity, end } = start();
    end();
    end({}, DENIED, denied());
    end({}, SUCCESS, denied({ mode: "shadow" }));
    end({}, { ...SUCCESS, outcome: "tool_error" });
    end({}, { ...SUCCESS, outcome: "timeout" });
    expect(activity.read().pairs).toEqual([
      {
        agent: "planner",
        tool: "ExecuteQuery",
        category: "execute",
        calls: 5,
        denied: 1,
        wouldDeny: 1,
        failed: 2,
      },
    ]);
  });

  it("counts no other request", () => {
    const { activity } = start();
    activity.observer.requestEnded?.(exampleList(), SUCCESS, undefined);
    expect(activity.read().pairs).toEqual([]);
  });

  it("lists sixty minutes, of which the last one is not over", () => {
    const { activity, end, time } = start();
    end();
    time.ms += MINUTE_MS;
    end({}, DENIED, denied());
    const { minutes } = activity.read();
    expect(minutes).toHaveLength(60);
    expect(minutes.slice(-3)).toEqual([
      { startMs: START_MS - MINUTE_MS, ...NOTHING },
      { startMs: START_MS, ...NOTHING, calls: 1 },
      { startMs: START_MS + MINUTE_MS, ...NOTHING, calls: 1, denied: 1 },
    ]);
  });

  it.each([59, 60, 61, 120])("counts only calls of the last hour, %i minutes after a call", (minutes) => {
    const { activity, end, time } = start();
    end();
    time.ms += minutes * MINUTE_MS;
    end({ agent: exampleAgent("other") });
    const agents = activity.read().pairs.map(({ agent }) => agent);
    expect(agents).toEqual(minutes < 60 ? ["planner", "other"] : ["other"]);
    expect(activity.read().minutes.reduce((sum, { calls }) => sum + calls, 0)).toBe(agents.length);
  });

  it("counts a tool that only the caller knows as _unknown", () => {
    const { activity, end } = start();
    end({ tool: exampleTool("<script>", { isKnown: false }) });
    expect(activity.read().pairs).toMatchObject([{ tool: "_unknown", category: "unknown", calls: 1 }]);
  });

  it("truncates long names", () => {
    const { activity, end } = start();
    end({ agent: exampleAgent("a".repeat(10_000)) });
    expect(activity.read().pairs[0]?.agent).toHaveLength(256);
  });

  it("lets unverified agents use half of the pairs", () => {
    const { activity, end } = start(4);
    for (let number = 0; number < 100; number += 1) end({ agent: stranger(`s${number}`) });
    end({ agent: exampleAgent("proven") });
    const pairs = activity.read().pairs.map(({ agent, calls }) => [agent, calls]);
    expect(pairs).toEqual([
      ["s0", 1],
      ["s1", 1],
      ["_other", 98],
      ["proven", 1],
    ]);
  });

  it("bounds the number of tools", () => {
    const { activity, end } = start(4);
    for (let number = 0; number < 100; number += 1)
      end({ agent: exampleAgent(`a${number}`), tool: exampleTool(`t${number}`) });
    const { pairs } = activity.read();
    expect(pairs).toHaveLength(9);
    expect(pairs.at(-1)).toMatchObject({ agent: "_other", tool: "_unknown", calls: 92 });
  });

  it("drops a pair after an hour without a call", () => {
    const { activity, end, time } = start(2);
    for (let number = 0; number < 100; number += 1) end({ agent: stranger(`s${number}`) });
    time.ms += 60 * MINUTE_MS;
    end({ agent: stranger("late") });
    expect(activity.read().pairs).toMatchObject([{ agent: "late", calls: 1 }]);
  });
});
