/** Names, times and numbers as they are shown. What an agent has sent is text, and looks like text. */

import type { JSX } from "preact";

/** Longest name as shown; the rest is counted. */
const LONGEST = 80;

// Security: text that an agent chose never becomes markup, and what would turn or hide the text around it is spelled out.
/** A name that somebody else has chosen. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const rest = text.length - LONGEST;
  const shown = visible(rest > 0 ? text.slice(0, LONGEST).toWellFormed() : text);
  return (
    <bdi class="name">
      {shown}
      {rest > 0 && <span class="rest">… {rest} more characters</span>}
    </bdi>
  );
}

/** Characters that cannot be seen, or that change the direction of others, as `‹U+202E›`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** The short form of a digest. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** `14:05:09`, in the reader's own zone. */
export function timeOfDay(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour12: false });
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

/** What went wrong, where it would have been. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      {visible(text)}
    </p>
  );
}
