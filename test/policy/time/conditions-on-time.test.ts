/** Conditions on the time of a call, and the zones of limits. The corpus has their decisions. */

import { describe, expect, it } from "vitest";
import { explainCall } from "../../../src/policy/explain/steps.ts";
import { contradictionFindings } from "../../../src/policy/lint/contradictions.ts";
import { toolView } from "../../../src/policy/tool-view.ts";
import { decide } from "../../../src/policy/decide.ts";
import { callOf, policyOf, problemsOf, UNUSED } from "../policies.ts";

function requiring(condition: object, more: object = {}): object {
  return {
    version: "1",
    default: "deny",
    ...more,
    tools: { run: { require: [{ conditions: [condition] }] } },
  };
}

function effectAt(document: object, at?: string): string {
  const time = at === undefined ? {} : { nowMs: Date.parse(at) };
  return decide(policyOf(document), { ...callOf("run"), ...time }, UNUSED).denial?.reason ?? "allow";
}

function findings(conditions: object[]): unknown[] {
  const tools = { run: { require: [{ conditions }] } };
  return contradictionFindings(policyOf({ version: "1", default: "deny", tools }).document);
}

function limited(limit: object, more: object = {}): object {
  const limits = [{ counter: "c", window: "day", max: 1, ...limit }];
  return { version: "1", default: "deny", ...more, tools: { run: { limits } } };
}

function idsOf(document: object): string[] {
  return policyOf(document).limits.map(({ id }) => id);
}

const NINE = { path: "now.hour", op: "gte", value: 9 };

