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

/** `14:05:09`, in the reader's own zone. */
export function timeOfDay(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour12: false });
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

/** `1 call`, `2 calls`. */
export function count(number: number, one: string): string {
  return `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
}
