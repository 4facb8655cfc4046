/** The time of a call as conditions see it: `now.hour`, `now.minute`, `now.weekday`, `now.date`. */

import { type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { parseItemsPath } from "../../json/path.ts";
import type { LocalTime, TimeZone } from "./time-zone.ts";

export const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `hour` from 0 to 23, `minute` from 0 to 59, `weekday` in English, `date` as 2026-01-31. */
export const NOW_PARTS = ["hour", "minute", "weekday", "date"] as const;
/** The minutes since Monday 00:00 by the wall clock, which `hours` and `days` are about. No path names it. */
export const WEEK_MINUTE = "week minute";

export const NOW_PATH_EXPECTED = "now.hour, now.minute, now.weekday or now.date";

/** Parses `now.hour` and the like; undefined for any other text. */
export function parseNowPath(text: string): readonly ["now", string] | undefined {
  const [name, ...rest] = parseItemsPath(text, "now") ?? [];
  const part = NOW_PARTS.find((one) => one === name);
  return part === undefined || rest.length > 0 ? undefined : ["now", part];
}

/**
 * The parts of an instant in a zone. Without an instant each of them is a value of a type that no operator compares, so that a rule about it
 * cannot be evaluated.
 */
export function partsOfNow(nowMs: number | undefined, zone: TimeZone): JsonObject {
  if (nowMs === undefined) return UNKNOWN;
  const local = zone.localTime(nowMs);
  const weekday = weekdayOf(local);
  return new Map<string, Json>([
    ["hour", numberOf(local.hour)],
    ["minute", numberOf(local.minute)],
    ["weekday", `${WEEKDAYS[weekday]}`],
    ["date", `${padded(local.year, 4)}-${padded(local.month)}-${padded(local.day)}`],
    [WEEK_MINUTE, numberOf((weekday * 24 + local.hour) * 60 + local.minute)],
  ]);
}

const UNKNOWN: JsonObject = new Map([...NOW_PARTS, WEEK_MINUTE].map((part) => [part, new Map()]));

/** From 0 for Monday. */
function weekdayOf({ year, month, day }: LocalTime): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
}

function numberOf(value: number): JsonNumber {
  return new JsonNumber(String(value));
}

function padded(value: number, length = 2): string {
  return String(value).padStart(length, "0");
}