describe("a condition on the time", () => {
  it.each([
    [{}, "2026-07-01T08:59:59Z", "condition"],
    [{}, "2026-07-01T09:00:00Z", "allow"],
    [{ timezone: "Europe/Berlin" }, "2026-07-01T07:00:00Z", "allow"],
    [{ timezone: "Europe/Berlin" }, "2026-01-01T07:00:00Z", "condition"],
    [{ timezone: "Europe/Berlin" }, undefined, "condition_unevaluable"],
  ])("asks for the hour in the zone of the document %j at %s: %s", (more, at, effect) => {
    expect(effectAt(requiring(NINE, more), at)).toBe(effect);
  });

  it("has a zone of its own before that of the document", () => {
    const document = requiring({ ...NINE, timezone: "America/New_York" }, { timezone: "Europe/Berlin" });
    expect(effectAt(document, "2026-07-01T12:59:00Z")).toBe("condition");
    expect(effectAt(document, "2026-07-01T13:00:00Z")).toBe("allow");
  });

  it.each([
    [{ path: "now.weekday", op: "in", value: ["saturday", "sunday"] }, "2026-01-03T12:00Z", "allow"],
    [{ path: "now.weekday", op: "eq", value: "monday" }, "2026-01-04T12:00Z", "condition"],
    [{ path: "now.date", op: "not_in", value: ["2026-12-25"] }, "2026-12-25T12:00Z", "condition"],
    [{ path: "now.minute", op: "lt", value: 30 }, "2026-12-25T12:29:59Z", "allow"],
    [{ hours: "08:00-18:00", days: "monday-friday" }, "2026-01-02T17:59:59Z", "allow"],
    [{ hours: "08:00-18:00", days: "monday-friday" }, "2026-01-02T18:00:00Z", "condition"],
    [{ hours: "08:00-18:00", days: "monday-friday" }, "2026-01-03T12:00:00Z", "condition"],
    [{ hours: "22:00-06:00" }, "2026-01-02T05:59:00Z", "allow"],
    [{ hours: "22:00-06:00" }, "2026-01-02T06:00:00Z", "condition"],
    [{ hours: "22:00-24:00" }, "2026-01-02T23:59:00Z", "allow"],
    [{ days: ["saturday-monday", "wednesday"] }, "2026-01-05T12:00Z", "allow"],
    [{ days: ["saturday-monday", "wednesday"] }, "2026-01-06T12:00Z", "condition"],
    [{ days: "friday", timezone: "Asia/Tokyo" }, "2026-01-01T15:00Z", "allow"],
  ])("%j at %s: %s", (condition, at, effect) => {
    expect(effectAt(requiring(condition), at)).toBe(effect);
  });

  it("cannot be evaluated without a time, and is explained with its zone", () => {
    expect(effectAt(requiring({ days: "monday" }))).toBe("condition_unevaluable");
    const policy = policyOf(requiring({ hours: "08:00-18:00", days: "monday", timezone: "Europe/Berlin" }));
    const { steps } = explainCall(policy, { ...callOf("run"), nowMs: Date.parse("2026-01-05T09:00Z") });
    expect(steps.at(-1)?.conditions).toEqual([
      { condition: "now within 08:00-18:00 on monday (Europe/Berlin)", outcome: "holds", found: "600" },
    ]);
  });

  it("changes no list of tools", () => {
    const policy = policyOf({ ...requiring({ hours: "08:00-09:00" }) });
    expect(policy.callerRules).toEqual([]);
    expect(toolView(policy, { agent: "a" })?.isPersonal).toBe(false);
  });

  it("is no contradiction of one in another zone", () => {
    const early = { path: "now.hour", op: "lt", value: 9, timezone: "Asia/Tokyo" };
    expect(findings([{ ...NINE, timezone: "Europe/Berlin" }, early])).toEqual([]);
    expect(findings([{ ...NINE, timezone: "Asia/Tokyo" }, early])).not.toEqual([]);
  });

  it.each([
    [{ ...NINE, path: "now.second" }, "path: must be now.hour, now.minute, now.weekday or now.date"],
    [{ ...NINE, path: "now.hour.x" }, "path: must be now.hour"],
    [{ ...NINE, timezone: "Berlin" }, "timezone: must be a time zone such as Europe/Berlin or UTC"],
    [{ ...NINE, timezone: 1 }, "timezone: must be a string"],
    [{ path: "args.hour", op: "eq", value: 9, timezone: "UTC" }, "timezone: needs a condition on the time"],
    ...["8:00-18:00", "08:00-08:00", "24:00-25:00", "08:60-09:00", "08:00-24:01", 8].map(
      (hours): [object, string] => [{ hours }, "hours: must be hours such as"],
    ),
    ...["mon-fri", "", "monday-friday-sunday", "noday-friday", "monday-noday", [], ["monday", 1]].map(
      (days): [object, string] => [{ days }, "days: must be days such as"],
    ),
  ])("refuses %j", (condition, problem) => {
    const [found] = problemsOf(requiring(condition));
    expect(found?.replace("tools.run.require[0].conditions[0].", "")).toContain(problem);
  });
});

describe("a limit in a zone", () => {
  it.each([
    [{ window: "minute" }],
    [{ window: 3_600 }],
    [{ algorithm: "sliding" }],
    [{ window: "concurrent" }],
  ])("refuses a zone for the window %j", (limit) => {
    expect(problemsOf(limited({ ...limit, timezone: "UTC" }))).toEqual([
      "tools.run.limits[0].timezone: needs an aligned window of an hour, a day, a week or a month",
    ]);
  });

  it("has a counter of its own in each zone, and the one it had in UTC", () => {
    const plain = idsOf(limited({}));
    expect(idsOf(limited({ timezone: "UTC" }))).toEqual(plain);
    expect(idsOf(limited({}, { timezone: "UTC" }))).toEqual(plain);
    expect(idsOf(limited({ window: "minute" }, { timezone: "Asia/Tokyo" }))).toEqual(
      idsOf(limited({ window: "minute" })),
    );
    const berlin = idsOf(limited({ timezone: "Europe/Berlin" }));
    expect(berlin).not.toEqual(plain);
    expect(idsOf(limited({}, { timezone: "Europe/Berlin" }))).toEqual(berlin);
    expect(idsOf(limited({ timezone: "UTC" }, { timezone: "Europe/Berlin" }))).toEqual(plain);
  });
});
