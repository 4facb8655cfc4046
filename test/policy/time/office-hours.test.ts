/** Hours and days: which texts are some, and which minutes they hold. */

import { describe, expect, it } from "vitest";
import type { Caller } from "../../../src/policy/caller.ts";
import { type Condition, evaluate } from "../../../src/policy/condition.ts";
import { partsOfNow, WEEK_MINUTE } from "../../../src/policy/time/now.ts";
import { UTC } from "../../../src/policy/time/time-zone.ts";
import { JsonNumber } from "../../../src/json/json.ts";
import { policyOf, problemsOf } from "../policies.ts";

function policyWith(condition: object): object {
  return { version: "1", default: "deny", tools: { pay: { deny_if: [{ conditions: [condition] }] } } };
}

function conditionOf(written: object): Condition {
  const [rule] = policyOf(policyWith(written)).forTool("pay").entriesFor("read")[0]?.rules ?? [];
  const [condition] = rule?.conditions ?? [];
  if (condition === undefined) throw new Error("no condition");
  return condition;
}

const DAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** A caller at a time of the week that began on 2026-01-05, a Monday, in UTC. */
function callerAt(time: string): Caller {
  const [day = "", clock = ""] = time.split(" ");
  const [hour, minute] = clock.split(":").map(Number);
  return { agent: "a", nowMs: Date.UTC(2026, 0, 5 + DAY_NAMES.indexOf(day), hour, minute) };
}

const HOURS = 'must be hours such as "08:00-18:00", or "22:00-06:00" over midnight';
const DAYS = 'must be days such as "monday-friday", or a list of them';

describe("hours and days", () => {
  it.each([
    [{ hours: "08:00-18:00" }, undefined],
    [{ hours: "00:00-24:00" }, undefined],
    [{ hours: "23:59-00:00" }, undefined],
    [{ hours: "24:00-08:00" }, `hours: ${HOURS}, got "24:00-08:00"`],
    [{ hours: "08:00-24:01" }, `hours: ${HOURS}, got "08:00-24:01"`],
    [{ hours: "08:00-08:00" }, `hours: ${HOURS}, got "08:00-08:00"`],
    [{ hours: "08:60-09:30" }, `hours: ${HOURS}, got "08:60-09:30"`],
    [{ hours: "x08:00-18:00" }, `hours: ${HOURS}, got "x08:00-18:00"`],
    [{ hours: "08:00-18:00x" }, `hours: ${HOURS}, got "08:00-18:00x"`],
    [{ hours: 8 }, `hours: ${HOURS}, got 8`],
    [{ days: [] }, `days: ${DAYS}, got a list`],
    [{ days: "funday" }, `days: ${DAYS}, got "funday"`],
    [{ days: "monday-friday-sunday" }, `days: ${DAYS}, got "monday-friday-sunday"`],
    [{ days: ["monday", "funday"] }, `days: ${DAYS}, got a list`],
  ])("%j", (condition, problem) => {
    const problems = problemsOf(policyWith(condition));
    expect(problems.map((each) => each.replace("tools.pay.deny_if[0].conditions[0].", ""))).toEqual(
      problem === undefined ? [] : [problem],
    );
  });

  it.each([
    [
      { hours: "08:00-18:00" },
      "now within 08:00-18:00",
      ["mon 08:00", "sun 17:59"],
      ["mon 07:59", "mon 18:00"],
    ],
    [
      { hours: "22:00-06:00" },
      "now within 22:00-06:00",
      ["mon 22:00", "mon 05:59"],
      ["mon 06:00", "mon 21:59"],
    ],
    [{ days: "friday-monday" }, "now within on friday-monday", ["fri 00:00", "mon 23:59"], ["tue 00:00"]],
    [
      { hours: "08:00-18:00", days: ["tuesday", "thursday"] },
      "now within 08:00-18:00 on tuesday, thursday",
      ["tue 08:00"],
      ["wed 08:00", "tue 18:00"],
    ],
  ])("%j hold and do not hold", (written, text, inside, outside) => {
    const condition = conditionOf(written);
    expect(condition.text).toBe(`${text} (UTC)`);
    for (const at of inside) expect(evaluate(condition, new Map(), callerAt(at)), at).toBe(true);
    for (const at of outside) expect(evaluate(condition, new Map(), callerAt(at)), at).toBe(false);
  });
});

describe("the parts of now", () => {
  it("are the hour, the minute, the weekday and the date", () => {
    expect(partsOfNow(Date.UTC(2026, 0, 6, 9, 7), UTC)).toEqual(
      new Map<string, unknown>([
        ["hour", new JsonNumber("9")],
        ["minute", new JsonNumber("7")],
        ["weekday", "tuesday"],
        ["date", "2026-01-06"],
        [WEEK_MINUTE, new JsonNumber(String(24 * 60 + 9 * 60 + 7))],
      ]),
    );
    expect(partsOfNow(Date.UTC(999, 11, 31), UTC).get("date")).toBe("0999-12-31");
  });

  it("are values that no operator compares when the time is not known", () => {
    const parts = partsOfNow(undefined, UTC);
    expect([...parts.keys()]).toEqual(["hour", "minute", "weekday", "date", WEEK_MINUTE]);
    expect([...parts.values()].every((part) => part instanceof Map && part.size === 0)).toBe(true);
  });
});
