/** Points in time on the command line: relative such as `30d`, or a date. */

const AGO = /^(\d{1,6})(s|m|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/** `30d` before `nowMs`, or an ISO 8601 date (UTC without a zone), in the form of the log. Undefined when malformed. */
export function parseTimeBound(text: string, nowMs: number): string | undefined {
  const [, count, unit = ""] = AGO.exec(text) ?? [];
  const atMs = count === undefined ? parseDate(text) : nowMs - Number(count) * (UNIT_MS[unit] ?? 0);
  return Number.isNaN(atMs) || Math.abs(atMs) > MAX_MS ? undefined : new Date(atMs).toISOString();
}

/** Four-digit years only, so that times sort as text. */
const MAX_MS = Date.UTC(9999, 0);

function parseDate(text: string): number {
  if (!ISO.test(text)) return Number.NaN;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.slice(10));
  return Date.parse(text.length > 10 && !hasZone ? `${text.replace(" ", "T")}Z` : text.replace(" ", "T"));
}
