/** Formats text, times and numbers for display. */

/** Replaces characters that are invisible or change the text direction, such as by `‹U+202E›`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** The short form of a digest. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** `14:05:09`, in the reader's own zone; on another day than today with its date, `03-01 14:05:09`. */
export function timeOfDay(iso: string): string {
  const local = localTime(iso);
  const isToday = local.slice(0, 10) === localTime(new Date().toISOString()).slice(0, 10);
  return local.slice(isToday ? 11 : 5);
}

/** `2026-03-01 14:05:09`, in the reader's own zone. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  const [date, time] = [
    [at.getFullYear(), at.getMonth() + 1, at.getDate()],
    [at.getHours(), at.getMinutes(), at.getSeconds()],
  ].map((parts) => parts.map((part) => String(part).padStart(2, "0")));
  return `${date?.join("-")} ${time?.join(":")}`;
}

/** The value of a field of date and time, from a time and back; empty for none. */
export function fieldOfTime(iso: string): string {
  return Number.isNaN(Date.parse(iso)) ? "" : localTime(iso).slice(0, 16).replace(" ", "T");
}

export function timeOfField(value: string): string {
  return Number.isNaN(Date.parse(value)) ? "" : new Date(value).toISOString();
}

/** `2026-03-01 12:05:09.123 UTC`. */
export function utcTime(iso: string): string {
  return new Date(iso).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** `3 min ago`, `in 12 s`, `just now`. */
export function fromNow(iso: string): string {
  const seconds = Math.round((Date.parse(iso) - Date.now()) / 1_000);
  if (Math.abs(seconds) < 2) return "just now";
  const span = spanOf(Math.abs(seconds));
  return seconds < 0 ? `${span} ago` : `in ${span}`;
}

function spanOf(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 36 * 3_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** `1,234.5`: every number on the page that a person reads. */
export function figure(number: number): string {
  return FIGURES.format(number);
}

const FIGURES = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** `1 call`, `2 calls`. */
export function count(number: number, one: string): string {
  return `${figure(number)} ${one}${number === 1 ? "" : "s"}`;
}

/** Whether one of the names has the text, in any case. */
export function hasText(text: string, ...names: readonly string[]): boolean {
  const sought = text.toLowerCase();
  return names.some((name) => name.toLowerCase().includes(sought));
}
