/** Local time in a zone of the IANA database, and the local hours, days, weeks and months as windows. The instant is an argument: there is no clock here. */

/** A span of time in milliseconds since the epoch; `endMs` is exclusive. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Units of a local calendar that a window can have. */
export const LOCAL_UNITS = ["hour", "day", "week", "month"] as const;
export type LocalUnit = (typeof LOCAL_UNITS)[number];

export interface LocalTime {
  readonly year: number;
  /** From 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** From 0 to 23. */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface TimeZone {
  readonly name: string;
  readonly localTime: (atMs: number) => LocalTime;
  /** The local hour, day, week from Monday, or month around an instant. */
  readonly spanAt: (unit: LocalUnit, atMs: number) => Span;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const FIELDS = {
  calendar: "iso8601",
  numberingSystem: "latn",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
} as const;

/** Zones that were found: a document may name one in each of its limits. */
const found = new Map<string, TimeZone>();

/** Returns the zone of a name such as `Europe/Berlin`; undefined when the database of time zones does not have it. */
export function timeZone(name: string): TimeZone | undefined {
  const known = found.get(name) ?? newZone(name);
  if (known !== undefined) found.set(name, known);
  return known;
}

/** The zone of windows and conditions where a policy names none. */
export const UTC: TimeZone = zoneOf("UTC", new Intl.DateTimeFormat("en-US", { ...FIELDS, timeZone: "UTC" }));

function newZone(name: string): TimeZone | undefined {
  // `+01:00` is an offset, which has no summer time.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    return zoneOf(name, new Intl.DateTimeFormat("en-US", { ...FIELDS, timeZone: name }));
  } catch {
    return undefined;
  }
}

/** Keeps the last local minute and the last span of each unit, since most calls ask for the same. */
function zoneOf(name: string, format: Intl.DateTimeFormat): TimeZone {
  let minute: { readonly startMs: number; readonly time: LocalTime } | undefined;
  const localTime = (atMs: number): LocalTime => {
    const startMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    if (minute?.startMs !== startMs) minute = { startMs, time: localTimeIn(format, startMs) };
    return minute.time;
  };
  const offsetAt = (atMs: number): number =>
    asUtc(localTimeIn(format, atMs)) - Math.floor(atMs / 1_000) * 1_000;
  const spans = new Map<LocalUnit, Span>();
  return {
    name,
    localTime,
    spanAt: (unit, atMs) => {
      const last = spans.get(unit);
      if (last !== undefined && last.startMs <= atMs && atMs < last.endMs) return last;
      const span = unit === "hour" ? hourAt(offsetAt, atMs) : datesAt({ localTime, offsetAt }, unit, atMs);
      spans.set(unit, span);
      return span;
    },
  };
}

function localTimeIn(format: Intl.DateTimeFormat, atMs: number): LocalTime {
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    second: part("second"),
  };
}

function asUtc({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

type OffsetAt = (atMs: number) => number;

interface Zone {
  readonly localTime: (atMs: number) => LocalTime;
  readonly offsetAt: OffsetAt;
}

/** The local hour. A change of the clocks within an hour ends it, and begins another one. */
function hourAt(offsetAt: OffsetAt, atMs: number): Span {
  const offset = offsetAt(atMs);
  const startMs = Math.floor((atMs + offset) / HOUR_MS) * HOUR_MS - offset;
  const endMs = startMs + HOUR_MS;
  return {
    startMs: offsetAt(startMs) === offset ? startMs : changeBetween(offsetAt, startMs, atMs),
    endMs: offsetAt(endMs - 1) === offset ? endMs : changeBetween(offsetAt, atMs, endMs - 1),
  };
}

/** The first instant after `fromMs` with the offset of `toMs`. */
function changeBetween(offsetAt: OffsetAt, fromMs: number, toMs: number): number {
  const before = offsetAt(fromMs);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** The local day, week or month: from the first instant of its first date to the first instant of the next one's. */
function datesAt(zone: Zone, unit: Exclude<LocalUnit, "hour">, atMs: number): Span {
  const { year, month, day } = zone.localTime(atMs);
  const [first, next] = datesOf(unit, Date.UTC(year, month - 1, day));
  const span = { startMs: firstInstant(zone, first), endMs: firstInstant(zone, next) };
  // Clocks that go back over midnight show the end of a date again after the next one has begun.
  return span.endMs > atMs ? span : datesAt(zone, unit, span.endMs + DAY_MS / 2);
}

/** The first date of the unit, and that of the next one, as midnights in UTC. */
function datesOf(unit: Exclude<LocalUnit, "hour">, dateMs: number): readonly [first: number, next: number] {
  const date = new Date(dateMs);
  switch (unit) {
    case "day":
      return [dateMs, dateMs + DAY_MS];
    case "week": {
      const monday = dateMs - ((date.getUTCDay() + 6) % 7) * DAY_MS;
      return [monday, monday + 7 * DAY_MS];
    }
    case "month": {
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
    }
  }
}

/** The first instant that has a local date, whose midnight may not exist, or exist twice. */
function firstInstant({ offsetAt }: Zone, midnight: number): number {
  const before = offsetAt(midnight - DAY_MS);
  const after = offsetAt(midnight + DAY_MS);
  const earlier = midnight - Math.max(before, after);
  const later = midnight - Math.min(before, after);
  if (offsetAt(earlier) === midnight - earlier) return earlier;
  if (offsetAt(later) === midnight - later) return later;
  // The clocks go forward over midnight: the date begins with the change.
  return changeBetween(offsetAt, earlier - 1, later);
}
