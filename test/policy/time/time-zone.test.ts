/** Local hours, days, weeks and months, in the nights when the clocks change too. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOCAL_UNITS, type LocalUnit, timeZone } from "../../../src/policy/time/time-zone.ts";

function spanOf(zone: string, unit: LocalUnit, at: string): string[] {
  const { startMs = NaN, endMs = NaN } = timeZone(zone)?.spanAt(unit, Date.parse(at)) ?? {};
  return [startMs, endMs].map((each) => `${new Date(each).toISOString().slice(0, 16)}Z`);
}

describe("a time zone", () => {
  it.each<[string, LocalUnit, string, string, string]>([
    // Spring: 02:00 is 03:00, and the day has 23 hours.
    ["Europe/Berlin", "day", "2026-03-29T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"],
    ["Europe/Berlin", "hour", "2026-03-29T00:59Z", "2026-03-29T00:00Z", "2026-03-29T01:00Z"],
    ["Europe/Berlin", "hour", "2026-03-29T01:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"],
    ["Europe/Berlin", "week", "2026-03-29T12:00Z", "2026-03-22T23:00Z", "2026-03-29T22:00Z"],
    ["Europe/Berlin", "month", "2026-03-29T12:00Z", "2026-02-28T23:00Z", "2026-03-31T22:00Z"],
    // Autumn: the hour from 02:00 comes twice, and each is a window; the day has 25 hours.
    ["Europe/Berlin", "day", "2026-10-25T01:30Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
    ["Europe/Berlin", "hour", "2026-10-25T00:30Z", "2026-10-25T00:00Z", "2026-10-25T01:00Z"],
    ["Europe/Berlin", "hour", "2026-10-25T01:30Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
    ["Europe/Berlin", "week", "2026-10-25T12:00Z", "2026-10-18T22:00Z", "2026-10-25T23:00Z"],
    ["America/New_York", "month", "2027-01-01T04:00Z", "2026-12-01T05:00Z", "2027-01-01T05:00Z"],
    // A change of half an hour ends the hour.
    ["Australia/Lord_Howe", "hour", "2026-10-03T15:45Z", "2026-10-03T15:30Z", "2026-10-03T16:00Z"],
    ["Australia/Lord_Howe", "hour", "2026-04-04T14:45Z", "2026-04-04T14:00Z", "2026-04-04T15:00Z"],
    ["Australia/Lord_Howe", "hour", "2026-04-04T15:15Z", "2026-04-04T15:00Z", "2026-04-04T15:30Z"],
    // So does a change a minute after the full hour: from 00:01 to 23:01.
    ["America/St_Johns", "hour", "2010-11-07T02:30Z", "2010-11-07T02:30Z", "2010-11-07T02:31Z"],
    ["America/St_Johns", "hour", "2010-11-07T02:31Z", "2010-11-07T02:31Z", "2010-11-07T03:30Z"],
    ["Asia/Kolkata", "hour", "2026-04-04T14:45Z", "2026-04-04T14:30Z", "2026-04-04T15:30Z"],
    // Midnight comes twice, or not at all.
    ["America/Havana", "day", "2026-11-01T05:30Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"],
    ["Africa/Cairo", "day", "2026-04-24T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"],
    // The clocks go back from 00:01 to 23:01: the day before is not resumed.
    ["America/St_Johns", "day", "2010-11-07T02:45Z", "2010-11-07T02:30Z", "2010-11-08T03:30Z"],
    // The island skipped 30 December.
    ["Pacific/Apia", "day", "2011-12-30T12:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
  ])("%s has the %s around %s", (zone, unit, at, ...bounds) => {
    expect(spanOf(zone, unit, at)).toEqual(bounds);
  });

  it.each(["Mars/Olympus", "+01:00", "", "Europe"])("is not %j", (name) => {
    expect(timeZone(name)).toBeUndefined();
  });

  it("divides all of time into spans that meet, of each unit and in many zones", () => {
    const zones = [
      "Europe/Berlin",
      "America/St_Johns",
      "Australia/Lord_Howe",
      "America/Havana",
      "Africa/Cairo",
      "Asia/Kathmandu",
      "Pacific/Apia",
      "UTC",
    ];
    const at = fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom(...LOCAL_UNITS), at, (name, unit, atMs) => {
        const zone = timeZone(name);
        const { startMs = NaN, endMs = NaN } = zone?.spanAt(unit, atMs) ?? {};
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(endMs).toBeGreaterThan(atMs);
        expect(zone?.spanAt(unit, startMs)).toEqual({ startMs, endMs });
        expect(zone?.spanAt(unit, endMs - 1)).toEqual({ startMs, endMs });
        expect(zone?.spanAt(unit, endMs).startMs).toBe(endMs);
        expect(zone?.spanAt(unit, startMs - 1).endMs).toBe(startMs);
      }),
      { numRuns: 500 },
    );
  });

  it("has the same windows as UTC under its own name", () => {
    expect(spanOf("UTC", "week", "2026-01-01T00:00Z")).toEqual(["2025-12-29T00:00Z", "2026-01-05T00:00Z"]);
  });
});
