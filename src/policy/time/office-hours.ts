/** Conditions on the time of a call by hours and days: `{ "hours": "08:00-18:00", "days": "monday-friday" }`. */

import { isJsonArray, type Json, JsonNumber } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { Condition } from "../condition.ts";
import { OFFICE_HOURS_WORDS } from "../reference/key-words.ts";
import type { DocumentPath } from "../schema/document-path.ts";
import { object, optional, refine, reportUnexpected, type Shape, string } from "../schema/schema.ts";
import { WEEK_MINUTE, WEEKDAYS, type Weekday } from "./now.ts";
import { TIME_ZONE } from "./read-zone.ts";
import type { TimeZone } from "./time-zone.ts";

interface Span {
  /** Minutes of the day; the end is exclusive, and before the start when the hours go over midnight. */
  readonly from: number;
  readonly to: number;
}

interface Entry {
  readonly hours?: Written<Span>;
  readonly days?: Written<ReadonlySet<number>>;
  readonly timezone?: TimeZone;
  readonly description?: string;
}

/** A value, and the words of the author for it. */
interface Written<Value> {
  readonly value: Value;
  readonly text: string;
}

const HOURS_EXPECTED = 'hours such as "08:00-18:00", or "22:00-06:00" over midnight';
const DAYS_EXPECTED = 'days such as "monday-friday", or a list of them';

const HOURS: Shape<Written<Span>> = {
  read: (json, place) => {
    const [, fromHour, fromMinute, toHour, toMinute] =
      (typeof json === "string" && /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(json)) || [];
    const from = minutesOf(fromHour, fromMinute);
    const to = minutesOf(toHour, toMinute);
    const isSound = from < DAY && to <= DAY && from !== to;
    return isSound
      ? { value: { from, to }, text: String(json) }
      : reportUnexpected(place, HOURS_EXPECTED, json);
  },
  schema: { type: "string", pattern: "^[0-2]\\d:[0-5]\\d-[0-2]\\d:[0-5]\\d$" },
};

const DAYS: Shape<Written<ReadonlySet<number>>> = {
  read: (json, place) => {
    const texts = isJsonArray(json) ? json : [json];
    const days = texts.map(daysOf);
    const isSound = days.length > 0 && days.every((each) => each.length > 0);
    return isSound
      ? { value: new Set(days.flat()), text: texts.map(String).join(", ") }
      : reportUnexpected(place, DAYS_EXPECTED, json);
  },
  schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }] },
};

const DAY = 24 * 60;

/** Not a number for a time that no clock shows; 24:00 is the end of a day. */
function minutesOf(hour = "", minute = ""): number {
  return Number(minute) < 60 ? Number(hour || Number.NaN) * 60 + Number(minute) : Number.NaN;
}

/** The days of `friday` or of `monday-friday`, as numbers from 0; empty for any other value. */
function daysOf(json: Json): number[] {
  const [first, last = first, ...more] = String(json).split("-");
  const [from, to] = [indexOf(first), indexOf(last)];
  if (from < 0 || to < 0 || more.length > 0) return [];
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7);
}

function indexOf(name: string | undefined): number {
  return WEEKDAYS.findIndex((day: Weekday) => day === name);
}

/** Whether an object is such a condition. */
export const OFFICE_HOURS_KEYS = ["hours", "days"] as const;

export const OFFICE_HOURS: Shape<Condition> = refine(
  object<Entry>(
    {
      hours: optional(HOURS),
      days: optional(DAYS),
      timezone: optional(TIME_ZONE),
      description: optional(string()),
    },
    OFFICE_HOURS_WORDS,
  ),
  compileHours,
);

function compileHours({ hours, days, timezone }: Entry, _place: DocumentPath, json: Json): Condition {
  const words = [...(hours ? [hours.text] : []), ...(days ? [`on ${days.text}`] : [])].join(" ");
  return {
    path: "now",
    segments: ["now", WEEK_MINUTE],
    callerPath: ["now", WEEK_MINUTE],
    operator: "matches",
    of: "value",
    value: printJson(json),
    isOptional: false,
    ...(timezone && { zone: timezone }),
    text: `now within ${words}`,
    test: (found) =>
      found instanceof JsonNumber ? isWithin(Number(found.token), hours?.value, days?.value) : "type",
  };
}

function isWithin(
  weekMinute: number,
  hours: Span | undefined,
  days: ReadonlySet<number> | undefined,
): boolean {
  const minute = weekMinute % DAY;
  const isDay = days === undefined || days.has(Math.floor(weekMinute / DAY));
  if (hours === undefined || !isDay) return isDay;
  const { from, to } = hours;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
